/** Which values the sieve types, once it has seen that their texts are canonical. */

import { duckdbType } from "../engine/type.ts";
import type { ColumnDefinition } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import { type ChunkField, TEXT_BYTES } from "../schema/row-chunk.ts";
import type { DataType } from "../schema/type.ts";
import { type SieveColumn, type SieveKind, widthOf } from "../source/sieve/column.ts";

const TYPES: Readonly<Record<Exclude<SieveKind["kind"], "text" | "decimal">, DataType>> = {
  integer: "integer",
  bigint: "long",
  float: "double",
  boolean: "boolean",
  date: "date",
  timestamp: "timestamp_ntz",
};

/** `text` where the contract converts it: what is cleaned, has formats of its own, or is of a rarer type. */
export function sieveKind({ type, clean }: ColumnDefinition): SieveKind {
  const text: SieveKind = { kind: "text" };
  if (clean.length > 0) return text;
  switch (type.kind) {
    case "integer":
    case "bigint":
    case "float":
    case "boolean":
      return { kind: type.kind };
    case "decimal": {
      const { precision, scale } = type;
      // Without digits before the point not even a zero has room there.
      return precision === scale ? text : { kind: "decimal", precision, scale };
    }
    case "date":
      return type.formats.length > 0 ? text : { kind: "date" };
    case "local timestamp":
      return type.formats.length > 0 ? text : { kind: "timestamp" };
    default:
      return text;
  }
}

/** In SQL: what the column's texts become, once they passed. */
export function typeOf(
  definition: ColumnDefinition | undefined,
  demand: Pick<SieveColumn, "is"> | undefined,
): string {
  if (definition === undefined || demand === undefined || demand.is.kind === "text")
    return "VARCHAR";
  return duckdbType(dataType(definition.type));
}

/** What the sieve lays out of a column. */
export function chunkField(column: SieveColumn, index: number): ChunkField {
  const { is } = column;
  const isText = is.kind === "text" || widthOf(column) === TEXT_BYTES;
  return {
    name: `~c${index}`,
    type: isText ? "string" : is.kind === "decimal" ? is : TYPES[is.kind],
  };
}

/** SQL of a column of the contract over `chunkField`; what was left a text is converted, which changes nothing else. */
export function takenAs(
  index: number,
  definition: ColumnDefinition | undefined,
  demand: Pick<SieveColumn, "is"> | undefined,
): string {
  return `"~c${index}"::${typeOf(definition, demand)}`;
}
