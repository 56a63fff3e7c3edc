/** `from bronze.orders at (version => 3)`: finds such words in a query, and which version they mean. */

import { MillraceError } from "../base/error.ts";
import type { At } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { closing, isLexeme, type Lexeme } from "../sql/lexeme.ts";
import type { NamedTable } from "./select.ts";

/** The characters of a query that name a table, with all that says when. */
export interface TableWords {
  readonly start: number;
  readonly end: number;
  /** What follows the name and stays: ` as o`. */
  readonly alias: string;
  readonly at: At | undefined;
}

/** `list` holds the lexemes of the whole text. */
export async function findTableWords(
  session: Engine,
  { text, list }: { readonly text: string; readonly list: readonly Lexeme[] },
  { table, offset, isTimeTravel }: NamedTable,
): Promise<TableWords> {
  // The engine's parser has found schema, dot and table here.
  const first = list.findIndex(({ start }) => start === offset);
  const name = list[first + 2];
  if (name === undefined) throw new Error("Bug: a table that was parsed has no name");
  if (!isTimeTravel) return { start: offset, end: name.end, alias: "", at: undefined };
  const open = list.findIndex((_, index) => index > first + 2 && isClause(list, index));
  const close = closing(list, open);
  const [word, unit, arrow, end] = [list[open - 1], list[open + 1], list[open + 2], list[close]];
  if (!word || !unit || !arrow || !end) throw new Error("Bug: AT that was parsed is not there");
  return {
    start: offset,
    end: end.end,
    alias: text.slice(name.end, word.start).trimEnd(),
    at: await readAt(session, { unit: unit.text, value: text.slice(arrow.end, end.start), table }),
  };
}

/** True where `at (version =>` opens its bracket. */
function isClause(list: readonly Lexeme[], open: number): boolean {
  const [unit, arrow] = [list[open + 1], list[open + 2]];
  const isUnit = isLexeme(unit, "version") || isLexeme(unit, "timestamp");
  return (
    isLexeme(list[open - 1], "at") && isLexeme(list[open], "(") && isUnit && isLexeme(arrow, "=>")
  );
}

/** The SQL that a person gave for a version or an instant. */
export async function readAt(
  session: Engine,
  { unit, value, table }: { unit: string; value: string; table: string },
): Promise<At> {
  if (unit.toLowerCase() === "version") {
    const [row] = await session.rows(`select (${value}\n)::bigint as "at"`);
    return { version: checkVersion(String(row?.at), table) };
  }
  const [row] = await session.rows(`select (${value}\n)::timestamptz as "at"`);
  return { timestamp: checkTimestamp(String(row?.at), table) };
}

/** A version number from 0, or `query/bad-version`. */
export function checkVersion(text: string, table: string): number {
  const version = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(version)) return version;
  throw new MillraceError(`${JSON.stringify(text)} is no version of ${table}`, {
    code: "query/bad-version",
    hint: "A version is a whole number from 0; `millrace history TABLE` lists them.",
  });
}

/** An instant, UTC where no zone is given, or `query/bad-timestamp`. */
export function checkTimestamp(text: string, table: string): Date {
  const hasZone = /(?:z|[+-]\d\d:?\d\d)$/i.test(text);
  const hasTime = /\d:\d/.test(text);
  const iso = text.trim().replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(z|[+-]\d\d:?\d\d)?)?$/i.test(iso);
  const instant = new Date(hasTime && !hasZone ? `${iso}Z` : iso);
  if (isIso && !Number.isNaN(instant.getTime())) return instant;
  throw new MillraceError(`${JSON.stringify(text)} is no time for a version of ${table}`, {
    code: "query/bad-timestamp",
    hint: "Write it as 2026-03-01 or 2026-03-01T12:00:00Z; it is UTC where no zone is given.",
  });
}
