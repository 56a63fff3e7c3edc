/** What the sieve is asked of a column's values: their kind, and those of the rules that it holds as SQL does. */

import type { ColumnDefinition, ColumnRule, Plain } from "../schema/column.ts";
import { TEXT_BYTES } from "../schema/row-chunk.ts";
import { type Automaton, automatonOf } from "../source/pattern/automaton.ts";
import { choice, type Expression, textExpression } from "../source/pattern/expression.ts";
import { parsePattern } from "../source/pattern/parse.ts";
import {
  type SieveColumn,
  type SieveKind,
  type SieveLimits,
  widthOf,
} from "../source/sieve/column.ts";
import { sieveKind } from "./sieve-kind.ts";

export interface SieveDemand extends SieveLimits {
  readonly is: SieveKind;
  /** Rules of the column that every value holds which passed. */
  readonly holds: ReadonlySet<ColumnRule>;
}

const LARGEST = 2n ** 63n - 1n;
const DAY_MICROS = 86_400_000_000n;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{3}|\d{6}))?$/;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** More make no automaton that is small enough. */
const MOST_VALUES = 200;

export function sieveDemand(definition: ColumnDefinition): SieveDemand {
  const is = sieveKind(definition);
  const holds = new Set<ColumnRule>();
  let range: SieveLimits["range"];
  let automaton: Automaton | undefined;
  // Rules are about what a text becomes by cleaning.
  const rules = definition.clean.length === 0 ? definition.rules : [];
  for (const rule of rules) {
    if (rule.rule === "range" && range === undefined) {
      range = rangeOf(is, rule.low, rule.high);
      if (range !== undefined) holds.add(rule);
    } else if (definition.type.kind === "text" && automaton === undefined) {
      const expression = expressionOf(rule);
      automaton = expression && automatonOf(expression);
      if (automaton !== undefined) holds.add(rule);
    }
  }
  return { is, range, automaton, holds };
}

/** A column of which nothing is known may be any text. */
export function sieveColumn(
  column: Pick<SieveColumn, "name" | "optional" | "isRead">,
  demand: Pick<SieveDemand, "is" | "range" | "automaton"> = { is: { kind: "text" } },
): SieveColumn {
  const { is, range, automaton } = demand;
  return { ...column, is, range, automaton };
}

function expressionOf(rule: ColumnRule): Expression | undefined {
  switch (rule.rule) {
    case "pattern":
      return parsePattern(rule.pattern);
    case "not blank":
      // Beyond ASCII it takes more to know.
      return parsePattern(".*[!-~].*");
    case "one of":
      return rule.values.length <= MOST_VALUES &&
        rule.values.every((value) => typeof value === "string")
        ? choice(rule.values.map(textExpression))
        : undefined;
    default:
      return undefined;
  }
}

/** Undefined where an end is not written in the plainest way of the kind. */
function rangeOf(is: SieveKind, low: Plain, high: Plain): SieveLimits["range"] {
  if (widthOf({ is, isRead: true }) === TEXT_BYTES) return undefined;
  if (is.kind === "float") {
    const isNumber = typeof low === "number" && typeof high === "number";
    return isNumber ? [low, high] : undefined;
  }
  const [least, most] = [low, high].map((end) => wholeNumberOf(is, end));
  return least === undefined || most === undefined ? undefined : [least, most];
}

/** What stands for the value in a chunk of rows. */
function wholeNumberOf(is: SieveKind, value: Plain): bigint | undefined {
  const number = readWholeNumber(is, value);
  if (number === undefined) return undefined;
  return number > LARGEST || number < -LARGEST ? undefined : number;
}

function readWholeNumber(is: SieveKind, value: Plain): bigint | undefined {
  switch (is.kind) {
    case "integer":
    case "bigint":
      return typeof value === "bigint" || Number.isSafeInteger(value) ? BigInt(value) : undefined;
    case "decimal":
      return inLastPlaces(String(value), is.scale);
    case "date": {
      const micros = DAY.test(String(value)) ? microsOf(`${value}T00:00:00`) : undefined;
      return micros === undefined ? undefined : micros / DAY_MICROS;
    }
    case "timestamp":
      return microsOf(DAY.test(String(value)) ? `${value}T00:00:00` : String(value));
    default:
      return undefined;
  }
}

/** Of a decimal that has no more digits after the point. */
function inLastPlaces(text: string, scale: number): bigint | undefined {
  const found = DECIMAL.exec(text);
  if (found === null) return undefined;
  const [, sign = "", whole = "", places = ""] = found;
  if (places.length > scale) return undefined;
  const number = BigInt(`${whole}${places.padEnd(scale, "0")}`);
  return sign === "-" ? -number : number;
}

/** Of a local time from the year 1000, as the sieve reads it. */
function microsOf(text: string): bigint | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [, day = "", clock = "", fraction = ""] = found;
  const ms = Date.parse(`${day}T${clock}Z`);
  // Of a day that no calendar has another one is made.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== `${day}T${clock}.000Z`) return undefined;
  return BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, "0"));
}
