/** The positions of deleted rows as a relation: in the statement while they are few, in a file when many. */

import { createHash } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScanFile } from "../schema/table-files.ts";
import { quoteText } from "../sql/quote.ts";

const MOST_IN_STATEMENT = 4096;

/** Columns `in_file` (place of the file in the list, from 0) and `at_row`; undefined where no row is deleted. */
export function deletedRelation(
  files: readonly ScanFile[],
  tempFolder: string,
): string | undefined {
  const total = files.reduce((sum, file) => sum + (file.deletedRows?.length ?? 0), 0);
  if (total === 0) return undefined;
  if (total > MOST_IN_STATEMENT) {
    return `read_csv(${quoteText(positionFile(files, tempFolder))}, auto_detect = false, header = false, delim = ',', columns = {in_file: 'UBIGINT', at_row: 'BIGINT'})`;
  }
  const inFile: number[] = [];
  const atRow: bigint[] = [];
  for (const [index, { deletedRows = [] }] of files.entries()) {
    for (const row of deletedRows) {
      inFile.push(index);
      atRow.push(row);
    }
  }
  return `(SELECT unnest(CAST([${inFile.join(", ")}] AS UBIGINT[])) AS in_file, unnest(CAST([${atRow.join(", ")}] AS BIGINT[])) AS at_row)`;
}

/** Named by its content, so that a version read again and again has one file; it goes with the engine. */
function positionFile(files: readonly ScanFile[], tempFolder: string): string {
  const hash = createHash("sha256");
  for (const [index, { deletedRows }] of files.entries()) {
    hash.update(`${index}:${deletedRows?.length ?? 0}:`);
    if (deletedRows !== undefined) hash.update(deletedRows);
  }
  const path = join(tempFolder, `deleted-${hash.digest("hex")}.csv`);
  if (!existsSync(path)) {
    const pieces = files.map(({ deletedRows = new BigUint64Array() }, index) =>
      Array.from(deletedRows, (row) => `${index},${row}\n`).join(""),
    );
    writeFileSync(`${path}.part`, pieces.join(""));
    renameSync(`${path}.part`, path);
  }
  return path;
}
