/** Deleting the rows of a table for which a condition is true. */

import type { Snapshot } from "../delta/snapshot.ts";
import { type Along, changeRows, fileMetrics, type RowChange } from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { findDeleted } from "./find-rows.ts";
import { guardOf } from "./guard.ts";
import { deletedRows } from "./row-count.ts";
import type { StagedEdit } from "./stage-edit.ts";

export interface DeleteOptions extends Along {
  /** SQL over the columns of the table; rows for which it is null stay. */
  readonly where: string;
  /** Writes files anew without the rows also where the table has deletion vectors switched on. */
  readonly leavesNone?: boolean;
}

/**
 * Files all of whose rows match go without being written anew; of the others the rest is written
 * anew, or a deletion vector hides the rows where the table has them switched on. With no row to
 * delete and no transaction nothing is committed.
 */
export function deleteRows(
  context: TableContext,
  snapshot: Snapshot,
  { where, leavesNone = false, ...along }: DeleteOptions,
): Promise<RowChange> {
  return changeRows(context, snapshot, along, {
    operation: "DELETE",
    parameters: { predicate: JSON.stringify([where]) },
    plan: async (writer) => {
      const { folder, metadata } = writer.snapshot;
      const found = await findDeleted(writer, where);
      const guard = await guardOf(context.engine, { folder, ...metadata });
      return { ...found, leavesNone, inserts: undefined, guard };
    },
    metrics: async ({ writer, plan, staged }) =>
      deleteMetrics(staged, await deletedRows(writer, plan)),
  });
}

function deleteMetrics(staged: StagedEdit, rows: number): Record<string, number> {
  const files = fileMetrics(staged);
  return {
    numRemovedFiles: files.removedFiles,
    numRemovedBytes: files.removedBytes,
    numAddedFiles: files.addedFiles,
    numAddedBytes: files.addedBytes,
    numDeletedRows: rows,
    numCopiedRows: staged.copiedRows,
    numAddedChangeFiles: files.changeFiles,
    numDeletionVectorsAdded: files.vectorsAdded,
    numDeletionVectorsRemoved: files.vectorsRemoved,
    numDeletionVectorsUpdated: files.vectorsUpdated,
  };
}
