/** The order of values as texts of the log, by their type; undefined wherever it is not certain. */

import type { DataType } from "../schema/type.ts";
import { parseInstant } from "./instant.ts";

/** Less than, equal to or greater than zero; undefined where the texts cannot be compared. */
export function compareTexts(type: DataType, left: string, right: string): number | undefined {
  if (typeof type !== "string") {
    return type.kind === "decimal" ? compareDecimals(left, right) : undefined;
  }
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return compareDecimals(left, right);
    case "float":
      return compareNumbers(Math.fround(Number(left)), Math.fround(Number(right)));
    case "double":
      return compareNumbers(Number(left), Number(right));
    case "string":
      return Buffer.compare(Buffer.from(left), Buffer.from(right));
    case "boolean":
      return isBoolean(left) && isBoolean(right)
        ? Number(left === "true") - Number(right === "true")
        : undefined;
    case "date":
      return isPlainDate(left) && isPlainDate(right)
        ? compareNumbers(Date.parse(left), Date.parse(right))
        : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return compareInstants(left, right);
    case "binary":
    case "void":
      return undefined;
  }
}

/** Digits decide, whatever the size: neither 64-bit integers nor decimals pass through a `number`. */
function compareDecimals(left: string, right: string): number | undefined {
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  if (a === undefined || b === undefined) return undefined;
  const scale = Math.max(a.scale, b.scale);
  const difference =
    a.unscaled * 10n ** BigInt(scale - a.scale) - b.unscaled * 10n ** BigInt(scale - b.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function parseDecimal(text: string): { unscaled: bigint; scale: number } | undefined {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0
    ? { unscaled: digits, scale }
    : { unscaled: digits * 10n ** BigInt(-scale), scale: 0 };
}

function compareNumbers(left: number, right: number): number | undefined {
  if (Number.isNaN(left) || Number.isNaN(right)) return undefined;
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareInstants(left: string, right: string): number | undefined {
  const a = parseInstant(left);
  const b = parseInstant(right);
  if (a === undefined || b === undefined) return undefined;
  return a.nanoseconds < b.nanoseconds ? -1 : a.nanoseconds > b.nanoseconds ? 1 : 0;
}

function isBoolean(text: string): boolean {
  return text === "true" || text === "false";
}

function isPlainDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}
