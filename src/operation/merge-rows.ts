/** Merging rows into a table: what matches is updated or deleted, what does not is inserted. */

import type { Snapshot } from "../delta/snapshot.ts";
import { duckdbType } from "../engine/type.ts";
import { quoteName } from "../sql/quote.ts";
import {
  type Along,
  changeRows,
  fileMetrics,
  type RowChange,
  type StagedChange,
} from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { CLAUSE } from "./edit.ts";
import { guardOf } from "./guard.ts";
import {
  assignedColumns,
  type CheckedClause,
  checkClauses,
  clauseNumber,
  type MergeClause,
} from "./merge-clause.ts";
import { matchRows } from "./merge-match.ts";
import { type MergeSource, SOURCE, stageSource } from "./merge-source.ts";
import { rowsByClause } from "./row-count.ts";

export interface MergeOptions extends Along {
  /** What stands in FROM on the context's session. */
  readonly source: string;
  /** When a row of `target` and one of `source` match; null does not. */
  readonly on: string;
  readonly clauses: readonly MergeClause[];
}

/**
 * The source is read once. Of the target only the columns that condition and clauses name are read,
 * and only in files that may hold a match; then the touched files alone are written anew, or their
 * changed rows hidden by deletion vectors where the table has them switched on.
 */
export async function mergeRows(
  context: TableContext,
  snapshot: Snapshot,
  { source: relation, on, clauses: written, ...along }: MergeOptions,
): Promise<RowChange> {
  const { engine, delta } = context;
  const staging = await delta.storage.openStaging();
  try {
    const source = await stageSource(engine, relation, staging.folder);
    return await changeRows(context, snapshot, along, {
      operation: "MERGE",
      parameters: parametersOf(on, written),
      plan: async (writer) => {
        const { folder, metadata } = writer.snapshot;
        const sides = { table: folder, fields: metadata.fields, source: source.fields };
        const clauses = checkClauses(written, sides);
        const matched = await matchRows(writer, { source, on, clauses });
        return {
          ...matched,
          dropped: [],
          inserts: insertQuery(source, matched.matches, clauses, metadata.fields),
          guard: await guardOf(engine, { folder, ...metadata }),
        };
      },
      metrics: (done) => mergeMetrics(context, done, source, written),
    });
  } finally {
    await staging.close();
  }
}

function insertQuery(
  { relation }: MergeSource,
  matches: string | undefined,
  clauses: readonly CheckedClause[],
  fields: Snapshot["metadata"]["fields"],
): string | undefined {
  const inserts = clauses.filter(({ when }) => when === "not matched");
  if (inserts.length === 0) return undefined;
  const assigned = new Map(
    assignedColumns(fields, inserts, CLAUSE).map(({ name, value }) => [name, value]),
  );
  const columns = fields.map(({ name, type }) => {
    const value = assigned.get(name) ?? `CAST(NULL AS ${duckdbType(type)})`;
    return `${value} AS ${quoteName(name)}`;
  });
  const rows =
    matches === undefined
      ? `${relation} AS source`
      : `${relation} AS source ANTI JOIN ${matches} AS matches ON source.${SOURCE} = matches.${SOURCE}`;
  return `SELECT ${columns.join(", ")} FROM (SELECT *, ${clauseNumber(inserts)} AS ${CLAUSE} FROM ${rows}) AS source WHERE ${CLAUSE} IS NOT NULL`;
}

function parametersOf(on: string, clauses: readonly MergeClause[]): Record<string, unknown> {
  const predicates = (when: MergeClause["when"]) =>
    JSON.stringify(
      clauses
        .filter((clause) => clause.when === when)
        .map(({ do: act, condition }) => ({
          actionType: act,
          ...(condition === undefined ? {} : { predicate: condition }),
        })),
    );
  return {
    predicate: JSON.stringify([on]),
    matchedPredicates: predicates("matched"),
    notMatchedPredicates: predicates("not matched"),
    notMatchedBySourcePredicates: predicates("not matched by source"),
  };
}

async function mergeMetrics(
  context: TableContext,
  { plan, staged }: StagedChange,
  source: MergeSource,
  written: readonly MergeClause[],
): Promise<Record<string, number>> {
  const counts = await rowsByClause(context, plan.edits);
  const count = (when: MergeClause["when"], kind: "update" | "delete") =>
    ["matched", "not matched by source"]
      .flatMap((situation) => written.filter((clause) => clause.when === situation))
      .map(({ when: of, do: act }, number) =>
        of === when && act === kind ? (counts[number] ?? 0) : 0,
      )
      .reduce((sum, n) => sum + n, 0);
  const [updated, updatedAlone] = [
    count("matched", "update"),
    count("not matched by source", "update"),
  ];
  const [deleted, deletedAlone] = [
    count("matched", "delete"),
    count("not matched by source", "delete"),
  ];
  const files = fileMetrics(staged);
  return {
    numSourceRows: source.rows,
    numTargetRowsInserted: staged.insertedRows,
    numTargetRowsUpdated: updated + updatedAlone,
    numTargetRowsMatchedUpdated: updated,
    numTargetRowsNotMatchedBySourceUpdated: updatedAlone,
    numTargetRowsDeleted: deleted + deletedAlone,
    numTargetRowsMatchedDeleted: deleted,
    numTargetRowsNotMatchedBySourceDeleted: deletedAlone,
    numTargetRowsCopied: staged.copiedRows,
    numOutputRows: updated + updatedAlone + staged.insertedRows + staged.copiedRows,
    numTargetFilesAdded: files.addedFiles,
    numTargetFilesRemoved: files.removedFiles,
    numTargetBytesAdded: files.addedBytes,
    numTargetBytesRemoved: files.removedBytes,
    numTargetChangeFilesAdded: files.changeFiles,
    numTargetDeletionVectorsAdded: files.vectorsAdded,
    numTargetDeletionVectorsRemoved: files.vectorsRemoved,
    numTargetDeletionVectorsUpdated: files.vectorsUpdated,
  };
}
