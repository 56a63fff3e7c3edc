/** From edits of rows to staged files: rows written anew, rows to hide, and the rows of the change feed. */

import { noCrash } from "../base/crash-point.ts";
import type { AddFile } from "../delta/action.ts";
import type { Hiding } from "../delta/adopt-change.ts";
import { keepsChangeFeed } from "../delta/duty.ts";
import { scan } from "../delta/table.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import {
  CLAUSE,
  type Edits,
  editedColumns,
  editsOf,
  fromEdited,
  isOfKind,
  replacesAll,
} from "./edit.ts";
import { decideFates, type Fates } from "./fate.ts";
import type { Guard } from "./guard.ts";
import { hiddenRows } from "./hidden-row.ts";
import { CHANGE_TYPE, type RowWriter, writeRows } from "./row-writer.ts";
import { relationOfStaged } from "./staged-file.ts";
import { relationOfFiles, type Target } from "./target.ts";

export interface EditPlan {
  readonly target: Target;
  readonly edits: Edits;
  /** Files of the table, none of the target, all of whose rows go; nobody looked into them. */
  readonly dropped: readonly AddFile[];
  /** Rows to add, over the table's own names. */
  readonly inserts: string | undefined;
  /** Of all rows in new files. */
  readonly guard: Guard;
  /** Of the rows to add, where more is demanded of them. */
  readonly insertGuard?: Guard;
}

export interface StagedEdit {
  readonly add: readonly WrittenFile[];
  readonly remove: readonly AddFile[];
  readonly hide: readonly Hiding[];
  readonly changeData: readonly WrittenFile[] | "in files";
  readonly fates: Fates;
  /** Rows that stay as they are and lie in new files now. */
  readonly copiedRows: number;
  readonly insertedRows: number;
}

export async function stageEdit(writer: RowWriter, plan: EditPlan): Promise<StagedEdit> {
  const { context, snapshot } = writer;
  const { target, edits, dropped, guard } = plan;
  const fates = await decideFates(context, snapshot, target, edits);
  const rewritten = await guard.watch(() => writeAnew(writer, plan, fates));
  const moved = await guard.watch(() => writeMoved(writer, plan, fates.hidden));
  const inserted = await writeInserts(writer, plan);
  const hide = await hiddenRows(context, target, edits, fates);
  (context.delta.crash ?? noCrash)("operation/rows-written");
  const gone = [...fates.removed, ...fates.rewritten.flat()];
  const staged = {
    add: [...rewritten, ...moved, ...inserted],
    remove: [...dropped, ...gone.flatMap((number) => target.files[number] ?? [])],
    hide,
    fates,
    copiedRows: rowsIn(rewritten) - (await updatedIn(writer, edits, fates.rewritten.flat())),
    insertedRows: rowsIn(inserted),
  };
  const changeData = await writeFeed(writer, plan, { fates, inserted });
  return { ...staged, changeData };
}

async function writeInserts(
  writer: RowWriter,
  { inserts, guard, insertGuard = guard }: EditPlan,
): Promise<WrittenFile[]> {
  if (inserts === undefined) return [];
  return insertGuard.watch(() => writeRows(writer, insertGuard.wrap(inserts)));
}

/** Each group of files on its own, so that rows stay near those they lay with. */
async function writeAnew(
  writer: RowWriter,
  { target, edits, guard }: EditPlan,
  { rewritten }: Fates,
): Promise<WrittenFile[]> {
  const { context, snapshot } = writer;
  const { fields, partitionColumns } = snapshot.metadata;
  const { clauses, relation } = edits;
  const stays = !partitionColumns.some((name) => clauses.some(({ assigns }) => assigns.has(name)));
  const files: WrittenFile[] = [];
  for (const numbers of rewritten) {
    if (relation === undefined) break;
    const from = fromEdited(
      { target: relationOfFiles(context, target, numbers), edits: relation, files: numbers },
      "LEFT",
    );
    const query = `SELECT ${editedColumns(fields, clauses).join(", ")} ${from} WHERE edit.${CLAUSE} IS NULL OR NOT ${isOfKind(clauses, "delete")}`;
    const [first = -1] = numbers;
    files.push(
      ...(await writeRows(writer, guard.wrap(query), {
        partitionValues: stays ? target.files[first]?.partitionValues : undefined,
      })),
    );
  }
  return files;
}

/** The updated rows of files that stay go into new files. */
async function writeMoved(
  writer: RowWriter,
  { target, edits, guard }: EditPlan,
  hidden: readonly number[],
): Promise<WrittenFile[]> {
  const query = updatedRows(writer, target, edits, hidden);
  return query === undefined ? [] : writeRows(writer, guard.wrap(query));
}

/** The rows of these files that are updated, as they are afterwards. */
function updatedRows(
  { context, snapshot }: RowWriter,
  target: Target,
  { clauses, relation }: Edits,
  numbers: readonly number[],
): string | undefined {
  const isUpdate = isOfKind(clauses, "update");
  if (relation === undefined || isUpdate === "false" || numbers.length === 0) return undefined;
  const { fields } = snapshot.metadata;
  if (replacesAll(fields, clauses)) {
    const columns = fields.map(({ name }) => quoteName(name)).join(", ");
    return `SELECT ${columns} FROM ${editsOf(relation, numbers)} AS edit WHERE ${isUpdate}`;
  }
  const from = fromEdited(
    { target: relationOfFiles(context, target, numbers), edits: relation, files: numbers },
    "INNER",
  );
  return `SELECT ${editedColumns(fields, clauses).join(", ")} ${from} WHERE ${isUpdate}`;
}

/**
 * Where the table keeps a change feed: every changed row, unless whole files tell them all.
 * Rows as they were, as they are, and those that came.
 */
async function writeFeed(
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

function rowsIn(files: readonly WrittenFile[]): number {
  return files.reduce((sum, { rows }) => sum + Number(rows), 0);
}

async function updatedIn(
  { context }: RowWriter,
  { clauses, relation }: Edits,
  numbers: readonly number[],
): Promise<number> {
  if (relation === undefined || numbers.length === 0) return 0;
  const [row] = await context.engine.rows(
    `SELECT count(*) AS n FROM ${editsOf(relation, numbers)} AS edit WHERE ${isOfKind(clauses, "update")}`,
  );
  return Number(row?.n);
}
