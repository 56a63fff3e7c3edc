/** Why and how a transform is due: not at all, made anew, or by a step over the changes of its inputs. */

import { MillraceError } from "../base/error.ts";
import { history } from "../delta/history.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { openSnapshot } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { stepInfoOf } from "../lake/step-info.ts";
import type { Transformed } from "./asset.ts";
import { DEFINITION_APP, definitionNumber, inputApp, inputNames } from "./definition.ts";
import { appendIncrement, type Increment, mergeIncrement } from "./increment.ts";
import { changeOf, type InputChange } from "./input-change.ts";
import { type QueryContext, renderQuery } from "./query.ts";
import { keepsRest } from "./replace-part.ts";

/** An input whose rows are others than those that the table was made of. */
export interface ChangedInput {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly seen: bigint;
  readonly change: Exclude<InputChange, { kind: "none" }>;
}

export type TransformDue =
  | { readonly how: "fresh" }
  | { readonly how: "whole"; readonly because: string }
  /** A part of the table is replaced. */
  | { readonly how: "part"; readonly because: string }
  | {
      readonly how: "step";
      readonly because: string;
      readonly changed: readonly ChangedInput[];
      /** All inputs as they are now; the step is over these and no newer ones. */
      readonly inputs: ReadonlyMap<string, Snapshot>;
    };

/** Looks at logs alone. */
export async function dueOf(context: QueryContext, asset: Transformed): Promise<TransformDue> {
  const table = await context.lake.find(asset.name);
  if (table === undefined) return { how: "whole", because: "it is new" };
  const how = keepsRest(asset) ? "part" : "whole";
  const whole = (because: string): TransformDue => ({ how, because });
  if (table.transactions.get(DEFINITION_APP) !== definitionNumber(context, asset))
    return whole("its definition or a parameter changed");
  const changed: ChangedInput[] = [];
  const inputs = new Map<string, Snapshot>();
  for (const name of inputNames(asset)) {
    const snapshot = await context.lake.find(name);
    if (snapshot === undefined) return whole(`${name} is not there yet`);
    const seen = table.transactions.get(inputApp(snapshot));
    if (seen === undefined) return whole(`${name} is new`);
    inputs.set(name, snapshot);
    if (seen === BigInt(snapshot.version)) continue;
    const change = await changeOf(context.lake.storage, snapshot, seen);
    if (change.kind !== "none") changed.push({ name, snapshot, seen, change });
  }
  if (await isForeign(context, table)) return whole("another writer changed it");
  if (changed.length === 0) return { how: "fresh" };
  const because = changed
    .map(({ name, seen, snapshot }) => `${name} went from version ${seen} to ${snapshot.version}`)
    .join(", ");
  if (!isFollowing(asset)) return whole(because);
  const why = await whyWhole(context, asset, changed);
  if (why === undefined) return { how: "step", because, changed, inputs };
  return whole(why);
}

/** Whether it takes in what changes in its inputs, where that can be told. */
export function isFollowing({ definition: { write } }: Transformed): boolean {
  return write === "append" || write === "merge";
}

/** Why these changes cannot be followed, in words. */
async function whyWhole(
  context: QueryContext,
  asset: Transformed,
  inputs: readonly ChangedInput[],
): Promise<string | undefined> {
  const { write } = asset.definition;
  const increment = await incrementOf(context, context.lake.engine, asset);
  for (const { name, change } of inputs) {
    if (change.kind === "replaced") return `${name} ${change.because}`;
    if (change.kind === "rows changed" && write === "append")
      return `rows of ${name} were updated or deleted`;
    const why = increment.whyWhole(name);
    if (why !== undefined) return `${name} changed, and ${why}`;
  }
  for (const input of inputs) {
    const isRead = inputs.length > 1 || input.change.kind === "rows changed";
    if (isRead && !(await isLeft(context, input)))
      return `version ${input.seen} of ${input.name} cannot be read any more`;
  }
  return undefined;
}

/** Whether the version that the table was made of is still in the log. */
async function isLeft({ lake }: QueryContext, { snapshot, seen }: ChangedInput): Promise<boolean> {
  try {
    return (
      (await openSnapshot(lake.delta, snapshot.folder, { version: Number(seen) })) !== undefined
    );
  } catch (error) {
    if (error instanceof MillraceError && error.code.startsWith("delta/")) return false;
    throw error;
  }
}

/** What a person should know of a table that is declared to be followed and cannot be, for some of its inputs. */
export async function incrementNotes(context: QueryContext, asset: Transformed): Promise<string[]> {
  if (!isFollowing(asset)) return [];
  const increment = await incrementOf(context, context.lake.engine, asset);
  return inputNames(asset).flatMap((name) => {
    const why = increment.whyWhole(name);
    return why === undefined ? [] : [`it is made anew whenever ${name} changes: ${why}`];
  });
}

function incrementOf(
  context: QueryContext,
  session: Engine,
  { definition }: Transformed,
): Promise<Increment> {
  const { text } = renderQuery(context, definition.query.duckdb);
  // The names of its columns play no part in whether it can be followed.
  const source = { session, text, columns: [] };
  return definition.merge === undefined
    ? appendIncrement(source)
    : mergeIncrement(source, definition.merge.key);
}

/** Operations that leave the rows and columns of a table as they are. */
const HARMLESS =
  /^(OPTIMIZE|VACUUM|SET TBLPROPERTIES|UNSET TBLPROPERTIES|ADD CONSTRAINT|DROP CONSTRAINT|UPGRADE PROTOCOL|COMPUTE STATS)/;
/** Commits that are looked at; further back nobody asks. */
const LOOKED_AT = 20;

/** True where somebody else changed the table after the refresh that made it. */
async function isForeign({ lake }: QueryContext, { folder, version }: Snapshot): Promise<boolean> {
  const [last] = await history(lake.delta, folder, { after: version - 1 });
  if (last === undefined || stepInfoOf(last.info) !== undefined) return false;
  const records = await history(lake.delta, folder, { limit: LOOKED_AT });
  const made = records.findIndex(({ info }) => stepInfoOf(info) !== undefined);
  const since = made < 0 ? records : records.slice(0, made);
  return since.some(({ operation }) => !HARMLESS.test(operation));
}
