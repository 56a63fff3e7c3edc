/** The rows of a table for which a condition is true, and what they become. */

import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import type { Filter } from "../delta/filter.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { duckdbType } from "../engine/type.ts";
import { quoteName } from "../sql/quote.ts";
import { columnsNamed, conditionsOf, filtersOf, isStable } from "./condition.ts";
import type { TableContext } from "./context.ts";
import { CLAUSE, type Clause, type Edits, leavesPartitions, stagedRelation } from "./edit.ts";
import { filterPartitions } from "./partition-filter.ts";
import type { RowWriter } from "./row-writer.ts";
import { FILE, filesMatching, openTarget, ROW, type Target } from "./target.ts";

export interface FoundRows {
  readonly target: Target;
  readonly edits: Edits;
  /** Files all of whose rows match, as their partition says; not among those of the target. */
  readonly dropped: readonly AddFile[];
  /** What every matching row satisfies. */
  readonly reads: readonly Filter[];
}

/** Rows to delete. Where the condition is about partitions alone, no file is opened. */
export async function findDeleted(writer: RowWriter, where: string): Promise<FoundRows> {
  const { context, snapshot } = writer;
  const conditions = await conditionsOf(context.engine, where);
  const reads = filtersOf(conditions, columnsNamed(snapshot.metadata.fields, "target"));
  const clause: Clause = { kind: "delete", assigns: new Set() };
  const whole = isStable(conditions) ? await wholeFiles(context, snapshot, where) : undefined;
  if (whole !== undefined) {
    const target = await openTarget(context, snapshot, []);
    return {
      target,
      edits: { clauses: [clause], relation: undefined, keepsPartitions: true },
      dropped: whole,
      reads,
    };
  }
  return find(writer, { where, reads, clause, values: {} });
}

/** Rows to update, with their new values: SQL over the columns of the row as it is. */
export async function findUpdated(
  writer: RowWriter,
  where: string,
  values: Readonly<Record<string, string>>,
): Promise<FoundRows> {
  const { context, snapshot } = writer;
  const conditions = await conditionsOf(context.engine, where);
  const reads = filtersOf(conditions, columnsNamed(snapshot.metadata.fields, "target"));
  const clause: Clause = { kind: "update", assigns: new Set(Object.keys(values)) };
  return find(writer, { where, reads, clause, values });
}

interface Wanted {
  readonly where: string;
  readonly reads: readonly Filter[];
  readonly clause: Clause;
  readonly values: Readonly<Record<string, string>>;
}

async function find(writer: RowWriter, wanted: Wanted): Promise<FoundRows> {
  const { context, snapshot, folder } = writer;
  const { where, reads, clause, values } = wanted;
  const target = await openTarget(context, snapshot, filesMatching(snapshot, reads));
  const keepsPartitions = leavesPartitions(snapshot.metadata.partitionColumns, [clause]);
  const edits = { clauses: [clause], relation: undefined, keepsPartitions };
  if (target.files.length === 0) return { target, edits, dropped: [], reads };
  const assigned = snapshot.metadata.fields.flatMap(({ name, type }) => {
    const value = values[name];
    return value === undefined
      ? []
      : [`CAST((\n${value}\n) AS ${duckdbType(type)}) AS ${quoteName(name)}`];
  });
  const columns = [FILE, ROW, `0 AS ${CLAUSE}`, ...assigned].join(", ");
  const staged = await context.engine.write(
    `SELECT ${columns} FROM ${target.relation} AS target WHERE (\n${where}\n)`,
    { folder },
  );
  return { target, edits: { ...edits, relation: stagedRelation(staged) }, dropped: [], reads };
}

/** The files of the partitions that match; undefined where the condition asks for more than partitions tell. */
async function wholeFiles(
  { engine }: TableContext,
  snapshot: Snapshot,
  where: string,
): Promise<AddFile[] | undefined> {
  try {
    return await filterPartitions(engine, snapshot, where);
  } catch (error) {
    const isOther =
      error instanceof MillraceError && error.code === "operation/bad-partition-filter";
    if (isOther) return undefined;
    throw error;
  }
}
