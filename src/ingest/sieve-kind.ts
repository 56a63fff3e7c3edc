/** Which values the engine's reader may type by itself, once the sieve has seen that their texts are canonical. */

import { duckdbType } from "../engine/type.ts";
import type { ColumnDefinition } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import type { SieveKind } from "../source/sieve/column.ts";

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

/** In SQL: what the reader makes of the column's texts, once they passed. */
export function typeOf(
  definition: ColumnDefinition | undefined,
  kind: SieveKind | undefined,
): string {
  if (definition === undefined || kind === undefined || kind.kind === "text") return "VARCHAR";
  return duckdbType(dataType(definition.type));
}
