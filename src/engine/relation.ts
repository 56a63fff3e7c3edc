/** A table version as SQL text that stands in FROM and gives exactly the table's columns and types. */

import { statSync } from "node:fs";
import { join } from "node:path";
import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { rowRelation } from "./deleted-row.ts";
import { POSITION_COLUMNS, type RelationOptions } from "./engine.ts";
import { fieldIdOf, physicalName, physicalType, renamed } from "./mapping.ts";
import { partitionLiteral } from "./partition-value.ts";
import { quotePath } from "./path.ts";
import { duckdbType } from "./type.ts";

/** The reader's own columns would hide behind a table's column of that name. */
const READER_COLUMNS: ReadonlySet<string> = new Set(["file_index", "file_row_number", "filename"]);

/** Files are read with one declared schema, whatever their own: the engine casts, reorders and fills with null. */
export function relationOf(
  table: TableFiles,
  tempFolder: string,
  { fileNumbers }: RelationOptions = {},
): string {
  if (table.files.length === 0) {
    const columns = table.fields.map((field) => `${nullOf(field)} AS ${quoteName(field.name)}`);
    if (fileNumbers !== undefined) columns.push(...positionColumns("NULL", "NULL"));
    return `(SELECT ${columns.join(", ")} WHERE false)`;
  }
  const numbered = table.files.map((file, index) => ({ file, number: fileNumbers?.[index] }));
  // Apart, so that rows of files without deletions are not looked up.
  const scans = (["whole", "holed", "picked"] as const)
    .map((kind) => numbered.filter(({ file }) => kindOf(file) === kind))
    .filter((files) => files.length > 0)
    .map((files) => scanOf(table, files, tempFolder));
  return `(${scans.join(" UNION ALL ")})`;
}

interface NumberedFile {
  readonly file: ScanFile;
  readonly number: number | undefined;
}

function kindOf({ deletedRows, onlyRows }: ScanFile): "whole" | "holed" | "picked" {
  if (onlyRows !== undefined) return "picked";
  return (deletedRows?.length ?? 0) > 0 ? "holed" : "whole";
}

function positionColumns(file: string, row: string): string[] {
  return [
    `CAST(${file} AS INTEGER) AS ${quoteName(POSITION_COLUMNS.file)}`,
    `CAST(${row} AS BIGINT) AS ${quoteName(POSITION_COLUMNS.row)}`,
  ];
}

/** The number of the file a row is in; numbers that follow each other need no look-up. */
function fileNumber(numbers: readonly number[]): string {
  const [first = 0] = numbers;
  if (numbers.every((number, index) => number === first + index)) return `file_index + ${first}`;
  return `list_extract([${numbers.join(", ")}], CAST(file_index AS BIGINT) + 1)`;
}

function nullOf(field: Field): string {
  return `CAST(NULL AS ${duckdbType(field.type)})`;
}

/**
 * A lone file that has every column is opened by name alone, since the engine plans joins and filters with the
 * statistics of such a file and of no other. Casts to the type that a column has already cost nothing.
 */
function loneScan({ fields, files, mapping }: TableFiles): string | undefined {
  const [file, ...others] = files;
  const isPlain =
    file?.isComplete === true &&
    others.length === 0 &&
    mapping === "none" &&
    fields.every(
      ({ name, type }) =>
        (typeof type === "string" ? type !== "void" : type.kind === "decimal") &&
        !READER_COLUMNS.has(name.toLowerCase()),
    );
  if (!isPlain) return undefined;
  const partitions = new Set(Object.keys(file.partitionValues));
  const columns = fields.map((field) => {
    const name = quoteName(field.name);
    if (partitions.has(field.name)) return `${partitionValue(field, files)} AS ${name}`;
    return `CAST(${name} AS ${duckdbType(field.type)}) AS ${name}`;
  });
  return `SELECT ${columns.join(", ")} FROM read_parquet([${quotePath(file.path)}], hive_partitioning = false)`;
}

function scanOf(table: TableFiles, numbered: readonly NumberedFile[], tempFolder: string): string {
  const isWhole = numbered.every(
    ({ file, number }) => number === undefined && kindOf(file) === "whole",
  );
  const lone = isWhole ? loneScan(table) : undefined;
  if (lone !== undefined) return lone;
  const files = numbered.map(({ file }) => file);
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
  const numbers = numbered.flatMap(({ number }) => number ?? []);
  if (numbers.length > 0) columns.push(...positionColumns(fileNumber(numbers), "file_row_number"));
  const list = columns.length === 0 ? "NULL" : columns.join(", ");
  const [first] = files;
  if (first === undefined || kindOf(first) === "whole") return `SELECT ${list} FROM ${scan}`;
  const picked = kindOf(first) === "picked";
  const rows = rowRelation(
    files.map(({ onlyRows, deletedRows }) => (picked ? onlyRows : deletedRows)),
    tempFolder,
  );
  if (rows === undefined) return `SELECT ${list} FROM ${scan} WHERE false`;
  return `SELECT ${list} FROM (SELECT *, file_index, file_row_number FROM ${scan}) AS scanned ${picked ? "SEMI" : "ANTI"} JOIN ${rows} AS named ON scanned.file_index = named.in_file AND scanned.file_row_number = named.at_row`;
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
