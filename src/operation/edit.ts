/**
 * Changes of single rows as data: which row of which file, by which clause, with which new values.
 * They are found once, staged as Parquet files, and from then on decide: no condition and no
 * expression of a user is evaluated twice, so none can come out differently.
 */

import { quotePath } from "../engine/path.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { FILE, ROW } from "./target.ts";

/** What happens to a row that a clause applies to. */
export interface Clause {
  readonly kind: "update" | "delete";
  /** Columns that get new values. */
  readonly assigns: ReadonlySet<string>;
}

/** The column that holds the number of a row's clause; null where none applies. */
export const CLAUSE = quoteName("~clause");

/** Rows to change: `"~file"`, `"~row"`, `"~clause"`, and the new values under the names of their columns. */
export interface Edits {
  readonly clauses: readonly Clause[];
  /** Stands in FROM; undefined where no row changes. */
  readonly relation: string | undefined;
  /** True where every updated row is known to stay in its partition. */
  readonly keepsPartitions: boolean;
}

/** True where no clause gives a partition column a value. */
export function leavesPartitions(
  partitionColumns: readonly string[],
  clauses: readonly Clause[],
): boolean {
  return !partitionColumns.some((name) => clauses.some(({ assigns }) => assigns.has(name)));
}

/** Staged files as something that stands in FROM; undefined where there is none. */
export function stagedRelation(files: readonly WrittenFile[]): string | undefined {
  if (files.length === 0) return undefined;
  const paths = files.map(({ path }) => quotePath(path)).join(", ");
  return `read_parquet([${paths}], hive_partitioning = false)`;
}

/** True of an edit that changes, or deletes, its row. */
export function isOfKind(clauses: readonly Clause[], kind: Clause["kind"]): string {
  const numbers = numbersOf(clauses, (clause) => clause.kind === kind);
  return numbers.length === 0 ? "false" : `edit.${CLAUSE} IN (${numbers.join(", ")})`;
}

/** The columns of a row after its edit, from `target` beside `edit`, which is null where the row stays as it is. */
export function editedColumns(fields: readonly Field[], clauses: readonly Clause[]): string[] {
  const updates = numbersOf(clauses, ({ kind }) => kind === "update");
  return fields.map(({ name }) => {
    const column = quoteName(name);
    const assigning = numbersOf(clauses, ({ assigns }) => assigns.has(name));
    if (assigning.length === 0) return `target.${column} AS ${column}`;
    const isNew =
      assigning.length === updates.length
        ? `edit.${CLAUSE} IS NOT NULL`
        : `edit.${CLAUSE} IN (${assigning.join(", ")})`;
    return `CASE WHEN ${isNew} THEN edit.${column} ELSE target.${column} END AS ${column}`;
  });
}

/** True where an updated row takes nothing over from what it was. */
export function replacesAll(fields: readonly Field[], clauses: readonly Clause[]): boolean {
  const updates = clauses.filter(({ kind }) => kind === "update");
  return fields.every(({ name }) => updates.every(({ assigns }) => assigns.has(name)));
}

/** `FROM` of rows with their edits; `join` is LEFT for all rows of the files, INNER for the edited ones. */
export function fromEdited(
  { target, edits, files }: { target: string; edits: string; files: readonly number[] },
  join: "LEFT" | "INNER",
): string {
  return `FROM ${target} AS target ${join} JOIN ${editsOf(edits, files)} AS edit ON target.${FILE} = edit.${FILE} AND target.${ROW} = edit.${ROW}`;
}

/** The edits that change rows of these files. */
export function editsOf(edits: string, files: readonly number[]): string {
  return `(SELECT * FROM ${edits} WHERE ${CLAUSE} IS NOT NULL AND ${FILE} IN (${files.join(", ")}))`;
}

function numbersOf(clauses: readonly Clause[], test: (clause: Clause) => boolean): number[] {
  return clauses.flatMap((clause, number) => (test(clause) ? [number] : []));
}
