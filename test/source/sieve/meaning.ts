/** What a text of a kind means, and whether it is written in the canonical way: worked out without the sieve. */

import type { SieveColumn, SieveKind } from "../../../src/source/sieve/column.ts";
import type { Value } from "./row.ts";

export const columnOf = (is: SieveKind, optional = true, name = ""): SieveColumn => ({
  is,
  optional,
  name,
  isRead: true,
});

const DAY_MS = 86_400_000;

/** Of a canonical text. */
export function meaningOf(text: string, is: SieveKind): Value {
  switch (is.kind) {
    case "text":
      return text;
    case "float":
      return Number(text);
    case "integer":
    case "bigint":
      return BigInt(text);
    case "boolean":
      return text === "true";
    case "date":
      return BigInt(Date.parse(`${text}T00:00:00Z`) / DAY_MS);
    case "timestamp": {
      const second = BigInt(Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)) * 1000n;
      return second + BigInt(text.slice(20).padEnd(6, "0"));
    }
    case "decimal": {
      if (is.precision > 18) return text;
      const [whole = "", places = ""] = text.replace("-", "").split(".");
      const digits = BigInt(whole + places.padEnd(is.scale, "0"));
      return text.startsWith("-") ? -digits : digits;
    }
  }
}

export function isCanonical(text: string, is: SieveKind): boolean {
  switch (is.kind) {
    case "text":
      return true;
    case "integer":
      return isWithin(text, 32n);
    case "bigint":
      return isWithin(text, 64n);
    case "float":
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text));
    case "boolean":
      return text === "true" || text === "false";
    case "date":
      return isDay(text);
    case "timestamp":
      return (
        isDay(text.slice(0, 10)) &&
        /^[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{3}|\.\d{6})?$/.test(text.slice(10))
      );
    case "decimal": {
      const [, whole = "", , places = ""] = /^-?(0|[1-9]\d*)(\.(\d+))?$/.exec(text) ?? [];
      return (
        whole !== "" &&
        whole.length <= is.precision - is.scale &&
        places.length <= is.scale &&
        !(text.includes(".") && places === "")
      );
    }
  }
}

function isWithin(text: string, bits: bigint): boolean {
  const most = 2n ** (bits - 1n);
  return /^-?(0|[1-9]\d*)$/.test(text) && BigInt(text) >= -most && BigInt(text) < most;
}

function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

export const KINDS: readonly SieveKind[] = [
  { kind: "text" },
  { kind: "integer" },
  { kind: "bigint" },
  { kind: "float" },
  { kind: "boolean" },
  { kind: "date" },
  { kind: "timestamp" },
  { kind: "decimal", precision: 4, scale: 1 },
  { kind: "decimal", precision: 5, scale: 2 },
  { kind: "decimal", precision: 18, scale: 3 },
  { kind: "decimal", precision: 38, scale: 0 },
  { kind: "decimal", precision: 38, scale: 37 },
];

/** What surely passes as a value of each kind. */
export const SURE: Readonly<Record<SieveKind["kind"], readonly string[]>> = {
  text: ["a", "é", "0123456789abcdef0"],
  integer: ["0", "7", "-7", "2147483647", "-2147483647"],
  bigint: ["0", "-1", "9223372036854775807", "2147483648"],
  float: ["1.5", "7", "-2.25", "0.1"],
  boolean: ["true", "false"],
  date: ["2024-02-29", "1999-12-31", "2000-02-29"],
  timestamp: ["2024-01-01T00:00:00", "2024-01-01 23:59:59.999", "2024-01-01T12:00:00.123456"],
  decimal: ["0", "7", "-7"],
};

/** Of any kind and of none; each is held or passes as what it means. */
export const TEXTS: readonly string[] = [
  ...["", "0", "-0", "00", "01", "7", "-7", "+7", "-", "2147483647", "2147483648", "-2147483648"],
  ...["-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808"],
  ...["-9223372036854775809", "18446744073709551616", "99999999999999999999"],
  ...["1.5", "1.", ".5", "-.5", "-0.5", "999.99", "1000.00", "9.999", "0.00", "99.9", "-999.9"],
  ...["9".repeat(15), `${"9".repeat(15)}.999`, `-${"9".repeat(15)}.999`, "9".repeat(16)],
  ...["9".repeat(38), "9".repeat(39), `1.${"3".repeat(37)}`, `1.${"3".repeat(38)}`],
  ...["1e5", "1E-9", "1e", "1e100", "1e+", "0e0", "9".repeat(64), "9".repeat(65), "nan", "inf"],
  ...["true", "false", "True", "tru", "truee", "falsx"],
  ...["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "0999-01-01", "9999-12-31"],
  ...["2024-00-01", "2024-13-01", "2024-04-31", "2024-1-01", "2024/01/01", "2024-01-00"],
  ...["2024-01-01T00:00:00", "2024-01-01 23:59:59", "2024-01-01T24:00:00", "2024-01-01T12:60:00"],
  ...["2024-01-01T12:00:60", "2024-01-01T12:00:00.123", "2024-01-01T12:00:00.12"],
  ...["2024-01-01T12:00:00.123456", "2024-01-01T12:00:00.1234567", "2024-01-01t12:00:00"],
  ...["2024-01-01T12:00", "2024-02-30T12:00:00", "2024-01-01T12:00:00.1 3", "2024-01-01T12:0x:00"],
  ...[
    "é",
    "🐎",
    " ",
    " 1",
    "1 ",
    "\ufeff1",
    "\t",
    "0123456789abcdef",
    "0123456789abcdef0".repeat(2),
  ],
];
