/**
 * Numbers of JSON with all their digits. The engine's parser makes a double of every number with a point or an
 * exponent, so that 1.10 would come out as 1.1 and 1234567890123456.78 as 1234567890123456.8. Where that can matter
 * the record is read once more with its numbers between quotes; how the value came out tells where it can.
 */

import type { ColumnType } from "../schema/column.ts";
import { quoteText } from "../sql/quote.ts";

/** What may stand before a number outside of texts, and the number; the end of the text counts as an empty one. */
const NUMBERS = '((?:[^"0-9-]|"(?:[^"\\\\]|\\\\.)*")*)(-?[0-9][0-9.eE+-]*|$)';

/** The value at the path as the record writes it, where `value`, which the parser gave, may have lost digits. */
export function exactValue(
  type: ColumnType,
  { value, json, path }: { readonly value: string; readonly json: string; readonly path: string },
): string {
  const suspicion = suspicionOf(type, value);
  if (suspicion === undefined) return value;
  const place = quoteText(path);
  const isNested = type.kind === "list" || type.kind === "struct";
  const isText = isNested ? "" : ` and json_type(${json}, ${place}) <> 'VARCHAR'`;
  const quoted = `regexp_replace(regexp_replace(${json}, ${quoteText(NUMBERS)}, '\\1"\\2"', 'g'), '""$', '')`;
  const exact = isNested
    ? `json_extract(${quoted}, ${place})::varchar`
    : `json_extract_string(${quoted}, ${place})`;
  return `case when ${suspicion}${isText} then ${exact} else ${value} end`;
}

/** Undefined where a double is what is asked for, or where the parser keeps the digits. */
function suspicionOf(type: ColumnType, value: string): string | undefined {
  switch (type.kind) {
    case "decimal":
      return `(strlen(${value}) > 15 or contains(${value}, 'e'))`;
    case "text":
      // Cheap for nearly every text: few begin like a number and have a point.
      return `(${value} >= '-' and ${value} < ':' and (contains(${value}, '.') or contains(${value}, 'e')) and regexp_full_match(${value}, '-?[0-9.]+(e[-+]?[0-9]+)?'))`;
    case "list":
    case "struct":
      return hasDigits(type) ? `regexp_matches(${value}, '[0-9][0-9.]{15}')` : undefined;
    default:
      return undefined;
  }
}

/** Whether some part of the type keeps digits, and none keeps JSON as it is. */
function hasDigits(type: ColumnType): boolean {
  const kinds = kindsIn(type);
  return !kinds.includes("json") && (kinds.includes("decimal") || kinds.includes("text"));
}

function kindsIn(type: ColumnType): ColumnType["kind"][] {
  if (type.kind === "list") return kindsIn(type.of.type);
  if (type.kind === "struct") return Object.values(type.of).flatMap((of) => kindsIn(of.type));
  return [type.kind];
}
