/** SQL that gives a query's columns the names that a table's files use, at every level of nesting. */

import type { DataType } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { type MappingMode, physicalName } from "./column-mapping.ts";
import type { Snapshot } from "./snapshot.ts";
import { layoutOf, type TableSpec } from "./table-spec.ts";

/** A column of the table as its files hold it. */
export interface PhysicalValue {
  readonly name: string;
  readonly physicalName: string;
  /** SQL of the value under the names of the files, from SQL of the value under the table's. */
  value(expression: string): string;
}

/** The columns in the table's order. `base` is the table that a spec changes. */
export function physicalValues(table: TableSpec | Snapshot, base?: Snapshot): PhysicalValue[] {
  const { fields, mode } = layoutOf(table, base);
  return fields.map((field) => ({
    name: field.name,
    physicalName: physicalName(field, mode),
    value: (expression) => renamed(expression, field.type, { mode, depth: 0 }),
  }));
}

/**
 * `query` wrapped so that its columns, which bear the table's names, come out under those of the
 * files, in the table's order; without column mapping only the order changes. `base` is the table
 * that a spec changes. DuckDB's SQL.
 */
export function physicalSelect(
  query: string,
  table: TableSpec | Snapshot,
  base?: Snapshot,
): string {
  const columns = physicalValues(table, base).map(
    ({ name, physicalName: inFile, value }) => `${value(quoteName(name))} AS ${quoteName(inFile)}`,
  );
  return `SELECT ${columns.join(", ")} FROM (${query})`;
}

interface Place {
  readonly mode: MappingMode;
  /** Tells the parameters of nested lambdas apart. */
  readonly depth: number;
}

function renamed(expression: string, type: DataType, place: Place): string {
  if (typeof type === "string" || !isRenamed(type, place.mode)) return expression;
  const item = `item_${place.depth}`;
  const inside = { ...place, depth: place.depth + 1 };
  switch (type.kind) {
    case "decimal":
      return expression;
    case "array":
      return `list_transform(${expression}, lambda ${item}: ${renamed(item, type.element, inside)})`;
    case "map": {
      const key = renamed(`${item}.key`, type.key, inside);
      const value = renamed(`${item}.value`, type.value, inside);
      const entries = `list_transform(map_entries(${expression}), lambda ${item}: {'key': ${key}, 'value': ${value}})`;
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE map_from_entries(${entries}) END`;
    }
    case "struct": {
      const members = type.fields.map((field) => {
        const member = `struct_extract(${expression}, ${quoteText(field.name)})`;
        return `${quoteName(physicalName(field, place.mode))} := ${renamed(member, field.type, inside)}`;
      });
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE struct_pack(${members.join(", ")}) END`;
    }
  }
}

function isRenamed(type: DataType, mode: MappingMode): boolean {
  if (mode === "none" || typeof type === "string") return false;
  switch (type.kind) {
    case "decimal":
      return false;
    case "array":
      return isRenamed(type.element, mode);
    case "map":
      return isRenamed(type.key, mode) || isRenamed(type.value, mode);
    case "struct":
      return type.fields.some(
        (field) => physicalName(field, mode) !== field.name || isRenamed(field.type, mode),
      );
  }
}
