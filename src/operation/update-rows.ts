/** Giving new values to the rows of a table for which a condition is true. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type Assignments, checkAssignments } from "./assignment.ts";
import { type Along, changeRows, fileMetrics, type RowChange } from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { findUpdated } from "./find-rows.ts";
import { guardOf } from "./guard.ts";
import { rowsByClause } from "./row-count.ts";
import type { StagedEdit } from "./stage-edit.ts";

export interface UpdateOptions extends Along {
  /** SQL by column, over the columns of the row as it is. */
  readonly set: Assignments;
  /** SQL over the columns; rows for which it is null stay as they are. All rows where it is left out. */
  readonly where?: string;
}

/** With no row to update and no transaction nothing is committed. */
export function updateRows(
  context: TableContext,
  snapshot: Snapshot,
  { set, where = "true", ...along }: UpdateOptions,
): Promise<RowChange> {
  if (Object.keys(set).length === 0) {
    throw new MillraceError(`The update of table ${snapshot.folder} gives no column a value.`, {
      code: "operation/bad-assignment",
      hint: "Name at least one column in set.",
    });
  }
  return changeRows(context, snapshot, along, {
    operation: "UPDATE",
    parameters: { predicate: JSON.stringify([where]) },
    plan: async (writer) => {
      const { folder, metadata } = writer.snapshot;
      const values = checkAssignments(metadata.fields, folder, set);
      const found = await findUpdated(writer, where, values);
      const guard = await guardOf(context.engine, { folder, ...metadata });
      return { ...found, inserts: undefined, guard };
    },
    metrics: async ({ staged, plan }) => {
      const [updated = 0] = await rowsByClause(context, plan.edits);
      return updateMetrics(staged, updated);
    },
  });
}

function updateMetrics(staged: StagedEdit, updatedRows: number): Record<string, number> {
  const files = fileMetrics(staged);
  return {
    numRemovedFiles: files.removedFiles,
    numRemovedBytes: files.removedBytes,
    numAddedFiles: files.addedFiles,
    numAddedBytes: files.addedBytes,
    numUpdatedRows: updatedRows,
    numCopiedRows: staged.copiedRows,
    numAddedChangeFiles: files.changeFiles,
    numDeletionVectorsAdded: files.vectorsAdded,
    numDeletionVectorsRemoved: files.vectorsRemoved,
    numDeletionVectorsUpdated: files.vectorsUpdated,
  };
}
