/** What a run leaves behind in `system.runs` and `system.steps`. A run that had nothing to do leaves nothing. */

import { renderJson } from "../base/json.ts";
import { hideSecrets } from "../base/secret.ts";
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
      error: step.error === undefined ? null : hideSecrets(step.error.message, project.secrets),
    })),
  );
  await appendRows(lake, "system.runs", [
    {
      run: result.run,
      project: project.name,
      state: result.state,
      started_at: times.startedAt.toISOString(),
      ended_at: times.endedAt.toISOString(),
      parameters: renderParameters(project),
      engine: lake.engine.name,
    },
  ]);
}

/** As JSON: every parameter and its value, without secrets. */
export function renderParameters({ params, secrets }: Pick<Project, "params" | "secrets">): string {
  const shown = params.map(({ name, value, isSecret }) => {
    if (isSecret) return [name, "***"];
    return [name, typeof value === "string" ? hideSecrets(value, secrets) : value];
  });
  return renderJson(Object.fromEntries(shown));
}
