/** Counting rows by what became of them. */

import type { AddFile } from "../delta/action.ts";
import { rowCount } from "../delta/statistics-text.ts";
import type { TableContext } from "./context.ts";
import { CLAUSE, type Edits } from "./edit.ts";
import type { EditPlan } from "./edit-plan.ts";
import type { RowWriter } from "./row-writer.ts";
import { openTarget, physicalRows } from "./target.ts";

/** How many rows each clause applied to, by its number. */
export async function rowsByClause({ engine }: TableContext, edits: Edits): Promise<number[]> {
  const counts = edits.clauses.map(() => 0);
  if (edits.relation === undefined) return counts;
  const rows = await engine.rows(
    `SELECT ${CLAUSE} AS clause, count(*) AS n FROM ${edits.relation} WHERE ${CLAUSE} IS NOT NULL GROUP BY ALL`,
  );
  for (const { clause, n } of rows) counts[Number(clause)] = Number(n);
  return counts;
}

/** Rows that are deleted, also with the files that nobody looked into. */
export async function deletedRows(
  { context, snapshot }: Pick<RowWriter, "context" | "snapshot">,
  { edits, dropped }: EditPlan,
): Promise<number> {
  const counts = await rowsByClause(context, edits);
  const edited = edits.clauses
    .map(({ kind }, number) => (kind === "delete" ? (counts[number] ?? 0) : 0))
    .reduce((sum, count) => sum + count, 0);
  return edited + (await liveRows(context, snapshot, dropped));
}

async function liveRows(
  context: TableContext,
  snapshot: RowWriter["snapshot"],
  files: readonly AddFile[],
): Promise<number> {
  const known = files.map(rowCount);
  const unknown = files.filter((_, index) => known[index] === undefined);
  const target = await openTarget(context, snapshot, unknown);
  const numbers = unknown.map((_, index) => index);
  const physical = await physicalRows(context, target, numbers);
  const found = numbers.map(
    (number) =>
      Number(physical.get(number)) - (target.scan.files[number]?.deletedRows?.length ?? 0),
  );
  return [...known.map((rows) => Number(rows ?? 0)), ...found].reduce((sum, n) => sum + n, 0);
}
