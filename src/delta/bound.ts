/** The smallest and largest value of a column as the log writes them: exact, or wider and still true. */

import { exactNumber } from "../base/json.ts";
import type { ColumnStatistics } from "../schema/table-files.ts";
import type { DataType } from "../schema/type.ts";
import type { Bounds } from "./bounds.ts";
import { instantBounds } from "./instant.ts";

const LONGEST_TEXT = 32;
const LAST_ASCII = 0x7f;
const LAST_CODE_POINT = 0x10ffff;

/** What every value of the type lies between, for where an engine could not say more. */
const WIDEST: Readonly<Record<string, readonly [string, string]>> = {
  byte: ["-128", "127"],
  short: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  long: ["-9223372036854775808", "9223372036854775807"],
  boolean: ["false", "true"],
  string: ["", String.fromCodePoint(LAST_CODE_POINT).repeat(LONGEST_TEXT)],
};

/** True for types whose values the log orders. */
export function hasBounds(type: DataType): boolean {
  if (typeof type !== "string") return type.kind === "decimal";
  return type !== "binary" && type !== "void";
}

/** Undefined where no true bound can be written. */
export function boundsOf(type: DataType, column: ColumnStatistics): Bounds | undefined {
  if (column.hasNan) return undefined;
  const widest = widestOf(type);
  const min = column.min ?? widest?.[0];
  const max = column.max ?? widest?.[1];
  if (min === undefined || max === undefined) return undefined;
  if (typeof type !== "string") return numbers(min, max);
  switch (type) {
    case "string":
      return { min: cutMin(min), max: cutMax(max) };
    case "boolean":
      return { min: min === "true", max: max === "true" };
    case "date":
      return isPlainDate(min) && isPlainDate(max) ? { min, max } : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return instantBounds(min, max, type === "timestamp");
    case "float":
    case "double":
      return numbers(isZero(min) ? "-0.0" : min, isZero(max) ? "0.0" : max);
    default:
      return numbers(min, max);
  }
}

function widestOf(type: DataType): readonly [string, string] | undefined {
  if (typeof type === "string") return WIDEST[type];
  if (type.kind !== "decimal") return undefined;
  const digits = "9".repeat(type.precision);
  const whole = digits.slice(0, type.precision - type.scale) || "0";
  const text = type.scale > 0 ? `${whole}.${"9".repeat(type.scale)}` : whole;
  return [`-${text}`, text];
}

/** Infinity is a value of a column but not a number of JSON. */
function numbers(min: string, max: string): Bounds | undefined {
  const isNumber = (text: string) => /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  if (!isNumber(min) || !isNumber(max)) return undefined;
  return { min: exactNumber(min), max: exactNumber(max) };
}

/** Readers differ on whether -0.0 is less than 0.0, so each bound takes the one that is true for both. */
function isZero(text: string): boolean {
  return Number(text) === 0;
}

function isPlainDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

function cutMin(text: string): string {
  return takeCodePoints(text, LONGEST_TEXT).join("");
}

/**
 * A cut text is less than the whole, so it gets a last character greater than the one dropped.
 * Where none is greater, the cut moves on.
 */
function cutMax(text: string): string {
  let length = LONGEST_TEXT;
  for (;;) {
    const kept = takeCodePoints(text, length + 1);
    const dropped = kept[length]?.codePointAt(0);
    if (dropped === undefined) return text;
    if (dropped < LAST_CODE_POINT) {
      const last = dropped < LAST_ASCII ? LAST_ASCII : LAST_CODE_POINT;
      return kept.slice(0, length).join("") + String.fromCodePoint(last);
    }
    length += 1;
  }
}

function takeCodePoints(text: string, count: number): string[] {
  const taken: string[] = [];
  for (const char of text) {
    if (taken.length === count) break;
    taken.push(char);
  }
  return taken;
}
