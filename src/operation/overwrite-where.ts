/** Putting new rows in the place of those for which a condition is true. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { duckdbType } from "../engine/type.ts";
import { quoteName } from "../sql/quote.ts";
import { type Along, changeRows, fileMetrics, type RowChange } from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { findDeleted } from "./find-rows.ts";
import { guardOf } from "./guard.ts";
import { deletedRows } from "./row-count.ts";

export interface OverwriteOptions extends Along {
  /** What stands in FROM on the context's session: columns by the table's names; those that are left out are null. */
  readonly rows: string;
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
    plan: async (writer) => {
      const { folder, metadata } = writer.snapshot;
      const found = await findDeleted(writer, where);
      const inserts = await fittedRows(context, writer.snapshot, rows);
      const table = { folder, ...metadata };
      const demand = { name: `condition (${where})`, condition: `\n${where}\n` };
      return {
        ...found,
        inserts,
        guard: await guardOf(engine, table),
        insertGuard: await guardOf(engine, table, [demand]),
      };
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
