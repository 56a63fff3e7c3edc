/** Column statistics as DuckDB returns them after writing a file, by leaf column and with types. */

import type { ColumnStatistics } from "../schema/table-files.ts";
import type { DataType, Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";

type LeafStatistics = ReadonlyMap<string, string | null>;

interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
}

/** Every leaf column of the file, also where the engine kept no statistics of it. Keys are quoted paths: `"s"."b"."element"`. */
export function columnStatistics(
  fields: readonly Field[],
  byKey: ReadonlyMap<string, LeafStatistics>,
): ColumnStatistics[] {
  return fields
    .flatMap((field) => leavesOf([field.name], field.type))
    .map((leaf) => statisticsOf(leaf, byKey.get(leaf.path.map(quoteName).join("."))));
}

function leavesOf(path: readonly string[], type: DataType): Leaf[] {
  if (type === "void") return [];
  if (typeof type === "string") return [{ path, type }];
  switch (type.kind) {
    case "decimal":
      return [{ path, type }];
    case "array":
      return leavesOf([...path, "element"], type.element);
    case "map":
      return [...leavesOf([...path, "key"], type.key), ...leavesOf([...path, "value"], type.value)];
    case "struct":
      return type.fields.flatMap((field) => leavesOf([...path, field.name], field.type));
  }
}

function statisticsOf({ path, type }: Leaf, found: LeafStatistics | undefined): ColumnStatistics {
  const nullCount = found?.get("null_count");
  return {
    path,
    type,
    nullCount: nullCount === undefined || nullCount === null ? undefined : BigInt(nullCount),
    min: boundText(found?.get("min"), type),
    max: boundText(found?.get("max"), type),
    hasNan: found?.get("has_nan") === "true",
  };
}

function boundText(text: string | null | undefined, type: DataType): string | undefined {
  // Binary bounds come as hexadecimal digits that nobody compares with.
  if (text === undefined || text === null || type === "binary") return undefined;
  if (type === "boolean") return text === "1" || text === "true" ? "true" : "false";
  return text;
}
