/** Taking over all that a change stages: data files, vectors of deleted rows, and the rows of the change feed. */

import { noCrash } from "../base/crash-point.ts";
import { parseJsonExactly, renderJson } from "../base/json.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { AddFile, ChangeFile, DeletionVector } from "./action.ts";
import { adoptChangeFiles, adoptFiles } from "./adopt.ts";
import { decodePath, inFolder } from "./data-path.ts";
import type { Snapshot } from "./snapshot.ts";
import type { DeltaContext } from "./table.ts";
import type { TableSpec } from "./table-spec.ts";
import { renderVectorFile } from "./write-deletion-vector.ts";

/** Rows to delete from a file that stays. */
export interface Hiding {
  readonly file: AddFile;
  /** All positions that are deleted afterwards, ascending, those of before among them. */
  readonly deletedRows: BigUint64Array;
  /** Rows in the file, deleted or not. */
  readonly rows: bigint;
}

interface Staged {
  readonly add?: readonly WrittenFile[];
  readonly hide?: readonly Hiding[];
  readonly changeData?: readonly WrittenFile[] | "in files";
  readonly schema?: TableSpec;
}

export interface Adopted {
  readonly adds: readonly AddFile[];
  /** Files that are added again with more rows deleted. */
  readonly removes: readonly AddFile[];
  readonly changeData: readonly ChangeFile[];
  /** New files in the table's folder, to be removed where the commit fails for good. */
  readonly places: readonly string[];
}

export async function adoptChange(
  context: DeltaContext,
  folder: string,
  before: Snapshot | undefined,
  staged: Staged,
): Promise<Adopted> {
  const crash = context.crash ?? noCrash;
  const adds = await adoptStaged(context, folder, before, staged);
  const changeData = await adoptFeed(context, before, staged);
  if (adds.length + changeData.length > 0) crash("delta/files-adopted");
  const { hide = [] } = staged;
  const vectors = await writeVectors(context, folder, hide);
  if (vectors !== undefined) crash("delta/vectors-written");
  const hidden = hide.map((one, index) => hiddenIn(one, vectors?.vectors[index]));
  return {
    adds: [...adds, ...hidden],
    removes: hide.map(({ file }) => file),
    changeData,
    places: [
      ...[...adds, ...changeData].map(({ path }) => decodePath(path)),
      ...(vectors === undefined ? [] : [vectors.path]),
    ],
  };
}

async function adoptStaged(
  context: DeltaContext,
  folder: string,
  before: Snapshot | undefined,
  { add = [], schema }: Staged,
): Promise<AddFile[]> {
  if (add.length === 0) return [];
  const table = schema ?? before;
  if (table === undefined) throw new Error(`Bug: files for ${folder} without a schema`);
  return adoptFiles(context, folder, table, add, schema === undefined ? undefined : before);
}

async function adoptFeed(
  context: DeltaContext,
  before: Snapshot | undefined,
  { changeData = [] }: Staged,
): Promise<ChangeFile[]> {
  if (changeData === "in files" || changeData.length === 0) return [];
  if (before === undefined) throw new Error("Bug: changed rows of a table that is not there");
  return adoptChangeFiles(context, before, changeData);
}

async function writeVectors(
  { storage }: DeltaContext,
  folder: string,
  hide: readonly Hiding[],
): Promise<{ readonly path: string; readonly vectors: readonly DeletionVector[] } | undefined> {
  if (hide.length === 0) return undefined;
  const { path, bytes, vectors } = renderVectorFile(hide.map(({ deletedRows }) => deletedRows));
  if (!(await storage.create(inFolder(folder, path), bytes))) {
    throw new Error(`Bug: the file ${path} of ${folder} is there already`);
  }
  return { path, vectors };
}

/** The file as it is afterwards: its bounds still hold, but their rows may be gone. */
function hiddenIn({ file, rows }: Hiding, vector: DeletionVector | undefined): AddFile {
  if (vector === undefined) throw new Error(`Bug: no vector for ${file.path}`);
  const known = file.stats === undefined ? {} : (parseJsonExactly(file.stats) as object);
  const stats = renderJson({ numRecords: rows, ...known, tightBounds: false });
  return { ...file, stats, deletionVector: vector };
}
