/** A table version as SQL text that stands in FROM and gives exactly the table's columns and types. */

import { statSync } from "node:fs";
import { join } from "node:path";
import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { deletedRelation } from "./deleted-row.ts";
import { fieldIdOf, physicalName, physicalType, renamed } from "./mapping.ts";
import { partitionLiteral } from "./partition-value.ts";
import { quotePath } from "./path.ts";
import { duckdbType } from "./type.ts";

/** The reader's own columns would hide behind a table's column of that name. */
const READER_COLUMNS: ReadonlySet<string> = new Set(["file_index", "file_row_number", "filename"]);

/** Files are read with one declared schema, whatever their own: the engine casts, reorders and fills with null. */
export function relationOf(table: TableFiles, tempFolder: string): string {
  if (table.files.length === 0) {
    const columns = table.fields.map((field) => `${nullOf(field)} AS ${quoteName(field.name)}`);
    return `(SELECT ${columns.join(", ")} WHERE false)`;
  }
  const whole = table.files.filter((file) => deletions(file) === 0);
  const holed = table.files.filter((file) => deletions(file) > 0);
  // Apart, so that rows of files without deletions are not looked up.
  const scans = [whole, holed]
    .filter((files) => files.length > 0)
    .map((files) => scanOf(table, files, tempFolder));
  return `(${scans.join(" UNION ALL ")})`;
}

function deletions(file: ScanFile): number {
  return file.deletedRows?.length ?? 0;
}

function nullOf(field: Field): string {
  return `CAST(NULL AS ${duckdbType(field.type)})`;
}

function scanOf(table: TableFiles, files: readonly ScanFile[], tempFolder: string): string {
  const partitions = new Set(files.flatMap((file) => Object.keys(file.partitionValues)));
  const declared: string[] = [];
  const columns = table.fields.map((field, index) => {
    const name = quoteName(field.name);
    if (partitions.has(field.name)) return `${partitionValue(field, files)} AS ${name}`;
    const key = columnKey(field, table.mapping);
    if (field.type === "void" || key === undefined) return `${nullOf(field)} AS ${name}`;
    const read = READER_COLUMNS.has(field.name.toLowerCase()) ? `column ${index}` : field.name;
    const type = duckdbType(physicalType(field.type, table.mapping));
    declared.push(
      `${key}: {name: ${quoteText(read)}, type: ${quoteText(type)}, default_value: NULL}`,
    );
    const column = renamed(quoteName(read), field.type, table.mapping);
    return column === name ? name : `${column} AS ${name}`;
  });
  const scan = readParquet(files, { declared, tempFolder });
  const list = columns.length === 0 ? "NULL" : columns.join(", ");
  const deleted = deletedRelation(files, tempFolder);
  if (deleted === undefined) return `SELECT ${list} FROM ${scan}`;
  return `SELECT ${list} FROM (SELECT *, file_index, file_row_number FROM ${scan}) AS scanned ANTI JOIN ${deleted} AS deleted ON scanned.file_index = deleted.in_file AND scanned.file_row_number = deleted.at_row`;
}

function readParquet(
  files: readonly ScanFile[],
  { declared, tempFolder }: { declared: readonly string[]; tempFolder: string },
): string {
  const paths = files.map((file) => file.path);
  // With a declared schema a lone file is not opened before the scan, so it would get one thread.
  if (paths.length === 1) paths.push(emptyFile(tempFolder));
  const rows = files.reduce((sum, file) => sum + rowsOf(file, declared.length), 0n);
  return `read_parquet(${[
    `[${paths.map(quotePath).join(", ")}]`,
    "hive_partitioning = false",
    `explicit_cardinality = ${rows}`,
    ...(declared.length === 0 ? [] : [`schema = MAP {${declared.join(", ")}}`]),
  ].join(", ")})`;
}

/** A Parquet file without rows that each engine keeps in its temporary folder. */
export function emptyFile(tempFolder: string): string {
  return join(tempFolder, "empty.parquet");
}

/** Only guides the order of joins, so a guess by size will do where the log does not say. */
function rowsOf(file: ScanFile, columns: number): bigint {
  if (file.rows !== undefined) return file.rows;
  const size = statSync(file.path, { throwIfNoEntry: false })?.size ?? 0;
  return BigInt(Math.ceil(size / (4 * Math.max(columns, 1))));
}

/** How the engine's declared schema finds the column in a file; undefined where the log gives no way to. */
function columnKey(field: Field, mapping: TableFiles["mapping"]): string | undefined {
  if (mapping !== "id") return quoteText(physicalName(field, mapping));
  const id = fieldIdOf(field);
  return id === undefined ? undefined : String(id);
}

/** One constant, or a list of one value per file, looked up by the file's place in the scan. */
function partitionValue(field: Field, files: readonly ScanFile[]): string {
  const literals = files.map((file) =>
    partitionLiteral(file.partitionValues[field.name] ?? null, field.type),
  );
  const type = duckdbType(field.type);
  const [first = "NULL"] = literals;
  if (literals.every((literal) => literal === first)) return `CAST(${first} AS ${type})`;
  return `list_extract(CAST([${literals.join(", ")}] AS ${type}[]), CAST(file_index AS BIGINT) + 1)`;
}
