/** Positions of rows in files as a relation: in the statement while they are few, in a file when many. */

import { createHash } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoteText } from "../sql/quote.ts";

const MOST_IN_STATEMENT = 4096;

/** Rows of each file, by its place in the scan; undefined where there are none of it. */
type Positions = readonly (BigUint64Array | undefined)[];

/** Columns `in_file` (place of the file in the list, from 0) and `at_row`; undefined where there is no row. */
export function rowRelation(files: Positions, tempFolder: string): string | undefined {
  const total = files.reduce((sum, rows) => sum + (rows?.length ?? 0), 0);
  if (total === 0) return undefined;
  if (total > MOST_IN_STATEMENT) {
    return `read_csv(${quoteText(positionFile(files, tempFolder))}, auto_detect = false, header = false, delim = ',', columns = {in_file: 'UBIGINT', at_row: 'BIGINT'})`;
  }
  const inFile: number[] = [];
  const atRow: bigint[] = [];
  for (const [index, rows = []] of files.entries()) {
    for (const row of rows) {
      inFile.push(index);
      atRow.push(row);
    }
  }
  return `(SELECT unnest(CAST([${inFile.join(", ")}] AS UBIGINT[])) AS in_file, unnest(CAST([${atRow.join(", ")}] AS BIGINT[])) AS at_row)`;
}

/** Named by its content, so that a version read again and again has one file; it goes with the engine. */
function positionFile(files: Positions, tempFolder: string): string {
  const hash = createHash("sha256");
  for (const [index, rows] of files.entries()) {
    hash.update(`${index}:${rows?.length ?? 0}:`);
    if (rows !== undefined) hash.update(rows);
  }
  const path = join(tempFolder, `rows-${hash.digest("hex")}.csv`);
  if (!existsSync(path)) {
    const pieces = files.map((rows = new BigUint64Array(), index) =>
      Array.from(rows, (row) => `${index},${row}\n`).join(""),
    );
    writeFileSync(`${path}.part`, pieces.join(""));
    renameSync(`${path}.part`, path);
  }
  return path;
}
