/** `delta_scan('path', version => 3)`, `table_changes('t', 3)`: the words of such calls in a query, and what they say. */

import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import type { Engine } from "../engine/engine.ts";
import { closing, isLexeme, type Lexeme, lexemes, nameOf } from "../sql/lexeme.ts";

/** Functions of ours that stand in FROM. */
const CALLS = ["delta_scan", "table_changes"] as const;
export type TableCallName = (typeof CALLS)[number];

export function isTableCall(name: string): name is TableCallName {
  return CALLS.some((call) => call === name);
}

/** The engine's parser takes `timestamp` for a type, also before `=>`: there another word of its length stands in for it. */
const STAND_IN = "_instant_";

/** The text with the same places that the engine's parser takes. */
export function parsable(text: string): string {
  const list = lexemes(text);
  const calls: boolean[] = [];
  const places: number[] = [];
  for (const [index, lexeme] of list.entries()) {
    if (isLexeme(lexeme, "(")) {
      const before = list[index - 1];
      calls.push(before !== undefined && isTableCall(nameOf(before)?.toLowerCase() ?? ""));
    }
    if (isLexeme(lexeme, ")")) calls.pop();
    const isArgument = isLexeme(lexeme, "timestamp") && isArrow(list[index + 1]);
    if (isArgument && calls.at(-1) === true) places.push(lexeme.start);
  }
  return places.reduce(
    (changed, at) => changed.slice(0, at) + STAND_IN + changed.slice(at + STAND_IN.length),
    text,
  );
}

/** The characters of a call, and the SQL of its arguments. */
export interface TableCallWords {
  readonly start: number;
  readonly end: number;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

/** Reads the call that begins at `offset`, as the engine's parser found it; `lexemes` are those of the whole text. */
export function readCallWords(
  text: string,
  list: readonly Lexeme[],
  offset: number,
): TableCallWords {
  const first = list.findIndex(({ start }) => start === offset);
  const open = first + 1;
  const close = closing(list, open);
  const last = list[close];
  if (!isLexeme(list[open], "(") || last === undefined)
    throw new Error("Bug: a call that was parsed has no brackets");
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const argument of argumentsIn(list, open, close)) {
    const [head, arrow, value] = argument;
    const end = argument.at(-1)?.end ?? 0;
    const name = head === undefined || !isArrow(arrow) ? undefined : nameOf(head)?.toLowerCase();
    if (name === undefined) positional.push(text.slice(head?.start, end));
    else if (named.has(name)) throw badCall(`The argument ${name} is given twice`);
    else named.set(name, text.slice(value?.start ?? end, end));
  }
  return { start: offset, end: last.end, positional, named };
}

/** The arguments of a call as it takes them; `query/bad-table-call` names what is wrong. */
export function checkArguments(
  call: TableCallName,
  { positional, named }: TableCallWords,
  wanted: { readonly least: number; readonly most: number; readonly names: readonly string[] },
): void {
  const unknown = [...named.keys()].find((name) => !wanted.names.includes(name));
  if (unknown !== undefined)
    throw badCall(`${call}() has no argument ${unknown}`, suggestWord(unknown, wanted.names));
  const count = positional.length;
  if (count >= wanted.least && count <= wanted.most) return;
  throw badCall(`${call}() is given ${count} arguments without a name`);
}

/** The text that an argument means, which must be known before the query runs. */
export async function readArgument(
  session: Engine,
  call: TableCallName,
  argument: string,
): Promise<string> {
  const rows = await session.rows(`select (${argument}\n)::varchar as value`).catch((cause) => {
    throw badCall(
      `The argument ${argument} of ${call}() is not known before the query runs`,
      "Write a text such as 'path/of/table'.",
      cause,
    );
  });
  const value = rows[0]?.value;
  if (typeof value === "string" && value !== "") return value;
  throw badCall(`The argument ${argument} of ${call}() is empty`);
}

export function badCall(message: string, hint?: string, cause?: unknown): MillraceError {
  return new MillraceError(message, {
    code: "query/bad-table-call",
    hint: hint ?? "Write it as delta_scan('path/of/table', version => 3)",
    cause,
  });
}

function isArrow(lexeme: Lexeme | undefined): boolean {
  return isLexeme(lexeme, "=>") || isLexeme(lexeme, ":=");
}

/** What stands between the commas of a pair of brackets. */
function argumentsIn(list: readonly Lexeme[], open: number, close: number): Lexeme[][] {
  const found: Lexeme[][] = [];
  let argument: Lexeme[] = [];
  for (let index = open + 1; index < close; index += 1) {
    const lexeme = list[index];
    if (lexeme === undefined) break;
    if (isLexeme(lexeme, ",")) {
      found.push(argument);
      argument = [];
      continue;
    }
    const end = isOpening(lexeme) ? closing(list, index) : index;
    argument.push(...list.slice(index, end + 1));
    index = end;
  }
  return argument.length === 0 ? found : [...found, argument];
}

function isOpening(lexeme: Lexeme): boolean {
  return lexeme.kind === "mark" && "([{".includes(lexeme.text);
}
