/** The SQL words for the types of a table, as DuckDB writes them. */

import type { DataType, PrimitiveType } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";

const PRIMITIVE: Readonly<Record<PrimitiveType, string>> = {
  string: "VARCHAR",
  long: "BIGINT",
  integer: "INTEGER",
  short: "SMALLINT",
  byte: "TINYINT",
  float: "FLOAT",
  double: "DOUBLE",
  boolean: "BOOLEAN",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMPTZ",
  timestamp_ntz: "TIMESTAMP",
  // DuckDB gives INTEGER for a column that is only ever NULL.
  void: "INTEGER",
};

/** `STRUCT("a" BIGINT)` and the like: stands after `::` and in `CREATE TABLE`. */
export function duckdbType(type: DataType): string {
  if (typeof type === "string") return PRIMITIVE[type];
  switch (type.kind) {
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "array":
      return `${duckdbType(type.element)}[]`;
    case "map":
      return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`;
    case "struct":
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckdbType(field.type)}`).join(", ")})`;
  }
}
