/** Columns as a person declares them: one value for checking, for SQL, for Delta and for TypeScript. */

import { MillraceError } from "../base/error.ts";
import type { Sql } from "../sql/template.ts";

/** What a contract makes of a raw text. */
export type ColumnType =
  | {
      readonly kind:
        | "text"
        | "integer"
        | "bigint"
        | "float"
        | "boolean"
        | "uuid"
        | "json"
        | "binary";
    }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "date"; readonly formats: readonly string[] }
  | {
      readonly kind: "timestamp";
      readonly formats: readonly string[];
      readonly zone: string | undefined;
    }
  | { readonly kind: "local timestamp"; readonly formats: readonly string[] }
  | { readonly kind: "list"; readonly of: ColumnDefinition }
  | { readonly kind: "struct"; readonly of: Readonly<Record<string, ColumnDefinition>> }
  /** Not in the record: where the row came from, when it arrived. */
  | { readonly kind: "position"; readonly part: PositionPart }
  | { readonly kind: "arrival" };

export type PositionPart = "place" | "file" | "line";

export type Plain = string | number | bigint | boolean;

/** One demand on a value that has its type already. */
export type ColumnRule =
  | { readonly rule: "not blank"; readonly message: string }
  | { readonly rule: "pattern"; readonly pattern: string; readonly message: string }
  | { readonly rule: "one of"; readonly values: readonly Plain[]; readonly message: string }
  | { readonly rule: "range"; readonly low: Plain; readonly high: Plain; readonly message: string }
  | { readonly rule: "check"; readonly holds: (value: Column) => Sql; readonly message: string };

export interface ColumnDefinition {
  readonly type: ColumnType;
  readonly optional: boolean;
  /** Where the value stands in the raw record: dots between names, `^.` for the enclosing level. */
  readonly from: string | undefined;
  /** Applied in order to the raw text, before it gets its type. */
  readonly clean: readonly ((value: Column) => Sql)[];
  readonly rules: readonly ColumnRule[];
  readonly about: string | undefined;
  /** Names that the column had before, in any order. */
  readonly formerly: readonly string[];
  /** Whether a text takes an object or a list as well, as its JSON text; for columns that nobody declared. */
  readonly takesJson?: boolean;
}

/** A column of a contract; each method gives a new one. */
export interface Column<T = unknown> {
  readonly kind: "column";
  readonly definition: ColumnDefinition;
  /** Carries the type of a cell; never set. */
  readonly type?: T;
  /** A missing value is null instead of a reason to reject the row. */
  optional(): Column<T | null>;
  /** Where the value stands in the raw record; by default under the column's own name. `a.b` goes inside, `^.a` to the enclosing level. */
  from(path: string): Column<T>;
  /** SQL over the raw text, before it gets its type: `.clean((v) => sql\`trim(${v})\`)`. */
  clean(how: (value: Column<string>) => Sql): Column<T>;
  /** SQL that must be true of the typed value. */
  check(rule: (value: Column<T>) => Sql, message: string): Column<T>;
  oneOf(values: readonly NonNullable<T>[], message?: string): Column<T>;
  /** Both ends belong to the range. */
  between(low: NonNullable<T>, high: NonNullable<T>, message?: string): Column<T>;
  about(text: string): Column<T>;
  /**
   * Names that the column had before: a table that has one of them, and not the column's own, has it renamed before
   * the next load, and no data file is written anew. Also of a field inside a struct. It is the column of the table
   * that is meant; where the record's field is called otherwise too, say so with `.from()`.
   */
  formerly(...names: readonly string[]): Column<T>;
}

export interface TextColumn<T = string> extends Column<T> {
  /** Something else than white space. */
  notBlank(message?: string): TextColumn<T>;
  /** A regular expression (RE2) that the whole text must match. */
  matches(pattern: string, message?: string): TextColumn<T>;
  optional(): TextColumn<T | null>;
  from(path: string): TextColumn<T>;
  clean(how: (value: Column<string>) => Sql): TextColumn<T>;
  about(text: string): TextColumn<T>;
  formerly(...names: readonly string[]): TextColumn<T>;
}

export type Columns = Readonly<Record<string, Column>>;

/** The TypeScript type of a row with these columns. */
export type RowOf<C extends Columns> = {
  readonly [K in keyof C]: C[K] extends Column<infer T> ? T : never;
};

export function text(): TextColumn {
  return textColumn(define({ kind: "text" }));
}
/** A whole number of 32 bits. */
export function integer(): Column<number> {
  return column(define({ kind: "integer" }));
}
/** A whole number of 64 bits. */
export function bigint(): Column<bigint> {
  return column(define({ kind: "bigint" }));
}
/** An exact number with `scale` digits after the point, of `precision` in all (38 at most). */
export function decimal(precision: number, scale: number): Column<string> {
  if (
    !Number.isInteger(precision) ||
    !Number.isInteger(scale) ||
    precision < 1 ||
    precision > 38 ||
    scale < 0 ||
    scale > precision
  ) {
    throw new MillraceError(`decimal(${precision}, ${scale}) is no type`, {
      code: "project/bad-column",
      hint: "The precision is 1 to 38 digits in all, the scale 0 to the precision.",
    });
  }
  return column(define({ kind: "decimal", precision, scale }));
}
/** A double: 64 bits, never NaN or infinite. */
export function float(): Column<number> {
  return column(define({ kind: "float" }));
}
/** `true` or `false`. */
export function boolean(): Column<boolean> {
  return column(define({ kind: "boolean" }));
}
/** A day. Without formats it is written `2024-12-31`; with several, the first that fits exactly is taken. */
export function date(how: { readonly formats?: readonly string[] } = {}): Column<string> {
  return column(define({ kind: "date", formats: [...(how.formats ?? [])] }));
}
/** An instant. A text without a zone is read in `zone`, and refused where none is declared. */
export function timestamp(
  how: { readonly formats?: readonly string[]; readonly zone?: string } = {},
): Column<Date> {
  return column(define({ kind: "timestamp", formats: [...(how.formats ?? [])], zone: how.zone }));
}
/** A time on the wall, without a zone. */
export function localTimestamp(how: { readonly formats?: readonly string[] } = {}): Column<string> {
  return column(define({ kind: "local timestamp", formats: [...(how.formats ?? [])] }));
}
export function uuid(): Column<string> {
  return column(define({ kind: "uuid" }));
}
/** Any JSON, kept as its text. */
export function json(): Column<unknown> {
  return column(define({ kind: "json" }));
}
/** Bytes, written in base64. */
export function binary(): Column<Uint8Array> {
  return column(define({ kind: "binary" }));
}
export function list<T>(of: Column<T>): Column<readonly T[]> {
  return column(define({ kind: "list", of: of.definition }));
}
export function struct<C extends Columns>(of: C): Column<RowOf<C>> {
  const fields = Object.entries(of).map(([name, one]) => [name, one.definition] as const);
  return column(define({ kind: "struct", of: Object.fromEntries(fields) }));
}
/** Where the row came from: `applications.csv:17`; or only the file, or only the line. */
export function position(part: "line"): Column<bigint>;
export function position(part?: "place" | "file"): Column<string>;
export function position(part: PositionPart = "place"): Column<never> {
  return column(define({ kind: "position", part }));
}
/** When the run that loaded the row began. */
export function arrival(): Column<Date> {
  return column(define({ kind: "arrival" }));
}

function define(type: ColumnType): ColumnDefinition {
  const nothing = { from: undefined, clean: [], rules: [], about: undefined, formerly: [] };
  return { type, optional: false, ...nothing };
}

function column<T>(definition: ColumnDefinition): Column<T> {
  const { rules, clean, formerly } = definition;
  const change = (part: Partial<ColumnDefinition>): Column<T> => column({ ...definition, ...part });
  const rule = (one: ColumnRule): Column<T> => change({ rules: [...rules, one] });
  return Object.freeze({
    kind: "column",
    definition: Object.freeze(definition),
    optional: () => column<T | null>({ ...definition, optional: true }),
    from: (path: string) => change({ from: path }),
    clean: (how: (value: Column<string>) => Sql) =>
      change({ clean: [...clean, how as (value: Column) => Sql] }),
    check: (holds: (value: Column<T>) => Sql, message: string) =>
      rule({ rule: "check", holds: holds as (value: Column) => Sql, message }),
    oneOf: (values: readonly NonNullable<T>[], message?: string) =>
      rule({
        rule: "one of",
        values: values.map(plain),
        message: message ?? `must be one of ${values.join(", ")}`,
      }),
    between: (low: NonNullable<T>, high: NonNullable<T>, message?: string) =>
      rule({
        rule: "range",
        low: plain(low),
        high: plain(high),
        message: message ?? `must be between ${low} and ${high}`,
      }),
    about: (words: string) => change({ about: words }),
    formerly: (...names: readonly string[]) => change({ formerly: [...formerly, ...names] }),
  });
}

function textColumn<T>(definition: ColumnDefinition): TextColumn<T> {
  const change = (part: Partial<ColumnDefinition>): TextColumn<T> =>
    textColumn({ ...definition, ...part });
  const rule = (one: ColumnRule): TextColumn<T> => change({ rules: [...definition.rules, one] });
  return Object.freeze({
    ...column<T>(definition),
    optional: () => textColumn<T | null>({ ...definition, optional: true }),
    from: (path: string) => change({ from: path }),
    clean: (how: (value: Column<string>) => Sql) =>
      change({ clean: [...definition.clean, how as (value: Column) => Sql] }),
    about: (words: string) => change({ about: words }),
    formerly: (...names: readonly string[]) =>
      change({ formerly: [...definition.formerly, ...names] }),
    notBlank: (message?: string) =>
      rule({ rule: "not blank", message: message ?? "must not be blank" }),
    matches: (pattern: string, message?: string) =>
      rule({ rule: "pattern", pattern, message: message ?? `must match ${pattern}` }),
  });
}

function plain(value: unknown): Plain {
  if (
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    typeof value === "boolean"
  )
    return value;
  if (value instanceof Date) return value.toISOString();
  throw new MillraceError(`A column cannot be compared with ${String(value)}`, {
    code: "project/bad-column",
    hint: "oneOf() and between() take texts, numbers, booleans and dates.",
  });
}
