/** The change feed of one change: every row as it was and as it is. */

import { noCrash } from "../base/crash-point.ts";
import type { AddFile } from "../delta/action.ts";
import { keepsChangeFeed } from "../delta/duty.ts";
import { scan } from "../delta/table.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import { fromEdited, isOfKind } from "./edit.ts";
import type { EditPlan } from "./edit-plan.ts";
import type { Fates } from "./fate.ts";
import { updatedRows } from "./new-row.ts";
import { CHANGE_TYPE, type RowWriter, writeRows } from "./row-writer.ts";
import { relationOfStaged } from "./staged-file.ts";
import { relationOfFiles } from "./target.ts";

/**
 * Where the table keeps a change feed: every changed row, unless whole files tell them all.
 * Rows as they were, as they are, and those that came.
 */
export async function writeFeed(
  writer: RowWriter,
  { target, edits, dropped }: EditPlan,
  { fates, inserted }: { fates: Fates; inserted: readonly WrittenFile[] },
): Promise<readonly WrittenFile[] | "in files"> {
  const { context, snapshot } = writer;
  const { protocol, metadata } = snapshot;
  const partly = [...fates.hidden, ...fates.rewritten.flat()];
  if (!keepsChangeFeed(protocol, metadata.configuration)) return [];
  if (partly.length === 0) return "in files";
  const { clauses, relation } = edits;
  const columns = metadata.fields.map(({ name }) => `target.${quoteName(name)}`).join(", ");
  const touched = [...partly, ...fates.removed].toSorted((a, b) => a - b);
  const queries: string[] = [];
  if (relation !== undefined) {
    const from = fromEdited(
      { target: relationOfFiles(context, target, touched), edits: relation, files: touched },
      "INNER",
    );
    const type = `CASE WHEN ${isOfKind(clauses, "delete")} THEN 'delete' ELSE 'update_preimage' END`;
    queries.push(`SELECT ${columns}, ${type} AS ${CHANGE_TYPE} ${from}`);
  }
  const updated = updatedRows(writer, target, edits, partly);
  if (updated !== undefined) {
    queries.push(`SELECT *, 'update_postimage' AS ${CHANGE_TYPE} FROM (${updated})`);
  }
  if (inserted.length > 0) {
    const rows = relationOfStaged(context.engine, layoutOf(snapshot), inserted);
    queries.push(`SELECT *, 'insert' AS ${CHANGE_TYPE} FROM ${rows}`);
  }
  if (dropped.length > 0) {
    const rows = await droppedRows(writer, dropped);
    queries.push(`SELECT *, 'delete' AS ${CHANGE_TYPE} FROM ${rows}`);
  }
  const files = await writeRows(writer, queries.join(" UNION ALL BY NAME "), { changeType: true });
  (context.delta.crash ?? noCrash)("operation/change-data-written");
  return files;
}

async function droppedRows(
  { context, snapshot }: RowWriter,
  files: readonly AddFile[],
): Promise<string> {
  const { delta, engine } = context;
  return engine.relation(await scan(delta, { ...snapshot, files }));
}
