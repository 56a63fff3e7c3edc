/** The rows of touched files as they are afterwards, written into new files. */

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
import type { EditPlan } from "./edit-plan.ts";
import type { Fates } from "./fate.ts";
import { type RowWriter, writeRows } from "./row-writer.ts";
import { relationOfFiles, type Target } from "./target.ts";

/** Each group of files on its own, so that rows stay near those they lay with. */
export async function writeAnew(
  writer: RowWriter,
  { target, edits, guard }: EditPlan,
  { rewritten }: Fates,
): Promise<WrittenFile[]> {
  const { context, snapshot } = writer;
  const { fields } = snapshot.metadata;
  const { clauses, relation, keepsPartitions } = edits;
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
        partitionValues: keepsPartitions ? target.files[first]?.partitionValues : undefined,
      })),
    );
  }
  return files;
}

/** The updated rows of files that stay go into new files. */
export async function writeMoved(
  writer: RowWriter,
  { target, edits, guard }: EditPlan,
  hidden: readonly number[],
): Promise<WrittenFile[]> {
  const query = updatedRows(writer, target, edits, hidden);
  return query === undefined ? [] : writeRows(writer, guard.wrap(query));
}

/** The rows of these files that are updated, as they are afterwards. */
export function updatedRows(
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
