/** The type that a declared column has in a table. */

import type { ColumnDefinition, ColumnType } from "./column.ts";
import type { DataType, Field } from "./type.ts";

/** The type that a column of a contract has in the table. */
export function dataType(type: ColumnType): DataType {
  switch (type.kind) {
    case "text":
    case "uuid":
    case "json":
      return "string";
    case "integer":
      return "integer";
    case "bigint":
      return "long";
    case "float":
      return "double";
    case "boolean":
    case "binary":
    case "date":
      return type.kind;
    case "decimal":
      return { kind: "decimal", precision: type.precision, scale: type.scale };
    case "timestamp":
    case "arrival":
      return "timestamp";
    case "local timestamp":
      return "timestamp_ntz";
    case "position":
      return type.part === "line" ? "long" : "string";
    case "list":
      return { kind: "array", element: dataType(type.of.type), containsNull: type.of.optional };
    case "struct":
      return {
        kind: "struct",
        fields: Object.entries(type.of).map(([name, one]) => fieldOf(name, one)),
      };
  }
}

/** The column as a field of the table. Fields stay nullable in Delta, so that a contract may be eased later. */
export function fieldOf(name: string, { type, about }: ColumnDefinition): Field {
  return {
    name,
    type: dataType(type),
    nullable: true,
    ...(about === undefined ? {} : { metadata: { comment: about } }),
  };
}
