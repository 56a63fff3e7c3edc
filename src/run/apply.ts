/**
 * Doing a plan: every step that is due, after what it needs, several at once within a bound. A step that fails blocks
 * those after it and no other. When the signal aborts no step is begun, and those under way end at a safe point.
 */

import { randomUUID } from "node:crypto";
import { MillraceError, messageOf } from "../base/error.ts";
import { hideSecrets } from "../base/secret.ts";
import { QUARANTINE_FIELDS } from "../ingest/quarantine.ts";
import { followQuarantine, followTables } from "../lake/follow.ts";
import type { StepContext, StepProgress } from "../lake/step.ts";
import { NOTHING } from "../lake/step-info.ts";
import { tidyAfter } from "../lake/tidy.ts";
import type { ProjectStep, StepKind } from "../project/graph.ts";
import type { Project } from "../project/load.ts";
import { diskError } from "../storage/disk-error.ts";
import { recordKilledRuns } from "./killed.ts";
import { isNothingToDo, type Plan } from "./plan.ts";
import { recordRun, renderParameters, type StepTimes } from "./record.ts";
import type { RunResult, StepResult } from "./result.ts";
import { markRun } from "./running.ts";
import { doStep } from "./step.ts";
import type { Workspace } from "./workspace.ts";

const STEPS_AT_ONCE = 2;
/** Tries of a step whose failure may go away by itself, and the pause between them. */
const TRIES = 3;
const PAUSE_MS = 200;
/** How long `system.loads` and `system.ledger` may be behind in a run that takes long. */
const FOLLOW_EVERY_MS = 60_000;

export type RunEvent = { readonly asset: string; readonly kind: StepKind } & (
  | { readonly type: "started" }
  | ({ readonly type: "progress" } & StepProgress)
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "finished"; readonly step: StepResult }
);

export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly parallel?: number;
  readonly on?: (event: RunEvent) => void;
}

export async function applyPlan(
  plan: Plan,
  project: Project,
  workspace: Workspace,
  how: ApplyOptions,
): Promise<RunResult> {
  try {
    return await apply(plan, project, workspace, how);
  } catch (error) {
    throw failureOf(error, workspace.lake);
  }
}

async function apply(
  plan: Plan,
  project: Project,
  { lake }: Workspace,
  how: ApplyOptions,
): Promise<RunResult> {
  const { signal, parallel = STEPS_AT_ONCE, on = () => {} } = how;
  const startedAt = lake.clock.now();
  const run = { id: randomUUID(), startedAt };
  await catchUp(project, lake);
  const killed = await recordKilledRuns(lake);
  const waiting = isNothingToDo(plan) ? [] : [...project.steps];
  const unmark =
    waiting.length === 0
      ? async () => {}
      : await markRun(lake.storage, {
          run: run.id,
          project: project.name,
          started_at: startedAt.toISOString(),
          parameters: renderParameters(project),
          engine: lake.engine.name,
        });
  let followedAt = startedAt.getTime();
  const times = new Map<StepResult, StepTimes>();
  const results = new Map<string, StepResult>();
  const finish = (step: ProjectStep, result: StepResult, began: Date): void => {
    times.set(result, { startedAt: began, endedAt: lake.clock.now() });
    results.set(step.name, result);
    on({ type: "finished", asset: step.name, kind: step.kind, step: result });
  };
  const running = new Map<string, Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    // One commit for many steps: what is behind meanwhile is brought up by whoever comes next.
    if (lake.clock.now().getTime() - followedAt >= FOLLOW_EVERY_MS) {
      await followAll(project, lake);
      followedAt = lake.clock.now().getTime();
    }
    const ready = waiting.findIndex(({ after }) => after.every((name) => results.has(name)));
    const next = waiting[ready];
    if (next === undefined || running.size >= parallel) {
      await Promise.race(running.values());
      continue;
    }
    waiting.splice(ready, 1);
    const began = lake.clock.now();
    const broken = next.after.find((name) =>
      ["failed", "blocked", "stopped"].includes(results.get(name)?.state ?? ""),
    );
    if (broken !== undefined || signal.aborted) {
      const state = signal.aborted ? "stopped" : "blocked";
      const notes = broken === undefined ? [] : [`${broken} did not come through`];
      finish(
        next,
        { asset: next.name, kind: next.kind, state, time_ms: 0, ledger: NOTHING, notes },
        began,
      );
      continue;
    }
    on({ type: "started", asset: next.name, kind: next.kind });
    const work = runStep({ step: next, project, run, lake, signal, on }).then((result) => {
      running.delete(next.name);
      finish(next, result, began);
    });
    running.set(next.name, work);
  }
  const steps = project.steps.map((step) => results.get(step.name) ?? untouched(step, plan));
  const result: RunResult = {
    project: project.name,
    run: run.id,
    lake: lake.storage.uri,
    state: stateOf(steps),
    steps,
    ...(killed.length === 0
      ? {}
      : { killed: killed.map(({ run, started_at }) => ({ run, started_at })) }),
  };
  await followAll(project, lake);
  lake.crash("ingest/loads-followed");
  lake.crash("run/steps-done");
  await recordRun(lake, project, result, { startedAt, endedAt: lake.clock.now(), steps: times });
  lake.crash("run/recorded");
  await unmark();
  return result;
}

/** What an earlier process decided and did not finish. */
async function catchUp(project: Project, lake: Workspace["lake"]): Promise<void> {
  for (const { name, kind } of project.steps) {
    if (kind === "ingest") await followQuarantine(lake, name, QUARANTINE_FIELDS);
  }
  await followAll(project, lake);
}

function followAll(project: Project, lake: Workspace["lake"]): Promise<void> {
  const tables = project.steps.filter(({ asset }) => asset.kind === "table");
  return followTables(
    lake,
    tables.map(({ name }) => name),
  );
}

interface StepRun {
  readonly step: ProjectStep;
  readonly project: Project;
  readonly run: StepContext["run"];
  readonly lake: Workspace["lake"];
  readonly signal: AbortSignal;
  readonly on: (event: RunEvent) => void;
}

async function runStep({ step, project, run, lake, signal, on }: StepRun): Promise<StepResult> {
  const { name, kind } = step;
  const began = performance.now();
  const notes: string[] = [];
  const work = lake.forWork(signal);
  const context: StepContext = {
    lake: work,
    root: project.root,
    run,
    text: project.text,
    param: project.param,
    signal,
    note: (said) => {
      const message = hideSecrets(said, project.secrets);
      notes.push(message);
      on({ type: "note", asset: name, kind, message });
    },
    progress: (progress) => on({ type: "progress", asset: name, kind, ...progress }),
  };
  const result = (part: Pick<StepResult, "state"> & Partial<StepResult>): StepResult => ({
    asset: name,
    kind,
    time_ms: Math.round(performance.now() - began),
    ledger: NOTHING,
    ...(notes.length === 0 ? {} : { notes }),
    ...part,
  });
  try {
    return await tryStep(context, step, { result, secrets: project.secrets });
  } finally {
    await work.close();
  }
}

interface Trying {
  readonly result: (part: Pick<StepResult, "state"> & Partial<StepResult>) => StepResult;
  readonly secrets: readonly string[];
}

async function tryStep(
  context: StepContext,
  step: ProjectStep,
  { result, secrets }: Trying,
): Promise<StepResult> {
  const { lake, signal } = context;
  const { name, kind } = step;
  for (let tries = 1; ; tries += 1) {
    try {
      const outcome = await doStep(context, step);
      if (outcome === undefined) {
        const version = kind === "transform" ? (await lake.find(name))?.version : undefined;
        return result({ state: "up to date", ...(version === undefined ? {} : { version }) });
      }
      const { state, version, ledger, outputs } = outcome;
      if (state === "done" && step.asset.kind === "table") await tidyAfter(context, name);
      return result({
        state,
        ledger,
        ...(version === undefined ? {} : { version }),
        ...(outputs === undefined ? {} : { outputs }),
      });
    } catch (thrown) {
      if (signal.aborted) return result({ state: "stopped" });
      const error = failureOf(thrown, lake);
      const mayPass = error instanceof MillraceError && error.retryable && tries < TRIES;
      if (!mayPass) return result({ state: "failed", error: errorOf(error, secrets) });
      context.note(`${messageOf(error)}; trying again`);
      await lake.clock.sleep(PAUSE_MS * tries, signal).catch(() => {});
      if (signal.aborted) return result({ state: "stopped" });
    }
  }
}

/** What the disk refused outside of the storage, such as in a staging folder, in the storage's words. */
function failureOf(error: unknown, { storage }: Workspace["lake"]): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError || !("syscall" in error))
    return error;
  const path = "path" in error ? String(error.path) : "a file";
  return diskError(error, { act: String(error.syscall), path, root: storage.uri });
}

function errorOf(error: unknown, secrets: readonly string[]): NonNullable<StepResult["error"]> {
  const mask = (text: string): string => hideSecrets(text, secrets);
  if (error instanceof MillraceError) {
    const { code, message, hint } = error;
    return { code, message: mask(message), ...(hint === undefined ? {} : { hint: mask(hint) }) };
  }
  const message = mask(messageOf(error));
  return { code: "bug", message: message.startsWith("Bug:") ? message : `Bug: ${message}` };
}

function untouched({ name, kind }: ProjectStep, plan: Plan): StepResult {
  const notes = plan.steps.find((step) => step.name === name)?.notes ?? [];
  return {
    asset: name,
    kind,
    state: "up to date",
    time_ms: 0,
    ledger: NOTHING,
    ...(notes.length === 0 ? {} : { notes }),
  };
}

function stateOf(steps: readonly StepResult[]): RunResult["state"] {
  if (steps.some(({ state }) => state === "failed")) return "failed";
  if (steps.some(({ state }) => state === "stopped")) return "stopped";
  return steps.every(({ state }) => state === "up to date") ? "nothing to do" : "done";
}
