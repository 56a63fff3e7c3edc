/** Putting new rows in the place of those for which a condition is true. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import { duckdbType } from "../engine/type.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import { type Along, changeRows, fileMetrics, type RowChange } from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { findDeleted } from "./find-rows.ts";
import { type Guard, guardOf } from "./guard.ts";
import { deletedRows } from "./row-count.ts";
import { relationOfStaged } from "./staged-file.ts";

export interface OverwriteOptions extends Along {
  /**
   * What stands in FROM on the context's session: columns by the table's names; those that are left out are null. Or
   * staged files of the table: then a lost race is `delta/conflict`, since they are used up, and any change of the
   * table's rows by another makes one.
   */
  readonly rows: string | readonly WrittenFile[];
  /** SQL over the columns of the table. Every new row must satisfy it: null does not. */
  readonly where: string;
}

/** A new row outside the condition is `operation/rule-broken`, and nothing is changed. */
export function overwriteWhere(
  context: TableContext,
  snapshot: Snapshot,
  { rows, where, ...along }: OverwriteOptions,
): Promise<RowChange> {
  const { engine } = context;
  return changeRows(context, snapshot, along, {
    operation: "WRITE",
    parameters: { mode: "Overwrite", predicate: where },
    isOnce: typeof rows !== "string",
    plan: async (writer) => {
      const { folder, metadata } = writer.snapshot;
      const found = await findDeleted(writer, where);
      const table = { folder, ...metadata };
      const demand = { name: `condition (${where})`, condition: `\n${where}\n` };
      const guard = await guardOf(engine, table);
      const insertGuard = await guardOf(engine, table, [demand]);
      if (typeof rows !== "string") {
        await checkStaged(context, writer.snapshot, rows, insertGuard);
        return { ...found, reads: [], inserts: rows, guard };
      }
      const inserts = await fittedRows(context, writer.snapshot, rows);
      return { ...found, inserts, guard, insertGuard };
    },
    metrics: async ({ writer, plan, staged }) => {
      const files = fileMetrics(staged);
      return {
        numFiles: files.addedFiles,
        numOutputRows: staged.insertedRows + staged.copiedRows,
        numOutputBytes: files.addedBytes,
        numRemovedFiles: files.removedFiles,
        numRemovedBytes: files.removedBytes,
        numDeletedRows: await deletedRows(writer, plan),
        numCopiedRows: staged.copiedRows,
        numAddedChangeFiles: files.changeFiles,
        numDeletionVectorsAdded: files.vectorsAdded,
        numDeletionVectorsRemoved: files.vectorsRemoved,
        numDeletionVectorsUpdated: files.vectorsUpdated,
      };
    },
  });
}

/** Throws what the guard says of the first row in the files that breaks it. */
async function checkStaged(
  { engine }: TableContext,
  snapshot: Snapshot,
  files: readonly WrittenFile[],
  guard: Guard,
): Promise<void> {
  if (files.length === 0) return;
  const rows = `SELECT * FROM ${relationOfStaged(engine, layoutOf(snapshot), files)}`;
  await guard.watch(() => engine.rows(`SELECT count(*) FROM (${guard.wrap(rows)})`));
}

/** The rows with the table's columns in the table's types. */
async function fittedRows(
  { engine }: TableContext,
  { folder, metadata }: Snapshot,
  rows: string,
): Promise<string> {
  const given = await engine.describe(`SELECT * FROM ${rows}`);
  const known = new Map(given.map(({ name }) => [name.toLowerCase(), name]));
  const columns = metadata.fields.map(({ name, type }) => {
    const found = known.get(name.toLowerCase());
    known.delete(name.toLowerCase());
    const value = found === undefined ? "NULL" : quoteName(found);
    return `CAST(${value} AS ${duckdbType(type)}) AS ${quoteName(name)}`;
  });
  const [extra] = known.values();
  if (extra !== undefined) {
    throw new MillraceError(`The table ${folder} has no column "${extra}", which new rows have.`, {
      code: "operation/no-such-column",
      hint: `Its columns are ${metadata.fields.map(({ name }) => name).join(", ")}.`,
    });
  }
  return `SELECT ${columns.join(", ")} FROM ${rows}`;
}
