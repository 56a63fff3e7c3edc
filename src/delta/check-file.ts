/** What an engine's file must be before a table takes it: of the table's types, with values where they are required. */

import { MillraceError } from "../base/error.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { DataType, Field } from "../schema/type.ts";
import { physicalName } from "./column-mapping.ts";
import type { Layout } from "./table-spec.ts";
import { nameOf } from "./type-name.ts";

/** Throws `delta/type-mismatch` or `delta/null-in-required-column`. */
export function checkFile(folder: string, file: WrittenFile, layout: Layout): void {
  for (const field of layout.fields) {
    if (!field.nullable) checkRequired(folder, file, { field, layout });
  }
  const types = new Map(
    leafTypes({ kind: "struct", fields: layout.fields }, layout.mode).map(({ path, type }) => [
      path.join("\0"),
      type,
    ]),
  );
  for (const { path, type } of file.columns) {
    const wanted = types.get(path.join("\0"));
    if (wanted === "void" || (wanted !== undefined && nameOf(wanted) === nameOf(type))) continue;
    const there = wanted === undefined ? "no such column" : nameOf(wanted);
    throw new MillraceError(
      `A file for table ${folder} holds ${nameOf(type)} in "${path.join(".")}", where the table has ${there}.`,
      { code: "delta/type-mismatch", hint: "Cast the column to the table's type before writing." },
    );
  }
}

/** An empty text means null in the log. An engine knows only the names it wrote, which mapping may have changed. */
export function partitionValue(
  { partitionValues }: WrittenFile,
  field: Field,
  { mode }: Layout,
): string | null {
  const value = partitionValues[physicalName(field, mode)] ?? partitionValues[field.name];
  return value === undefined || value === "" ? null : value;
}

function checkRequired(
  folder: string,
  file: WrittenFile,
  { field, layout }: { field: Field; layout: Layout },
): void {
  const nulls = nullsIn(file, field, layout);
  if (nulls === undefined || nulls === 0n) return;
  throw new MillraceError(
    `Column "${field.name}" of table ${folder} may not be null, and ${nulls} of ${file.rows} new rows have no value.`,
    {
      code: "delta/null-in-required-column",
      hint: "Filter those rows, give the column a default, or make it nullable.",
    },
  );
}

/** How many rows have no value; undefined where the file does not tell. */
function nullsIn(file: WrittenFile, field: Field, layout: Layout): bigint | undefined {
  if (layout.partitionColumns.includes(field.name)) {
    return partitionValue(file, field, layout) === null ? file.rows : 0n;
  }
  const name = physicalName(field, layout.mode);
  return file.columns.find(({ path }) => path.length === 1 && path[0] === name)?.nullCount;
}

interface LeafType {
  /** As Parquet names it, physical names within. */
  readonly path: readonly string[];
  readonly type: DataType;
}

function leafTypes(type: DataType, mode: Layout["mode"]): LeafType[] {
  if (typeof type === "string" || type.kind === "decimal") return [{ path: [], type }];
  const below = (name: string, inner: DataType) =>
    leafTypes(inner, mode).map((leaf) => ({ ...leaf, path: [name, ...leaf.path] }));
  switch (type.kind) {
    case "array":
      return below("element", type.element);
    case "map":
      return [...below("key", type.key), ...below("value", type.value)];
    case "struct":
      return type.fields.flatMap((field) => below(physicalName(field, mode), field.type));
  }
}
