/**
 * From a raw text to a typed value, strictly, as SQL. DuckDB's own casts are lenient (`12.7` is 13, `0x10` is 16,
 * blanks are cut), so that each type has an exact shape in front of its cast. A value that is not of its type
 * converts to null: the contract tells it from a missing one by the raw text.
 */

import { duckdbType } from "../engine/type.ts";
import type { ColumnDefinition, ColumnType } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import { literal } from "../sql/literal.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { formatShape, hasZone } from "./time-format.ts";

const DAY = "\\d{4}-\\d{2}-\\d{2}";
const MINUTES = "[T ](?:[01]\\d|2[0-3]):[0-5]\\d";
const SECONDS = ":[0-5]\\d(?:\\.\\d{1,6})?";
const TIME = `${MINUTES}(?:${SECONDS})?`;
const ZONE = "(?:Z|z|[+-](?:0\\d|1[0-8])(?::?[0-5]\\d)?)";
const UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/** The regular expression (RE2) of the texts that a cast alone would take too much for; undefined where it is no such type. */
export function shapeOf(type: ColumnType): string | undefined {
  switch (type.kind) {
    case "integer":
    case "bigint":
      return "-?[0-9]+";
    case "decimal":
      return type.scale === 0 ? "-?[0-9]+" : `-?[0-9]+(\\.[0-9]{1,${type.scale}})?`;
    case "float":
      return "-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?";
    case "uuid":
      return UUID;
    case "binary":
      return "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
    case "date":
      return DAY;
    case "local timestamp":
      return DAY + TIME;
    default:
      return undefined;
  }
}

/** The SQL of the typed value of the raw text `x`. */
export function convert(type: ColumnType, x: string): string {
  const shaped = (value: string): string =>
    `case when regexp_full_match(${x}, ${quoteText(shapeOf(type) ?? "")}) then ${value} end`;
  const cast = `try_cast(${x} as ${duckdbType(dataType(type))})`;
  switch (type.kind) {
    case "text":
      return x;
    case "integer":
    case "bigint":
    case "decimal":
      return shaped(cast);
    case "float":
      return shaped(`nullif(nullif(${cast}, 'infinity'), '-infinity')`);
    case "boolean":
      return `case ${x} when 'true' then true when 'false' then false when 'True' then true when 'False' then false when 'TRUE' then true when 'FALSE' then false end`;
    case "uuid":
      return shaped(`lower(${x})`);
    case "json":
      return `case when json_valid(${x}) and ${isStrictJson(x)} then ${x} end`;
    case "binary":
      return shaped(`try(from_base64(${x}))`);
    case "date":
      if (type.formats.length === 0) return shaped(cast);
      return firstFormat(
        type.formats,
        x,
        (format) => `try_strptime(${x}, ${quoteText(format)})::date`,
      );
    case "timestamp":
      return instant(type, x);
    case "local timestamp":
      if (type.formats.length === 0) return shaped(cast);
      return firstFormat(type.formats, x, (format) => `try_strptime(${x}, ${quoteText(format)})`);
    case "list":
    case "struct":
      return nested(type, x, 0);
    case "position":
    case "arrival":
      throw new Error(`Bug: ${type.kind} is not read from a record`);
  }
}

/** What a text that does not convert is told: `is not a whole number`. */
export function conversionMessage(type: ColumnType): string {
  switch (type.kind) {
    case "integer":
      return "is not a whole number of 32 bits";
    case "bigint":
      return "is not a whole number of 64 bits";
    case "decimal":
      return `is not a decimal number with at most ${type.precision - type.scale} digits before the point and ${type.scale} after it`;
    case "float":
      return "is not a number";
    case "boolean":
      return "is not true or false";
    case "uuid":
      return "is not a UUID";
    case "json":
      return "is not valid JSON";
    case "binary":
      return "is not base64";
    case "date":
      return type.formats.length === 0
        ? "is not a date like 2024-12-31"
        : `is not a date of the form ${type.formats.join(" or ")}`;
    case "timestamp":
      if (type.formats.length > 0)
        return `is not a time of the form ${type.formats.join(" or ")}${shownOnce(type.zone)}`;
      return type.zone === undefined
        ? "is not a time with a zone like 2024-12-31T23:59:59Z"
        : `is not a time like 2024-12-31T23:59:59${shownOnce(type.zone)}`;
    case "local timestamp":
      return type.formats.length === 0
        ? "is not a time like 2024-12-31T23:59:59"
        : `is not a time of the form ${type.formats.join(" or ")}`;
    case "list":
      return "is not a list of the declared kind";
    case "struct":
      return "is not an object of the declared kind";
    default:
      return "is not of its type";
  }
}

function shownOnce(zone: string | undefined): string {
  if (zone === undefined || zone === "UTC") return "";
  return ` that the clocks of ${zone} show once`;
}

/** The parser of the engine takes NaN, Infinity and a comma before a closing bracket; inside of texts they are harmless. */
function isStrictJson(x: string): string {
  const lax = "(?i)nan|inf|,\\s*[}\\]]";
  const isLax = (text: string): string => `regexp_matches(${text}, ${quoteText(lax)})`;
  const withoutTexts = `regexp_replace(${x}, ${quoteText('"(?:[^"\\\\]|\\\\.)*"')}, '""', 'g')`;
  return `case when ${isLax(x)} then not ${isLax(withoutTexts)} else true end`;
}

function firstFormat(
  formats: readonly string[],
  x: string,
  value: (format: string) => string,
): string {
  const branches = formats.map(
    (format) =>
      `when regexp_full_match(${x}, ${quoteText(formatShape(format, "a column"))}) then ${value(format)}`,
  );
  return `case ${branches.join(" ")} end`;
}

function instant(
  { formats, zone }: ColumnType & { readonly kind: "timestamp" },
  x: string,
): string {
  if (formats.length > 0) {
    return firstFormat(formats, x, (format) => {
      const parsed = `try_strptime(${x}, ${quoteText(format)})`;
      return hasZone(format) ? `${parsed}::timestamptz` : inZone(zone, parsed);
    });
  }
  const local = `try_cast(${x} as timestamp)`;
  const is = (shape: string): string => `regexp_full_match(${x}, ${quoteText(shape)})`;
  const withZone = `when ${is(DAY + MINUTES + SECONDS + ZONE)} then try_cast(upper(${x}) as timestamptz)
    when ${is(DAY + MINUTES + ZONE)} then try_cast(upper(left(${x}, 16) || ':00' || substr(${x}, 17)) as timestamptz)`;
  const without = `when ${is(DAY + TIME)} then ${inZone(zone, local)}`;
  return zone === undefined ? `case ${withZone} end` : `case ${without} ${withZone} end`;
}

/**
 * The instant at which the clocks of the zone show this time; null where they never show it or show it twice. Where
 * they show the same a day before and after, nothing happened to them between.
 */
function inZone(zone: string | undefined, local: string): string {
  if (zone === undefined) return "null::timestamptz";
  const name = quoteText(zone);
  const found = `timezone(${name}, ${local})`;
  if (zone === "UTC") return found;
  const shown = (shift: string): string => `timezone(${name}, ${found} ${shift})`;
  const drift = (day: string): string => `(${shown(day)} - (${local} ${day}))`;
  const isOnce = (day: string): string =>
    `(${drift(day)} = interval 0 second or ${shown(`- ${drift(day)}`)} <> ${local})`;
  const days = ["- interval 1 day", "+ interval 1 day"] as const;
  const isCalm = days.map((day) => `${shown(day)} = ${local} ${day}`).join(" and ");
  return `case when ${isCalm} or (${shown("")} = ${local} and ${days.map(isOnce).join(" and ")}) then ${found} end`;
}

/** A list or an object from JSON text: null as a whole where any part of it is not what it must be. */
function nested(type: ColumnType, json: string, depth: number): string {
  return `case when ${isSound(type, json, depth)} then ${soundValue(type, json, depth)} end`;
}

/** The value of a JSON text that is sound. */
function soundValue(type: ColumnType, json: string, depth: number): string {
  if (type.kind === "list") {
    const item = `e${depth}`;
    return `list_transform(json_extract(${json}, '$[*]'), lambda ${item}: ${element(type.of, item, depth + 1)})`;
  }
  if (type.kind === "struct") {
    const fields = Object.entries(type.of).map(
      ([name, of]) =>
        `${quoteName(name)} := ${element(of, member(json, of.from ?? name), depth + 1)}`,
    );
    return `struct_pack(${fields.join(", ")})`;
  }
  return convert(type, type.kind === "json" ? `(${json})::varchar` : scalarText(json));
}

function element(of: ColumnDefinition, json: string, depth: number): string {
  const value = soundValue(of.type, json, depth);
  return `case when ${isNull(json)} then null::${duckdbType(dataType(of.type))} else ${value} end`;
}

/** True where every part of the JSON has its type and what is required is there. */
function isSound(type: ColumnType, json: string, depth: number): string {
  if (type.kind === "list") {
    const item = `e${depth}`;
    const every = `list_bool_and(list_transform(json_extract(${json}, '$[*]'), lambda ${item}: ${elementIsSound(type.of, item, depth + 1)}))`;
    return `(json_valid(${json}) and json_type(${json}) = 'ARRAY' and coalesce(${every}, true))`;
  }
  if (type.kind === "struct") {
    const fields = Object.entries(type.of).map(([name, of]) =>
      elementIsSound(of, member(json, of.from ?? name), depth + 1),
    );
    return `(json_valid(${json}) and json_type(${json}) = 'OBJECT' and ${fields.join(" and ")})`;
  }
  if (type.kind === "json") return "true";
  const isScalar = `json_type(${json}) not in ('OBJECT', 'ARRAY')`;
  return `(${isScalar} and (${convert(type, scalarText(json))}) is not null)`;
}

function elementIsSound(of: ColumnDefinition, json: string, depth: number): string {
  return `case when ${isNull(json)} then ${of.optional} else ${isSound(of.type, json, depth)} end`;
}

function isNull(json: string): string {
  return `(${json} is null or json_type(${json}) = 'NULL')`;
}

function member(json: string, name: string): string {
  return `json_extract(${json}, ${literal(jsonPath(name))})`;
}

function scalarText(json: string): string {
  return `json_extract_string(${json}, '$')`;
}

/** A dotted path as a JSON path: `location.city` to `$."location"."city"`. */
export function jsonPath(dotted: string): string {
  return `$${dotted.split(".").map(jsonStep).join("")}`;
}

/** One step of a JSON path, dots in the name and all. */
export function jsonStep(name: string): string {
  return `."${name.replaceAll('"', '\\"')}"`;
}
