/**
 * A step: the table takes in what changed in its inputs since the version that it was made of, in one commit that
 * carries the transactions of a full refresh. Two processes that take the same step name the same transactions, so
 * that one of them wins, and one that is killed has taken it or not.
 */

import { MillraceError } from "../base/error.ts";
import { conflictAs } from "../delta/conflict.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { openView } from "../lake/lake.ts";
import { type Work, withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo } from "../lake/step-info.ts";
import type { Transformed } from "./asset.ts";
import { inputApp, madeOf } from "./definition.ts";
import type { ChangedInput, TransformDue } from "./due.ts";
import { isUnchanged, shapeOf } from "./new-version.ts";
import { renderQuery } from "./query.ts";
import { refresh } from "./refresh.ts";
import { type Anew, type Taken, takeAppended } from "./take-appended.ts";
import { takeMerged } from "./take-merged.ts";

type StepDue = Extract<TransformDue, { how: "step" }>;

export async function takeStep(
  context: StepContext,
  asset: Transformed,
  due: StepDue,
): Promise<StepOutcome> {
  const outcome = await withStaging(context, (work) => stepIn(context, asset, { ...due, ...work }));
  if (!("anew" in outcome)) return outcome;
  context.note(`made anew: ${outcome.anew}`);
  return refresh(context, asset);
}

async function stepIn(
  context: StepContext,
  asset: Transformed,
  work: StepDue & Work,
): Promise<StepOutcome | Anew> {
  const { lake, run, signal } = context;
  const { name, definition } = asset;
  const { session, folder, inputs, changed } = work;
  const before = await lake.find(name);
  if (before === undefined || changed.some((input) => !isSeen(before, input))) throw otherRun(name);
  for (const [table, input] of inputs) await openView(lake, session, table, input);
  const rendered = renderQuery(context, definition.query.duckdb);
  const fields = await shapeOf(session, asset, rendered);
  if (!isUnchanged(before, fields, definition.partitionBy))
    return { anew: "its columns became others" };
  const taken = await takeIn(asset, {
    context,
    asset,
    session,
    folder,
    changed,
    before,
    rendered,
    fields,
  });
  if ("anew" in taken) return taken;
  lake.crash("transform/written");
  signal.throwIfAborted();
  const written = taken.rows;
  const info: StepInfo = {
    run: run.id,
    asset: name,
    kind: "transform",
    ledger: [{ ...NOTHING, source: [...inputs.keys()].join(", "), read: written, written }],
  };
  const transactions = madeOf(context, asset, inputs);
  const after = await conflictAs(
    (error) => otherRun(name, error),
    () => taken.commit({ info: { ...info }, transactions }),
  );
  lake.crash("transform/committed");
  return { state: "done", version: after.version, ledger: { ...NOTHING, read: written, written } };
}

function takeIn(
  { definition }: Transformed,
  taking: Parameters<typeof takeAppended>[0],
): Promise<Taken | Anew> {
  const { merge } = definition;
  return merge === undefined ? takeAppended(taking) : takeMerged(taking, merge);
}

function isSeen({ transactions }: Snapshot, { snapshot, seen }: ChangedInput): boolean {
  return transactions.get(inputApp(snapshot)) === seen;
}

function otherRun(name: string, cause?: unknown): MillraceError {
  return new MillraceError(`Another run takes the same step of ${name}, and was first`, {
    code: "transform/other-run",
    hint: "Nothing was taken in twice. Run again: it goes on from there.",
    retryable: true,
    cause,
  });
}
