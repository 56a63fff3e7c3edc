/** Bounds of long texts, which DuckDB's writer leaves out where it cannot shorten them, read back from the files. */

import type { DuckDBConnection } from "@duckdb/node-api";
import type { ColumnStatistics, WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { quotePath } from "./path.ts";

/**
 * A text beyond 256 bytes has bounds only if its last bytes there are plain ASCII; one column without
 * bounds can cost a file its data skipping, so the exact ones are worth a scan of that column.
 */
export async function withTextBounds(
  connection: DuckDBConnection,
  files: readonly WrittenFile[],
  fields: readonly Field[],
): Promise<WrittenFile[]> {
  const done: WrittenFile[] = [];
  for (const file of files) {
    const unbounded = file.columns.filter(
      (column) => isUnbounded(column, file.rows) && isSingle(column.path, fields),
    );
    done.push(unbounded.length === 0 ? file : await bounded(connection, file, unbounded));
  }
  return done;
}

function isUnbounded({ type, min, nullCount }: ColumnStatistics, rows: bigint): boolean {
  return type === "string" && min === undefined && nullCount !== undefined && nullCount < rows;
}

/** False below an array or a map, where a row has many values and Delta keeps no bounds. */
function isSingle([name, ...rest]: readonly string[], fields: readonly Field[]): boolean {
  const type = fields.find((field) => field.name === name)?.type;
  if (rest.length === 0 || type === undefined || typeof type === "string") return true;
  return type.kind === "struct" && isSingle(rest, type.fields);
}

async function bounded(
  connection: DuckDBConnection,
  file: WrittenFile,
  columns: readonly ColumnStatistics[],
): Promise<WrittenFile> {
  const scan = `read_parquet(${quotePath(file.path)}, hive_partitioning = false)`;
  const bounds = columns.flatMap(({ path }) => {
    const column = path.map(quoteName).join(".");
    return [`min(${column})`, `max(${column})`];
  });
  const result = await connection.runAndReadAll(`SELECT ${bounds.join(", ")} FROM ${scan}`);
  const values = (result.getRows()[0] ?? []).map((value) =>
    value === null ? undefined : String(value),
  );
  return {
    ...file,
    columns: file.columns.map((column) => {
      const index = columns.indexOf(column);
      if (index < 0) return column;
      return { ...column, min: values[2 * index], max: values[2 * index + 1] };
    }),
  };
}
