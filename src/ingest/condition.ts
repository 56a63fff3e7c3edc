/** What must hold of a record, as SQL: the conditions that a contract is made of. */

import type { Column, ColumnDefinition, ColumnRule, Plain } from "../schema/column.ts";
import type { Field } from "../schema/type.ts";
import { literal } from "../sql/literal.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { ColumnReference, Sql } from "../sql/template.ts";
import { namesIn } from "../sql/token.ts";
import type { IngestDefinition } from "./asset.ts";
import { conversionMessage } from "./convert.ts";
import { quickConvert } from "./quick-convert.ts";
import { MASK, secretsOf } from "./redact.ts";

/** A column whose value is read from the record. */
export interface ReadColumn {
  readonly name: string;
  /** Dots between names, `^.` for the enclosing level. */
  readonly path: string;
  readonly definition: ColumnDefinition;
}

/** One thing that must hold; `column` is null where it is about the whole row. */
export interface Condition {
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
  /** SQL of a text that says more than `message`, for what is known of each row only. */
  readonly says?: string;
  /** Never null. */
  readonly holds: string;
  /** The same over quickly converted values, for a column that is read; false or null where it does not hold. */
  readonly exact?: string;
  /** Over quickly converted values: true only where it holds, and not everywhere. Left out, `exact`. */
  readonly quick?: string;
  /** What a person asked for by it, of a column. */
  readonly asked?: ColumnRule;
  /** True where a person wrote it: it meets only rows in which all else holds. */
  readonly isOwn?: boolean;
  /** The raw text that broke it. */
  readonly value: string;
}

/** Stands for the value of a column inside `clean` and `check`; the resolver puts the text in its place. */
export const REFERENCE = { kind: "column" } as ColumnReference & Column<never>;

export function unknownColumn(): never {
  throw new Error("Bug: a column stands in SQL outside clean() and check()");
}

export function columnConditions(
  { name, definition: { type, optional, rules } }: ReadColumn,
  index: number,
  refuseNul: boolean,
  render: (sql: Sql, value?: string) => string,
): Condition[] {
  const raw = `"~r${index}"`;
  const x = `"~x${index}"`;
  const typed = quoteName(name);
  const conditions: Condition[] = [];
  const add = (
    rule: string,
    message: string,
    holds: string,
    { exact = holds, quick = exact, asked }: Partial<Condition> = {},
  ): void => {
    const isOwn = rule === "check";
    const own = { column: name, rule, message, value: raw };
    conditions.push({ ...own, holds, exact, quick, isOwn, ...(asked && { asked }) });
  };
  // A required value that has its type is there: one test for both.
  const isTyped = type.kind !== "text";
  if (!optional) add("required", "is missing", `${x} is not null`, isTyped ? { exact: "" } : {});
  if (isTyped) {
    const conversion = quickConvert(type, x);
    const unlessMissing = (test: string): string => (optional ? `(${x} is null or ${test})` : test);
    add("type", conversionMessage(type), `(${x} is null or ${typed} is not null)`, {
      exact: unlessMissing(conversion.isExact(typed)),
      quick: unlessMissing(conversion.isSurelyExact(typed)),
    });
  }
  const isNested = type.kind === "list" || type.kind === "struct";
  const nul = isNested ? "'\\u0000'" : "chr(0)";
  if (refuseNul) add("text", "holds a NUL byte", `not coalesce(contains(${raw}, ${nul}), false)`);
  for (const rule of rules) {
    const condition = ruleCondition(rule, typed, type.kind, render);
    const holds = `coalesce(${condition}, ${typed} is null)`;
    add(rule.rule, rule.message, holds, { asked: rule, ...(optional ? {} : { exact: condition }) });
  }
  return conditions;
}

/** True or false of a value that is there. */
function ruleCondition(
  rule: ColumnRule,
  typed: string,
  kind: string,
  render: (sql: Sql, value?: string) => string,
): string {
  switch (rule.rule) {
    case "not blank":
      return `regexp_matches(${typed}, '[^\\s\\p{Z}\\p{Cc}\\x{200B}\\x{FEFF}]')`;
    case "pattern":
      return `regexp_full_match(${typed}, ${quoteText(`(?s:${rule.pattern})`)})`;
    case "one of":
      return `${typed} in (${rule.values.map((value) => plainLiteral(value, kind)).join(", ")})`;
    case "range":
      return `${typed} between ${plainLiteral(rule.low, kind)} and ${plainLiteral(rule.high, kind)}`;
    case "check":
      return `(${render(rule.holds(REFERENCE), typed)})`;
  }
}

/** Texts that stand for dates, times and decimals are compared as such and not as text. */
export function plainLiteral(value: Plain, kind: string): string {
  const types: Readonly<Record<string, string>> = {
    date: "date",
    timestamp: "timestamptz",
    "local timestamp": "timestamp",
    decimal: "decimal(38, 10)",
  };
  const to = types[kind];
  // The number as it is written is a decimal of just its digits.
  if (kind === "decimal" && /^-?\d{1,38}$|^-?(?=.{3,39}$)\d+\.\d+$/.test(String(value)))
    return `(${value})`;
  return to === undefined || typeof value !== "string"
    ? literal(value)
    : `${quoteText(value)}::${to}`;
}

/** Whether the value of a column may not be kept: it, or something around it in the record, is redacted. */
export function secretColumns(
  { redact }: IngestDefinition,
  read: readonly ReadColumn[],
): (column: string) => boolean {
  const secrets = secretsOf(redact);
  const columns = read.filter(({ name, path }) =>
    [name, path, ...path.split(".")].some((one) => secrets.has(one)),
  );
  const names = new Set(columns.map(({ name }) => name));
  return (column) => names.has(column);
}

export function masked(condition: Condition): Condition {
  return { ...condition, value: `case when (${condition.value}) is not null then '${MASK}' end` };
}

/**
 * As the table will judge it: null breaks it too, and so does a value that cannot be reckoned with. Only where a column
 * that it names failed by itself nothing more is said of the row.
 */
export function constraintCondition(
  name: string,
  text: string,
  {
    fields,
    ofColumns,
    isSecret,
  }: {
    readonly fields: readonly Field[];
    readonly ofColumns: readonly Condition[];
    readonly isSecret: (column: string) => boolean;
  },
): Condition {
  const row = rowCondition(name, text, fields, isSecret);
  const names = namesIn(text);
  const own = ofColumns
    .filter(({ column }) => column !== null && names.has(column.toLowerCase()))
    .map(({ holds }) => holds);
  const failed = own.length === 0 ? "" : ` or not (${own.join(" and ")})`;
  const holds = `(coalesce(try((\n${text}\n)), false)${failed})`;
  return { ...row, rule: name, message: `must keep the constraint ${text.trim()}`, holds };
}

/** Not judged where a column that it names is missing or failed by itself; SQL's null is otherwise not true. */
export function rowCondition(
  message: string,
  text: string,
  fields: readonly Field[],
  isSecret: (column: string) => boolean,
): Condition {
  const names = namesIn(text);
  const named = fields.map(({ name }) => name).filter((name) => names.has(name.toLowerCase()));
  const isMissing =
    named.length === 0 ? "false" : named.map((name) => `${quoteName(name)} is null`).join(" or ");
  const [only] = named;
  const value = named.length === 1 && only !== undefined ? quoteName(only) : "null";
  const holds = `coalesce((${text}), ${isMissing})`;
  const condition = { column: null, rule: "rule", message, holds, value, isOwn: true };
  return only !== undefined && isSecret(only) ? masked(condition) : condition;
}
