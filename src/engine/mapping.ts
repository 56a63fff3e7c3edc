/** Column mapping: how a table's names find those of its files, at every level of nesting. */

import type { TableFiles } from "../schema/table-files.ts";
import type { DataType, Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";

type Mapping = TableFiles["mapping"];

/** The column's name in the files: its own, unless the table maps columns. */
export function physicalName(field: Field, mapping: Mapping): string {
  const name = field.metadata?.["delta.columnMapping.physicalName"];
  return mapping !== "none" && typeof name === "string" ? name : field.name;
}

export function fieldIdOf(field: Field): number | undefined {
  const id = field.metadata?.["delta.columnMapping.id"];
  return typeof id === "number" || typeof id === "bigint" ? Number(id) : undefined;
}

/** The type with the names that the files use for the fields of its structs. */
export function physicalType(type: DataType, mapping: Mapping): DataType {
  if (mapping === "none" || typeof type === "string") return type;
  switch (type.kind) {
    case "decimal":
      return type;
    case "array":
      return { ...type, element: physicalType(type.element, mapping) };
    case "map":
      return {
        ...type,
        key: physicalType(type.key, mapping),
        value: physicalType(type.value, mapping),
      };
    case "struct":
      return {
        ...type,
        fields: type.fields.map((field) => ({
          ...field,
          name: physicalName(field, mapping),
          type: physicalType(field.type, mapping),
        })),
      };
  }
}

/** SQL that gives a value of the physical type the table's own names; the expression itself where they agree. */
export function renamed(expression: string, type: DataType, mapping: Mapping, depth = 0): string {
  if (!isRenamed(type, mapping) || typeof type === "string") return expression;
  const item = `mapped_${depth}`;
  switch (type.kind) {
    case "decimal":
      return expression;
    case "array":
      return `list_transform(${expression}, lambda ${item}: ${renamed(item, type.element, mapping, depth + 1)})`;
    case "map": {
      const key = renamed(`${item}.key`, type.key, mapping, depth + 1);
      const value = renamed(`${item}.value`, type.value, mapping, depth + 1);
      const entries = `list_transform(map_entries(${expression}), lambda ${item}: {'key': ${key}, 'value': ${value}})`;
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE map_from_entries(${entries}) END`;
    }
    case "struct": {
      const fields = type.fields.map((field) => {
        const inner = `struct_extract(${expression}, ${quoteText(physicalName(field, mapping))})`;
        return `${quoteName(field.name)} := ${renamed(inner, field.type, mapping, depth + 1)}`;
      });
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE struct_pack(${fields.join(", ")}) END`;
    }
  }
}

function isRenamed(type: DataType, mapping: Mapping): boolean {
  if (mapping === "none" || typeof type === "string") return false;
  switch (type.kind) {
    case "decimal":
      return false;
    case "array":
      return isRenamed(type.element, mapping);
    case "map":
      return isRenamed(type.key, mapping) || isRenamed(type.value, mapping);
    case "struct":
      return type.fields.some(
        (field) => physicalName(field, mapping) !== field.name || isRenamed(field.type, mapping),
      );
  }
}
