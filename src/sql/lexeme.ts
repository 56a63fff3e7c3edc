/** The words and marks of SQL text with their places: comments and blanks are passed over, strings and quoted names stay whole. */

import { tokens } from "./token.ts";

export interface Lexeme {
  /** A `mark` is `=>`, `:=` or one character that is part of no word. */
  readonly kind: "word" | "name" | "string" | "mark";
  /** As written, with its quotes. */
  readonly text: string;
  /** In characters of the whole text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

const CODE = /[\p{L}\p{N}_$]+|=>|:=|\S/gu;

export function lexemes(text: string): Lexeme[] {
  const found: Lexeme[] = [];
  let at = 0;
  for (const { kind, text: piece } of tokens(text)) {
    const start = at;
    at += piece.length;
    if (kind === "comment") continue;
    if (kind !== "code") {
      found.push({ kind, text: piece, start, end: at });
      continue;
    }
    for (const { 0: word, index } of piece.matchAll(CODE)) {
      const place = { text: word, start: start + index, end: start + index + word.length };
      found.push({ kind: /^[\p{L}\p{N}_$]/u.test(word) ? "word" : "mark", ...place });
    }
  }
  return found;
}

/** The name that a word or quoted name stands for; undefined where it is neither. */
export function nameOf({ kind, text }: Lexeme): string | undefined {
  if (kind === "word") return text;
  return kind === "name" ? text.slice(1, -1).replaceAll('""', '"') : undefined;
}

/** True where it is this mark, or this word in upper or lower case. */
export function isLexeme(lexeme: Lexeme | undefined, text: string): boolean {
  return (
    (lexeme?.kind === "word" || lexeme?.kind === "mark") &&
    lexeme.text.toLowerCase() === text.toLowerCase()
  );
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The index of what closes the bracket at `open`; the length of the list where nothing does. */
export function closing(list: readonly Lexeme[], open: number): number {
  let depth = 0;
  for (let index = open; index < list.length; index += 1) {
    const { kind, text = "" } = list[index] ?? {};
    if (kind !== "mark") continue;
    if (Object.hasOwn(CLOSING, text)) depth += 1;
    else if (Object.values(CLOSING).includes(text)) depth -= 1;
    if (depth === 0) return index;
  }
  return list.length;
}
