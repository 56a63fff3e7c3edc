/** A table version as SQL text that stands in FROM and gives exactly the table's columns and types. */

import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { deletedRelation } from "./deleted-row.ts";
import { fieldIdOf, physicalName, physicalType, renamed } from "./mapping.ts";
import { partitionLiteral } from "./partition-value.ts";
import { duckdbType } from "./type.ts";

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
    // The reader's own columns (file_index, filename) hide behind a table's column of that name.
    const read = `c${index}`;
    const type = duckdbType(physicalType(field.type, table.mapping));
    declared.push(`${key}: {name: '${read}', type: ${quoteText(type)}, default_value: NULL}`);
    return `${renamed(read, field.type, table.mapping)} AS ${name}`;
  });
  const paths = files.map((file) => quoteText(literalGlob(file.path))).join(", ");
  const schema = declared.length === 0 ? "" : `, schema = MAP {${declared.join(", ")}}`;
  const scan = `read_parquet([${paths}], hive_partitioning = false${schema})`;
  const list = columns.length === 0 ? "NULL" : columns.join(", ");
  const deleted = deletedRelation(files, tempFolder);
  if (deleted === undefined) return `SELECT ${list} FROM ${scan}`;
  return `SELECT ${list} FROM (SELECT *, file_index, file_row_number FROM ${scan}) ANTI JOIN ${deleted} AS deleted ON file_index = deleted.in_file AND file_row_number = deleted.at_row`;
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

/** The path as a pattern that matches itself alone. */
function literalGlob(path: string): string {
  return path.replace(/[[*?]/g, "[$&]");
}
