/**
 * Numbers of JSON with all their digits. The engine's parser makes a double of every number with a point or an
 * exponent, so that 1.10 would come out as 1.1 and 1234567890123456.78 as 1234567890123456.8. Where that can matter
 * the number is cut out of the record behind its key, or, where the key is not certain, the record is read once more
 * with its numbers between quotes; how the value came out tells where it can matter.
 */

import type { ColumnType } from "../schema/column.ts";
import { quoteText } from "../sql/quote.ts";

/** What may stand before a number outside of texts, and the number; the end of the text counts as an empty one. */
const NUMBERS = '((?:[^"0-9-]|"(?:[^"\\\\]|\\\\.)*")*)(-?[0-9][0-9.eE+-]*|$)';

/** A number behind its key. */
const NUMBER = "^\\s*:\\s*(-?[0-9][0-9.eE+-]*)";

export interface JsonPlace {
  /** SQL of what the parser gave. */
  readonly value: string;
  /** SQL of the record. */
  readonly json: string;
  readonly path: string;
  /** The name of the value, where it is a field of the record itself. */
  readonly key?: string | undefined;
}

/** The value at the path as the record writes it, where `value`, which the parser gave, may have lost digits. */
export function exactValue(type: ColumnType, { value, json, path, key }: JsonPlace): string {
  const suspicion = suspicionOf(type, value);
  if (suspicion === undefined) return value;
  const place = quoteText(path);
  const isNested = type.kind === "list" || type.kind === "struct";
  const isText = isNested ? "" : ` and json_type(${json}, ${place}) <> 'VARCHAR'`;
  const quoted = `regexp_replace(regexp_replace(${json}, ${quoteText(NUMBERS)}, '\\1"\\2"', 'g'), '""$', '')`;
  const exact = isNested
    ? `json_extract(${quoted}, ${place})::varchar`
    : `json_extract_string(${quoted}, ${place})`;
  const certain = key === undefined || isNested ? "" : cutOut(key, { value, json, suspicion });
  return `case ${certain} when ${suspicion}${isText} then ${exact} else ${value} end`;
}

/** A key that stands only once in the record, and that no escape can spell, is the one that was asked for. */
function cutOut(
  key: string,
  { value, json, suspicion }: Pick<JsonPlace, "value" | "json"> & { readonly suspicion: string },
): string {
  if (!/^[\w ]+$/.test(key)) return "";
  const quoted = quoteText(`"${key}"`);
  const isOnce = `not contains(${json}, '\\u') and len(string_split(${json}, ${quoted})) = 2`;
  const number = `regexp_extract(split_part(${json}, ${quoted}, 2), ${quoteText(NUMBER)}, 1)`;
  return `when ${suspicion} and ${isOnce} then coalesce(nullif(${number}, ''), ${value})`;
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
