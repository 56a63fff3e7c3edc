/** Regular expressions that a text must match as a whole, in the part of RE2's syntax that people write in contracts. */

import {
  ASCII,
  byteRange,
  bytes,
  choice,
  type Expression,
  repeat,
  sequence,
  textExpression,
  WIDE_CHARACTER,
} from "./expression.ts";

/** A set of characters: the ASCII ones among them, and whether all others are. */
interface Characters {
  readonly ascii: ReadonlySet<number>;
  readonly wide: boolean;
}

const DIGITS = byteRange(0x30, 0x39);
const WORD = new Set([...DIGITS, ...byteRange(0x41, 0x5a), ...byteRange(0x61, 0x7a), 0x5f]);
const BLANKS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x20]);
const CLASSES: ReadonlyMap<string, Characters> = new Map([
  ["d", { ascii: DIGITS, wide: false }],
  ["w", { ascii: WORD, wide: false }],
  ["s", { ascii: BLANKS, wide: false }],
  ["D", notOf({ ascii: DIGITS, wide: false })],
  ["W", notOf({ ascii: WORD, wide: false })],
  ["S", notOf({ ascii: BLANKS, wide: false })],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["t", 0x09],
  ["n", 0x0a],
  ["v", 0x0b],
  ["f", 0x0c],
  ["r", 0x0d],
]);
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,4})(,(\d{1,4})?)?\})\??/;
/** What means more than itself, or would be read otherwise by some. */
const MARKS = new Set("\\^$.|?*+()[]{}");
const MOST_CHARACTERS = 1000;

class Unknown extends Error {}

/** Undefined of what is not known here, right or wrong. A line end is a character like others. */
export function parsePattern(pattern: string): Expression | undefined {
  if (pattern.length > MOST_CHARACTERS) return undefined;
  const reader = { text: Array.from(pattern), at: 0 };
  try {
    const expression = parseChoice(reader, true);
    return reader.at === reader.text.length ? expression : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

interface Reader {
  /** One character each. */
  readonly text: readonly string[];
  at: number;
}

/** Up to the end, or a bracket that closes; `isOuter` where nothing can stand around it. */
function parseChoice(reader: Reader, isOuter: boolean): Expression {
  const items = [parseSequence(reader, isOuter)];
  while (take(reader, "|")) items.push(parseSequence(reader, isOuter));
  return items.length === 1 && items[0] !== undefined ? items[0] : choice(items);
}

function parseSequence(reader: Reader, isOuter: boolean): Expression {
  const items: Expression[] = [];
  // Both ends are those of the text, whatever is said of them.
  if (isOuter) take(reader, "^");
  for (
    let next = peek(reader);
    next !== undefined && next !== "|" && next !== ")";
    next = peek(reader)
  ) {
    if (isOuter && next === "$") {
      reader.at += 1;
      if (peek(reader) !== undefined && peek(reader) !== "|") throw new Unknown();
      break;
    }
    items.push(parseRepeated(reader));
  }
  return sequence(items);
}

function parseRepeated(reader: Reader): Expression {
  const item = parseItem(reader);
  const rest = reader.text.slice(reader.at, reader.at + 12).join("");
  const found = QUANTIFIER.exec(rest);
  if (found === null) return item;
  reader.at += found[0].length;
  const [all, count, hasMore, limit] = found;
  if (/[*+?{]/.test(peek(reader) ?? "")) throw new Unknown();
  if (count === undefined) {
    const most = all.startsWith("?") ? 1 : Number.POSITIVE_INFINITY;
    return repeat(item, all.startsWith("+") ? 1 : 0, most);
  }
  const least = Number(count);
  const most =
    hasMore === undefined ? least : limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (most < least) throw new Unknown();
  return repeat(item, least, most);
}

function parseItem(reader: Reader): Expression {
  const first = reader.text[reader.at];
  reader.at += 1;
  switch (first) {
    case ".":
      return anyOf({ ascii: ASCII, wide: true });
    case "[":
      return anyOf(parseSet(reader));
    case "(":
      return parseGroup(reader);
    case "\\":
      return anyOf(parseEscape(reader));
    default:
      if (first === undefined || MARKS.has(first)) throw new Unknown();
      return textExpression(first);
  }
}

function parseGroup(reader: Reader): Expression {
  // Names and switches stand behind other characters.
  if (take(reader, "?") && !take(reader, ":")) throw new Unknown();
  const inner = parseChoice(reader, false);
  if (!take(reader, ")")) throw new Unknown();
  return inner;
}

/** Behind the backslash. */
function parseEscape(reader: Reader): Characters {
  const letter = reader.text[reader.at] ?? "";
  reader.at += 1;
  const own = CLASSES.get(letter);
  if (own !== undefined) return own;
  const control = CONTROLS.get(letter);
  if (control !== undefined) return { ascii: new Set([control]), wide: false };
  if (!PUNCTUATION.test(letter)) throw new Unknown();
  return { ascii: new Set([letter.charCodeAt(0)]), wide: false };
}

/** Behind the bracket that opens it. */
function parseSet(reader: Reader): Characters {
  const isNot = take(reader, "^");
  const ascii = new Set<number>();
  let wide = false;
  do {
    const low = parseMember(reader);
    const isRange = peek(reader) === "-" && reader.text[reader.at + 1] !== "]";
    if (isRange) {
      reader.at += 1;
      const [from, to] = [onlyOf(low), onlyOf(parseMember(reader))];
      if (to < from) throw new Unknown();
      for (const byte of byteRange(from, to)) ascii.add(byte);
    } else {
      for (const byte of low.ascii) ascii.add(byte);
      wide ||= low.wide;
    }
  } while (!take(reader, "]"));
  return isNot ? notOf({ ascii, wide }) : { ascii, wide };
}

function parseMember(reader: Reader): Characters {
  const first = reader.text[reader.at] ?? "";
  reader.at += 1;
  if (first === "\\") return parseEscape(reader);
  const code = first.codePointAt(0) ?? 0x80;
  // A bracket may open the name of a class.
  if (first === "[" || first === "]" || code > 0x7f) throw new Unknown();
  return { ascii: new Set([code]), wide: false };
}

function onlyOf({ ascii, wide }: Characters): number {
  const [only] = ascii;
  if (only === undefined || ascii.size !== 1 || wide) throw new Unknown();
  return only;
}

function notOf({ ascii, wide }: Characters): Characters {
  return { ascii: new Set([...ASCII].filter((byte) => !ascii.has(byte))), wide: !wide };
}

function anyOf({ ascii, wide }: Characters): Expression {
  return wide ? choice([bytes(ascii), WIDE_CHARACTER]) : bytes(ascii);
}

function peek({ text, at }: Reader): string | undefined {
  return text[at];
}

function take(reader: Reader, character: string): boolean {
  const is = peek(reader) === character;
  if (is) reader.at += 1;
  return is;
}
