/** What a reader makes of a table, held against the rows that must be there. */

import { rmSync } from "node:fs";
import type { Engine } from "../../src/engine/engine.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { assertSameRows } from "./compare.ts";
import { type Query, READERS, type ReaderName } from "./reader.ts";

let files = 0;

/** A path beside the table that nobody had before: an engine that keeps parts of files in memory knows them by name. */
export function unusedPath(table: string): string {
  files += 1;
  return `${table}.read_${process.pid}_${files}`;
}

/** Rejects unless the reader finds exactly `rows`, a query in DuckDB's SQL. */
export async function assertFinds(
  reader: ReaderName,
  query: Query,
  { engine, rows }: { readonly engine: Engine; readonly rows: string },
): Promise<void> {
  const to = unusedPath(query.table);
  try {
    const glob = await READERS[reader](query, to);
    const found = `read_parquet(${quoteText(glob)}, hive_partitioning = false)`;
    await assertSameRows(engine, found, `(${rows})`);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    const where = `where ${query.where ?? "true"} in version ${query.version ?? "newest"}`;
    throw new Error(`${why}\n${where}`, { cause: error });
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}
