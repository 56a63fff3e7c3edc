/** What a run leaves behind in `system.runs` and `system.steps`. A run that had nothing to do leaves nothing. */

import { renderJson } from "../base/json.ts";
import type { Lake } from "../lake/lake.ts";
import { appendRows } from "../lake/system-table.ts";
import type { Project } from "../project/load.ts";
import type { RunResult, StepResult } from "./result.ts";

export interface StepTimes {
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export async function recordRun(
  lake: Lake,
  project: Project,
  result: RunResult,
  times: StepTimes & { readonly steps: ReadonlyMap<StepResult, StepTimes> },
): Promise<void> {
  const steps = result.steps.filter(({ state }) => state !== "up to date");
  if (steps.length === 0) return;
  await appendRows(
    lake,
    "system.steps",
    steps.map((step) => ({
      run: result.run,
      asset: step.asset,
      kind: step.kind,
      state: step.state,
      version: step.version ?? null,
      started_at: (times.steps.get(step)?.startedAt ?? times.startedAt).toISOString(),
      ended_at: (times.steps.get(step)?.endedAt ?? times.endedAt).toISOString(),
      error_code: step.error?.code ?? null,
      error: step.error === undefined ? null : withoutSecrets(step.error.message, project.secrets),
    })),
  );
  const params = project.params.map(({ name, value, isSecret }) => [
    name,
    isSecret ? "***" : value,
  ]);
  await appendRows(lake, "system.runs", [
    {
      run: result.run,
      project: project.name,
      state: result.state,
      started_at: times.startedAt.toISOString(),
      ended_at: times.endedAt.toISOString(),
      parameters: renderJson(Object.fromEntries(params)),
      engine: lake.engine.name,
    },
  ]);
}

/** The text with every secret value replaced, also where it stands as a SQL or JSON literal. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .flatMap((secret) => [
      secret,
      secret.replaceAll("'", "''"),
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
    ])
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
}
