/** The files of a table in which rows may change, and how their rows are told apart. */

import type { AddFile } from "../delta/action.ts";
import type { Filter } from "../delta/filter.ts";
import { fileTest } from "../delta/skip.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { rowCount } from "../delta/statistics-text.ts";
import { scan } from "../delta/table.ts";
import { layoutOf } from "../delta/table-spec.ts";
import { POSITION_COLUMNS } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import type { TableContext } from "./context.ts";

/** The columns of a row's position, quoted. */
export const FILE = quoteName(POSITION_COLUMNS.file);
export const ROW = quoteName(POSITION_COLUMNS.row);

/** A file's number is its place in the list, here and in the positions of rows. */
export interface Target {
  readonly files: readonly AddFile[];
  readonly scan: TableFiles;
  /** Stands in FROM: the columns of the table and a row's position. */
  readonly relation: string;
}

export async function openTarget(
  { delta, engine }: TableContext,
  snapshot: Snapshot,
  files: readonly AddFile[],
): Promise<Target> {
  const found = await scan(delta, { ...snapshot, files });
  const scanFiles = found.files.map((file, index): ScanFile => {
    const live = files[index] && rowCount(files[index]);
    if (live === undefined) return file;
    return { ...file, rows: live + BigInt(file.deletedRows?.length ?? 0) };
  });
  const table = { ...found, files: scanFiles };
  const fileNumbers = files.map((_, index) => index);
  return { files, scan: table, relation: engine.relation(table, { fileNumbers }) };
}

/** Some files of a target, by their numbers, which they keep. */
export function relationOfFiles(
  { engine }: TableContext,
  { scan: table }: Target,
  numbers: readonly number[],
): string {
  const files = numbers.flatMap((number) => table.files[number] ?? []);
  return engine.relation({ ...table, files }, { fileNumbers: numbers });
}

/** Files that may hold a row satisfying all filters. */
export function filesMatching(snapshot: Snapshot, filters: readonly Filter[]): readonly AddFile[] {
  if (filters.length === 0) return snapshot.files;
  return snapshot.files.filter(fileTest(layoutOf(snapshot), filters));
}

/** Rows in each of the files, deleted or not, from the log or else from the file itself. */
export async function physicalRows(
  { engine }: TableContext,
  { scan: table }: Target,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, bigint>> {
  const known = new Map<number, bigint>();
  for (const number of numbers) {
    const file = table.files[number];
    if (file === undefined) throw new Error(`Bug: the target has no file ${number}`);
    known.set(number, file.rows ?? (await countRows(engine, file.path)));
  }
  return known;
}

async function countRows(engine: TableContext["engine"], path: string): Promise<bigint> {
  const [row] = await engine.rows(
    `SELECT CAST(num_rows AS BIGINT) AS n FROM parquet_file_metadata(${quotePath(path)})`,
  );
  return BigInt(String(row?.n));
}
