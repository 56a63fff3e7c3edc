/** Statistics and partition values in their own types, as checkpoints hold them beside the texts. */

import type { DataType, Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import type { AddFile } from "./action.ts";
import { hasBounds } from "./bound.ts";
import { physicalName } from "./column-mapping.ts";
import type { Snapshot } from "./snapshot.ts";
import { readStatistics } from "./statistics-text.ts";
import { type Layout, layoutOf } from "./table-spec.ts";

/** Two DuckDB types of one struct: as JSON holds it, every value a text, and as the checkpoint does. */
interface ParsedType {
  readonly text: string;
  readonly typed: string;
}

/** What a checkpoint of the table holds in typed form; undefined where it holds nothing so. */
export interface ParsedColumns {
  readonly statistics: ParsedType;
  /** Undefined where the table is not partitioned. */
  readonly partitionValues: ParsedType | undefined;
}

/** Undefined unless the table asks for it (`delta.checkpoint.writeStatsAsStruct`). */
export function parsedColumns(snapshot: Snapshot): ParsedColumns | undefined {
  const layout = layoutOf(snapshot);
  if (layout.configuration["delta.checkpoint.writeStatsAsStruct"] !== "true") return undefined;
  const isPartition = ({ name }: Field) => layout.partitionColumns.includes(name);
  const partitions = layout.fields.filter(isPartition);
  return {
    statistics: statisticsType(
      layout.fields.filter((field) => !isPartition(field)),
      layout.mode,
    ),
    partitionValues: treeType(partitions, layout.mode, ({ type }) => duckdbType(type)),
  };
}

/** The members of `add` beside its texts, as JSON with every value a text. */
export function parsedValues(file: AddFile, snapshot: Snapshot): Record<string, unknown> {
  const { rows, min, max, nullCount } = readStatistics(file);
  const partitions = partitionTexts(file, layoutOf(snapshot));
  return {
    ...(rows === undefined
      ? {}
      : { stats_parsed: { numRecords: String(rows), minValues: min, maxValues: max, nullCount } }),
    ...(partitions.length === 0 ? {} : { partitionValues_parsed: Object.fromEntries(partitions) }),
  };
}

function statisticsType(fields: readonly Field[], mode: Layout["mode"]): ParsedType {
  const bounds = treeType(fields, mode, ({ type }) =>
    hasBounds(type) ? duckdbType(type) : undefined,
  );
  const counts = treeType(fields, mode, ({ type }) => (type === "void" ? undefined : "BIGINT"));
  const of = (form: keyof ParsedType) =>
    `STRUCT(${[
      `"numRecords" ${form === "text" ? "VARCHAR" : "BIGINT"}`,
      ...(bounds === undefined
        ? []
        : [`"minValues" ${bounds[form]}`, `"maxValues" ${bounds[form]}`]),
      ...(counts === undefined ? [] : [`"nullCount" ${counts[form]}`]),
    ].join(", ")})`;
  return { text: of("text"), typed: of("typed") };
}

/** A struct of the fields as they are nested, by physical names, with those that `leafType` gives a type. */
function treeType(
  fields: readonly Field[],
  mode: Layout["mode"],
  leafType: (field: Field) => string | undefined,
): ParsedType | undefined {
  const members = fields.flatMap((field) => {
    const type = memberType(field, mode, leafType);
    return type === undefined ? [] : [{ name: quoteName(physicalName(field, mode)), type }];
  });
  if (members.length === 0) return undefined;
  const of = (form: keyof ParsedType) =>
    `STRUCT(${members.map(({ name, type }) => `${name} ${type[form]}`).join(", ")})`;
  return { text: of("text"), typed: of("typed") };
}

function memberType(
  field: Field,
  mode: Layout["mode"],
  leafType: (field: Field) => string | undefined,
): ParsedType | undefined {
  const { type } = field;
  if (typeof type !== "string" && type.kind === "struct") {
    return treeType(type.fields, mode, leafType);
  }
  const typed = leafType(field);
  return typed === undefined ? undefined : { text: "VARCHAR", typed };
}

const DUCKDB_TYPES: Readonly<Record<string, string>> = {
  byte: "TINYINT",
  short: "SMALLINT",
  integer: "INTEGER",
  long: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  boolean: "BOOLEAN",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMPTZ",
  timestamp_ntz: "TIMESTAMP",
};

function duckdbType(type: DataType): string {
  if (typeof type === "string") return DUCKDB_TYPES[type] ?? "VARCHAR";
  return type.kind === "decimal" ? `DECIMAL(${type.precision}, ${type.scale})` : "VARCHAR";
}

function partitionTexts(
  file: AddFile,
  { fields, partitionColumns, mode }: Layout,
): (readonly [string, string | null])[] {
  return fields
    .filter(({ name }) => partitionColumns.includes(name))
    .map((field) => {
      const name = physicalName(field, mode);
      const text = file.partitionValues[name] || null;
      return [name, text !== null && field.type === "binary" ? escapedBytes(text) : text];
    });
}

/** Bytes as DuckDB casts them from text. The log holds them as UTF-8 text, or each as `\u00ab`. */
function escapedBytes(text: string): string {
  const codes = /^(?:\\u00[0-9a-fA-F]{2})+$/.test(text)
    ? text.match(/[0-9a-fA-F]{2}(?=\\|$)/g)
    : null;
  const hex = codes?.join("") ?? Buffer.from(text).toString("hex");
  return hex.replace(/../g, (digits) => `\\x${digits.toUpperCase()}`);
}
