/** The columns of a contract, checked once: names that tables can have, formats that can be read exactly. */

import { MillraceError } from "../base/error.ts";
import { kindOf, wrongOption } from "../base/option.ts";
import type { ColumnDefinition, Columns, ColumnType } from "../schema/column.ts";
import { checkFormerNames } from "./former-name.ts";
import { formatShape, hasZone } from "./time-format.ts";

/** Bytes of a column name; Parquet and Delta set none, people's tools do. */
const MOST_BYTES = 1000;

export function checkColumns(
  columns: Columns,
  place: string,
): Readonly<Record<string, ColumnDefinition>> {
  const entries = typeof columns === "object" && columns !== null ? Object.entries(columns) : [];
  if (entries.length === 0) {
    throw wrongOption(
      `The option columns of ${place}`,
      columns,
      "an object of columns: { id: integer(), name: text() }",
    );
  }
  const seen = new Map<string, string>();
  for (const [name, column] of entries) {
    if (kindOf(column) !== "column") {
      throw wrongOption(
        `The column "${name}" of ${place}`,
        column,
        "a column such as text() or integer()",
      );
    }
    checkName(name, place);
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      throw new MillraceError(
        `${place} has columns "${twin}" and "${name}", which SQL cannot tell apart`,
        {
          code: "project/bad-column",
          hint: "Column names differ in more than upper and lower case.",
        },
      );
    }
    seen.set(name.toLowerCase(), name);
    checkMade(column.definition, `${place}, column "${name}"`);
    checkType(column.definition.type, `${place}, column "${name}"`);
    if (column.definition.rules.some((rule) => rule.rule === "one of" && rule.values.length === 0))
      throw wrongOption(`oneOf() of the column "${name}" of ${place}`, [], "at least one value");
  }
  const definitions = Object.fromEntries(entries.map(([name, one]) => [name, one.definition]));
  checkFormerNames(definitions, place);
  return Object.freeze(definitions);
}

function checkName(name: string, place: string): void {
  const isGood = name.trim() !== "" && !/[\p{Cc}\p{Cs}]/u.test(name) && !name.startsWith("~");
  if (isGood && Buffer.byteLength(name) <= MOST_BYTES) return;
  throw new MillraceError(`${place} has a column called ${JSON.stringify(name.slice(0, 60))}`, {
    code: "project/bad-column",
    hint: `A column name is not blank, has no control characters, does not begin with ~ and has at most ${MOST_BYTES} bytes. Use .from("name in the file") to call it otherwise.`,
  });
}

function checkType(type: ColumnType, place: string): void {
  if ("formats" in type) for (const format of type.formats) formatShape(format, place);
  if (type.kind === "timestamp") checkZones(type, place);
  if (type.kind === "list") {
    checkInside(type.of, `the items of ${place}`);
    if (type.of.from !== undefined)
      throw notApplied(`the items of ${place}`, ".from()", "Say .from() of the list itself.");
    if (type.of.formerly.length > 0)
      throw notApplied(`the items of ${place}`, ".formerly()", "They have no name of their own.");
    checkType(type.of.type, place);
  }
  if (type.kind === "struct") {
    checkFormerNames(type.of, place);
    for (const [name, field] of Object.entries(type.of)) {
      checkName(name, place);
      checkInside(field, `${place}.${name}`);
      checkType(field.type, `${place}.${name}`);
    }
  }
}

/** Where a row came from and when are not read, so that nothing can be demanded of them. */
function checkMade({ type, from, clean, rules }: ColumnDefinition, place: string): void {
  if (type.kind !== "position" && type.kind !== "arrival") return;
  const [said] = [
    ...(clean.length > 0 ? [".clean()"] : []),
    ...rules.map(({ rule }) => METHODS[rule]),
    ...(from === undefined ? [] : [".from()"]),
  ];
  if (said !== undefined)
    throw notApplied(
      place,
      said,
      "It is not read from the record: leave it out, or say it in rules of the table.",
    );
}

/** Of what stands inside a list or an object only the type, .optional() and a name are looked at. */
function checkInside({ type, from, clean, rules }: ColumnDefinition, place: string): void {
  if (type.kind === "position" || type.kind === "arrival") {
    throw notApplied(place, `${type.kind}()`, "Make it a column of its own.");
  }
  const [said] = [
    ...(clean.length > 0 ? [".clean()"] : []),
    ...rules.map(({ rule }) => METHODS[rule]),
  ];
  if (said !== undefined) {
    const hint =
      "Read the value into a column of its own with .from(), or say it in rules of the table, such as list_bool_and(list_transform(...)).";
    throw notApplied(place, said, hint);
  }
  if (from?.startsWith("^."))
    throw notApplied(
      place,
      `.from(${JSON.stringify(from)})`,
      "Read what encloses the record into a column of its own.",
    );
}

const METHODS = {
  "not blank": ".notBlank()",
  pattern: ".matches()",
  "one of": ".oneOf()",
  range: ".between()",
  check: ".check()",
} as const;

function notApplied(place: string, said: string, hint: string): MillraceError {
  return new MillraceError(`${said} cannot be said of ${place}`, {
    code: "project/bad-column",
    hint,
  });
}

function checkZones(
  { formats, zone }: ColumnType & { readonly kind: "timestamp" },
  place: string,
): void {
  if (zone !== undefined) {
    checkZone(zone, place);
    return;
  }
  const bare = formats.find((format) => !hasZone(format));
  if (bare === undefined) return;
  throw new MillraceError(`${place} has the format ${JSON.stringify(bare)}, which says no zone`, {
    code: "project/bad-column",
    hint: 'Declare the zone, timestamp({ formats, zone: "Asia/Singapore" }), put %z in the format, or use localTimestamp().',
  });
}

function checkZone(zone: string, place: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (cause) {
    throw new MillraceError(`${place} has the zone ${JSON.stringify(zone)}, which nobody knows`, {
      code: "project/bad-column",
      hint: 'Use an IANA name such as "Asia/Singapore" or "UTC".',
      cause,
    });
  }
}
