/** Runs a query into Parquet files of a folder and tells what is in each. */

import { isAbsolute, resolve } from "node:path";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { MillraceError } from "../base/error.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { DataType, Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { withBounds } from "./bound.ts";
import { cellReader } from "./cell.ts";
import { type Columns, columnsOf, fieldsOf, isSafeInParquet } from "./column.ts";
import type { Row, WriteOptions } from "./engine.ts";
import { engineError } from "./fault.ts";
import { partitionText } from "./partition-value.ts";
import { columnStatistics } from "./statistics.ts";
import { duckdbType } from "./type.ts";

/** A file that would pass this is ended and another begun, between two row groups. */
const FILE_SIZE = "512MB";

/**
 * One pass over the query. Types that Parquet would hold as something else than the table says are
 * cast first; columns that are void are left out, as Delta wants.
 */
export async function writeParquet(
  connection: DuckDBConnection,
  query: string,
  options: WriteOptions,
): Promise<WrittenFile[]> {
  const columns = await columnsOf(connection, query);
  const fields = fieldsOf(columns.names, columns.types);
  checkNames(columns.names, options);
  const [before, after] = safeCasts(columns, fields, options.partitionBy ?? []);
  const head = `COPY (${before}\n`;
  const tail = `\n${after}) TO ${quoteText(options.folder)} (${copyOptions(options, fields)})`;
  // A query from a file may end in a semicolon, which COPY does not want.
  const result = await runCopy(connection, { head, query: query.replace(/;\s*$/, ""), tail });
  const names = result.columnNames();
  const readers = result.columnTypes().map(cellReader);
  const files: WrittenFile[] = [];
  for await (const chunk of result) {
    for (const values of chunk.getRows()) {
      const row = Object.fromEntries(
        names.map((name, index) => [name, readers[index]?.(values[index] ?? null) ?? null]),
      );
      files.push(writtenFile(row, fields, options));
    }
  }
  const whole = files.filter((file) => file.rows > 0n);
  return withBounds(connection, whole, fields);
}

function checkNames(names: readonly string[], { partitionBy = [] }: WriteOptions): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) {
      throw new MillraceError(`The query gives two columns with the name ${quoteName(name)}.`, {
        code: "engine/sql",
        hint: "Give one of them another name with AS; names differ by more than upper and lower case.",
      });
    }
    seen.add(name.toLowerCase());
  }
  for (const name of partitionBy) {
    if (!names.includes(name)) {
      throw new MillraceError(
        `The query gives no column ${quoteName(name)}, by which the files are to be partitioned.`,
        { code: "engine/sql", hint: `It gives ${names.map(quoteName).join(", ")}.` },
      );
    }
  }
}

/** A failure points into the query, whatever stands before it in the statement that runs. */
async function runCopy(
  connection: DuckDBConnection,
  { head, query, tail }: { head: string; query: string; tail: string },
): Promise<DuckDBResult> {
  try {
    return await connection.run(head + query + tail);
  } catch (error) {
    throw engineError(error, { text: query, start: Buffer.byteLength(head) });
  }
}

/** What stands before and after the query, so that its types are those that the table says. */
function safeCasts(
  columns: Columns,
  fields: readonly Field[],
  partitionBy: readonly string[],
): readonly [string, string] {
  const isBytes = ({ name, type }: Field) => type === "binary" && partitionBy.includes(name);
  if (columns.types.every(isSafeInParquet) && !fields.some(isBytes)) return ["", ""];
  const casts = fields.flatMap((field, index) => {
    const { name, type } = field;
    const found = columns.types[index];
    const column = quoteName(name);
    if (found === undefined || type === "void") return [];
    // As partition value it comes back as text, which bytes need not be.
    if (isBytes(field)) return [`hex(${column}) AS ${column}`];
    return isSafeInParquet(found)
      ? [column]
      : [`CAST(${column} AS ${duckdbType(type)}) AS ${column}`];
  });
  return [`SELECT ${casts.join(", ")} FROM (`, ")"];
}

function copyOptions(
  { prefix = "", partitionBy = [], fieldIds }: WriteOptions,
  fields: readonly Field[],
): string {
  return [
    "FORMAT parquet",
    // As fast to write and read as snappy, and the files are two fifths smaller.
    "COMPRESSION zstd",
    "COMPRESSION_LEVEL 1",
    "RETURN_STATS",
    // The folder may hold other files; no name is used twice.
    "APPEND",
    `FILENAME_PATTERN ${quoteText(`${prefix}{uuid}`)}`,
    ...(partitionBy.length === 0
      ? [`FILE_SIZE_BYTES '${FILE_SIZE}'`, "WRITE_EMPTY_FILE false"]
      : [
          `PARTITION_BY (${partitionBy.map(quoteName).join(", ")})`,
          // Values are taken from the statistics, so no folder has to carry them in its name.
          "HIVE_FILE_PATTERN false",
        ]),
    ...(fieldIds === undefined ? [] : [`FIELD_IDS ${fieldIdText(fieldIds)}`]),
    // The two zeros have different hashes in a Bloom filter, so that every reader that uses it
    // would miss -0.0 when asked for 0. The option is for all columns of a file.
    ...(fields.some(({ type }) => holdsFloat(type)) ? ["WRITE_BLOOM_FILTER false"] : []),
  ].join(", ");
}

function holdsFloat(type: DataType): boolean {
  if (typeof type === "string") return type === "float" || type === "double";
  switch (type.kind) {
    case "decimal":
      return false;
    case "array":
      return holdsFloat(type.element);
    case "map":
      return holdsFloat(type.key) || holdsFloat(type.value);
    case "struct":
      return type.fields.some((field) => holdsFloat(field.type));
  }
}

/** DuckDB's own form: `{a: 1, s: {__duckdb_field_id: 2, b: 3}}`. */
function fieldIdText(ids: unknown): string {
  if (typeof ids !== "object" || ids === null) return String(Number(ids));
  const entries = Object.entries(ids).map(([name, id]) => `${quoteName(name)}: ${fieldIdText(id)}`);
  return `{${entries.join(", ")}}`;
}

function writtenFile(row: Row, fields: readonly Field[], options: WriteOptions): WrittenFile {
  const path = String(row.filename);
  const partitionBy = options.partitionBy ?? [];
  const values = textMap(row.partition_keys);
  return {
    path: isAbsolute(path) ? path : resolve(path),
    sizeBytes: Number(row.file_size_bytes),
    rows: BigInt(String(row.count)),
    partitionValues: Object.fromEntries(
      partitionBy.map((name) => {
        const type = fields.find((field) => field.name === name)?.type ?? "string";
        return [name, partitionText(values.get(name) ?? null, type)];
      }),
    ),
    columns: columnStatistics(
      fields.filter((field) => !partitionBy.includes(field.name)),
      new Map(
        entriesOf(row.column_statistics).map(([name, statistics]) => [name, textMap(statistics)]),
      ),
    ),
  };
}

/** The entries of a map cell, which is an array of `{ key, value }`. */
function entriesOf(cell: unknown): [string, unknown][] {
  if (!Array.isArray(cell)) return [];
  return cell.map((entry: { key: unknown; value: unknown }) => [String(entry.key), entry.value]);
}

function textMap(cell: unknown): Map<string, string | null> {
  return new Map(
    entriesOf(cell).map(([key, value]) => [key, value === null ? null : String(value)]),
  );
}
