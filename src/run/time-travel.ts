/** `from bronze.orders at (version => 3)`: finds such words in a query, and which version they mean. */

import { MillraceError } from "../base/error.ts";
import type { At } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { tokens } from "../sql/token.ts";
import type { NamedTable } from "./select.ts";

/** The characters of a query that name a table, with all that says when. */
export interface TableWords {
  readonly start: number;
  readonly end: number;
  /** What follows the name and stays: ` as o`. */
  readonly alias: string;
  readonly at: At | undefined;
}

const IDENTIFIER = String.raw`(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)`;
const NAME = new RegExp(String.raw`${IDENTIFIER}\s*\.\s*${IDENTIFIER}`, "uy");
const AT = new RegExp(
  String.raw`(?<alias>(?:\s+(?:as\s+)?${IDENTIFIER}(?:\s*\([^()]*\))?)?)\s+at\s*\(\s*(?<unit>version|timestamp)\s*=>`,
  "iuy",
);

export async function findTableWords(
  session: Engine,
  text: string,
  { schema, table, offset, isTimeTravel }: NamedTable,
): Promise<TableWords> {
  const end = match(NAME, text, offset)?.end;
  if (end === undefined) throw unreadable(`${schema}.${table}`);
  if (!isTimeTravel) return { start: offset, end, alias: "", at: undefined };
  const clause = match(AT, text, end);
  if (clause === undefined) throw unreadable(`${schema}.${table}`);
  const close = closingBracket(text, clause.end);
  const value = text.slice(clause.end, close);
  return {
    start: offset,
    end: close + 1,
    alias: clause.groups.alias ?? "",
    at: await readAt(session, { unit: clause.groups.unit ?? "", value, table }),
  };
}

/** The text that a person gave for a version or an instant, by command line or in SQL. */
async function readAt(
  session: Engine,
  { unit, value, table }: { unit: string; value: string; table: string },
): Promise<At> {
  if (unit.toLowerCase() === "version") {
    const [row] = await session.rows(`select (${value})::bigint as "at"`);
    return { version: checkVersion(String(row?.at), table) };
  }
  const [row] = await session.rows(`select (${value})::timestamptz as "at"`);
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

function match(
  pattern: RegExp,
  text: string,
  from: number,
): { readonly end: number; readonly groups: Readonly<Record<string, string>> } | undefined {
  const sticky = new RegExp(pattern.source, pattern.flags);
  sticky.lastIndex = from;
  const found = sticky.exec(text);
  return found === null ? undefined : { end: sticky.lastIndex, groups: found.groups ?? {} };
}

function closingBracket(text: string, from: number): number {
  let at = from;
  let depth = 1;
  for (const { kind, text: piece } of tokens(text.slice(from))) {
    for (const character of kind === "code" ? piece : "") {
      if (character === "(") depth += 1;
      if (character === ")") depth -= 1;
      if (depth === 0) return at;
      at += character.length;
    }
    if (kind !== "code") at += piece.length;
  }
  throw new Error("Bug: brackets of a query that was parsed do not close");
}

function unreadable(table: string): MillraceError {
  return new MillraceError(`The query names ${table} in a way that cannot be followed`, {
    code: "query/bad-table-name",
    hint: "Write schema.table, and at (version => 3) behind it or its alias, without comments in between.",
  });
}
