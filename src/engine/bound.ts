/** Bounds that DuckDB's writer leaves out or has wrong, read back from the files it wrote. */

import type { DuckDBConnection } from "@duckdb/node-api";
import type { ColumnStatistics, WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { quotePath } from "./path.ts";

/**
 * The writer's statistics of a file lack the bounds of a column that is null throughout one row
 * group, or has a text beyond 256 bytes that it could not cut, and its `has_nan` tells of the last row
 * group alone. A missing bound can cost a file its data skipping and a hidden NaN loses its row, so
 * such columns are scanned once more; no others are.
 */
export async function withBounds(
  connection: DuckDBConnection,
  files: readonly WrittenFile[],
  fields: readonly Field[],
): Promise<WrittenFile[]> {
  const unsure = await floatsInDoubt(connection, files);
  const done: WrittenFile[] = [];
  for (const file of files) {
    const again = file.columns.filter(
      (column, index) =>
        isSingle(column.path, fields) &&
        (unsure.has(columnKey(file, index)) || isUnbounded(column, file.rows)),
    );
    done.push(again.length === 0 ? file : await scanned(connection, file, again));
  }
  return done;
}

/** A row group in which a column has NaN has no bounds of it in the footer; one query asks all footers. */
async function floatsInDoubt(
  connection: DuckDBConnection,
  files: readonly WrittenFile[],
): Promise<ReadonlySet<string>> {
  const asked = files.filter((file) =>
    file.columns.some((column) => isFloat(column) && !column.hasNan),
  );
  if (asked.length === 0) return new Set();
  const paths = asked.map((file) => quotePath(file.path)).join(", ");
  const result = await connection.runAndReadAll(
    `SELECT DISTINCT file_name, column_id FROM parquet_metadata([${paths}]) WHERE type IN ('FLOAT', 'DOUBLE') AND stats_max_value IS NULL AND num_values > coalesce(stats_null_count, 0)`,
  );
  // The footer's leaf columns stand in the same order as the file's.
  return new Set(result.getRows().map(([path, column]) => `${column} ${path}`));
}

function columnKey(file: WrittenFile, index: number): string {
  return `${index} ${file.path}`;
}

function isFloat({ type }: ColumnStatistics): boolean {
  return type === "float" || type === "double";
}

function isUnbounded({ type, min, nullCount, hasNan }: ColumnStatistics, rows: bigint): boolean {
  return type !== "binary" && !hasNan && min === undefined && nullCount !== rows;
}

/** False below an array or a map, where a row has many values and Delta keeps no bounds. */
function isSingle([name, ...rest]: readonly string[], fields: readonly Field[]): boolean {
  const type = fields.find((field) => field.name === name)?.type;
  if (rest.length === 0 || type === undefined || typeof type === "string") return true;
  return type.kind === "struct" && isSingle(rest, type.fields);
}

async function scanned(
  connection: DuckDBConnection,
  file: WrittenFile,
  columns: readonly ColumnStatistics[],
): Promise<WrittenFile> {
  const aggregates = columns.flatMap((column) => {
    const name = column.path.map(quoteName).join(".");
    const kept = isFloat(column) ? ` FILTER (NOT isnan(${name}))` : "";
    return [
      `CAST(min(${name})${kept} AS VARCHAR)`,
      `CAST(max(${name})${kept} AS VARCHAR)`,
      isFloat(column) ? `coalesce(bool_or(isnan(${name})), false)` : "false",
    ];
  });
  const result = await connection.runAndReadAll(
    `SELECT ${aggregates.join(", ")} FROM read_parquet(${quotePath(file.path)}, hive_partitioning = false)`,
  );
  const values = result.getRows()[0] ?? [];
  const textAt = (index: number) => {
    const value = values[index] ?? null;
    return value === null ? undefined : String(value);
  };
  return {
    ...file,
    columns: file.columns.map((column) => {
      const at = 3 * columns.indexOf(column);
      if (at < 0) return column;
      return { ...column, min: textAt(at), max: textAt(at + 1), hasNan: values[at + 2] === true };
    }),
  };
}
