/**
 * A step: the table takes in what changed in its inputs since the version that it was made of, in one commit that
 * carries the transactions of a full refresh. Two processes that take the same step name the same transactions, so
 * that one of them wins, and one that is killed has taken it or not.
 */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { openSnapshot } from "../delta/table.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { type Lake, openView, relationOf, viewName } from "../lake/lake.ts";
import { type Work, withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo } from "../lake/step-info.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Transformed } from "./asset.ts";
import { inputApp, madeOf } from "./definition.ts";
import type { ChangedInput, TransformDue } from "./due.ts";
import { appendIncrement } from "./increment.ts";
import { isUnchanged, judge, relationOfFiles, shapeOf, writeRows } from "./new-version.ts";
import { renderQuery } from "./query.ts";
import { refresh } from "./refresh.ts";

type StepDue = Extract<TransformDue, { how: "step" }>;

export async function takeStep(
  context: StepContext,
  asset: Transformed,
  due: StepDue,
): Promise<StepOutcome> {
  const outcome = await withStaging(context, (work) => stepIn(context, asset, { ...due, ...work }));
  if (outcome !== undefined) return outcome;
  context.note("it is made anew, since its columns become others");
  return refresh(context, asset);
}

/** Undefined where the rows would have other columns than those of the table. */
async function stepIn(
  context: StepContext,
  asset: Transformed,
  work: StepDue & Work,
): Promise<StepOutcome | undefined> {
  const { lake } = context;
  const { session, inputs, changed } = work;
  const before = await lake.find(asset.name);
  if (before === undefined || changed.some((input) => !isSeen(before, input)))
    throw otherRun(asset.name);
  for (const [name, input] of inputs) await openView(lake, session, name, input);
  const rendered = renderQuery(context, asset.definition.query.duckdb);
  const fields = await shapeOf(session, asset, rendered);
  if (!isUnchanged(before, fields, asset.definition.partitionBy)) return undefined;
  return append(context, asset, { ...work, before, rendered, fields });
}

interface Prepared extends StepDue, Work {
  readonly before: Snapshot;
  readonly rendered: ReturnType<typeof renderQuery>;
  readonly fields: Awaited<ReturnType<typeof shapeOf>>;
}

async function append(
  context: StepContext,
  asset: Transformed,
  step: Prepared,
): Promise<StepOutcome> {
  const { lake } = context;
  const { session, before, rendered, fields, inputs } = step;
  const { text } = rendered;
  const version = { layout: before, base: undefined, fields };
  const columns = (await session.describe(text)).map(({ name }) => name);
  const increment = await appendIncrement({ session, text, columns });
  const add: WrittenFile[] = [];
  await overChanges(lake, step, async ({ name }) => {
    const query = await increment.rows(name);
    if (query === undefined) return;
    const rows = { ...version, asset, rendered, query, linesBefore: 0 };
    add.push(...(await writeRows(step, rows)));
  });
  lake.crash("transform/written");
  const written = add.reduce((sum, { rows }) => sum + Number(rows), 0);
  const old = await relationOf(lake, before);
  const relation =
    add.length === 0
      ? old
      : `(select * from ${old} union all by name select * from ${relationOfFiles(session, version, add)})`;
  await judge({ ...version, context, session, asset, files: add, relation, before });
  context.signal.throwIfAborted();
  const info: StepInfo = {
    run: context.run.id,
    asset: asset.name,
    kind: "transform",
    ledger: [{ ...NOTHING, source: [...inputs.keys()].join(", "), read: written, written }],
  };
  const after = await orOther(asset.name, () =>
    commit(lake.delta, before, {
      operation: "WRITE",
      parameters: { mode: "Append" },
      metrics: { numOutputRows: written },
      add,
      transactions: madeOf(context, asset, inputs),
      info: { ...info },
    }),
  );
  lake.crash("transform/committed");
  return { state: "done", version: after.version, ledger: { ...NOTHING, read: written, written } };
}

/**
 * Calls `take` for one input after another while its changed rows stand under its name; those before are at their
 * newest version then, those behind at the one that the table was made of. Afterwards all are at their newest.
 */
async function overChanges(
  lake: Lake,
  { session, changed }: Pick<Prepared, "session" | "changed">,
  take: (input: ChangedInput) => Promise<void>,
): Promise<void> {
  for (const { name, snapshot, seen } of changed.slice(1)) {
    const old = await openSnapshot(lake.delta, snapshot.folder, { version: Number(seen) });
    if (old === undefined) throw new Error(`Bug: version ${seen} of ${name} is gone`);
    await openView(lake, session, name, old);
  }
  for (const input of changed) {
    await createView(session, input.name, await changedRows(lake, input));
    await take(input);
    await openView(lake, session, input.name, input.snapshot);
  }
}

/** As it can stand in FROM, with the columns of the input as it is now. */
async function changedRows(lake: Lake, { name, snapshot, change }: ChangedInput): Promise<string> {
  if (change.kind === "rows added") return relationOf(lake, { ...snapshot, files: change.files });
  throw new Error(`Bug: ${name} was changed in a way that no step takes`);
}

async function createView(session: Engine, name: string, relation: string): Promise<void> {
  await session.run(`create or replace temp view ${viewName(name)} as select * from ${relation}`);
}

function isSeen({ transactions }: Snapshot, { snapshot, seen }: ChangedInput): boolean {
  return transactions.get(inputApp(snapshot)) === seen;
}

async function orOther<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "delta/conflict") throw error;
    throw otherRun(name, error);
  }
}

function otherRun(name: string, cause?: unknown): MillraceError {
  return new MillraceError(`Another run takes the same step of ${name}, and was first`, {
    code: "transform/other-run",
    hint: "Nothing was taken in twice. Run again: it goes on from there.",
    retryable: true,
    cause,
  });
}
