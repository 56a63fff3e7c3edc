/** From edits of rows to staged files: rows written anew, rows to hide, and the rows of the change feed. */

import { noCrash } from "../base/crash-point.ts";
import type { AddFile } from "../delta/action.ts";
import type { Hiding } from "../delta/adopt-change.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { type Edits, editsOf, isOfKind } from "./edit.ts";
import type { EditPlan } from "./edit-plan.ts";
import { decideFates } from "./fate.ts";
import { writeFeed } from "./feed.ts";
import { hiddenRows } from "./hidden-row.ts";
import { writeAnew, writeMoved } from "./new-row.ts";
import { type RowWriter, writeRows } from "./row-writer.ts";

export interface StagedEdit {
  readonly add: readonly WrittenFile[];
  readonly remove: readonly AddFile[];
  readonly hide: readonly Hiding[];
  readonly changeData: readonly WrittenFile[] | "in files";
  /** Rows that stay as they are and lie in new files now. */
  readonly copiedRows: number;
  readonly insertedRows: number;
}

export async function stageEdit(writer: RowWriter, plan: EditPlan): Promise<StagedEdit> {
  const { context, snapshot } = writer;
  const { target, edits, dropped, guard } = plan;
  const fates = await decideFates(context, snapshot, target, plan);
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
    copiedRows: rowsIn(rewritten) - (await updatedIn(writer, edits, fates.rewritten.flat())),
    insertedRows: rowsIn(inserted),
  };
  const changeData = await writeFeed(writer, plan, { fates, inserted });
  return { ...staged, changeData };
}

async function writeInserts(
  writer: RowWriter,
  { inserts, guard, insertGuard = guard }: EditPlan,
): Promise<readonly WrittenFile[]> {
  if (inserts === undefined) return [];
  if (typeof inserts !== "string") return inserts;
  return insertGuard.watch(() => writeRows(writer, insertGuard.wrap(inserts)));
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
