/**
 * A strict reader of JSON (RFC 8259) over pieces of bytes: it says where values begin and end and builds none.
 *
 * The caller enters the containers it wants to see into. Events come for the values and keys directly
 * inside entered containers; everything else is only checked. Trailing commas, NaN, comments, raw control
 * characters and bytes after the one value are errors with line and column; that the text is UTF-8 and
 * that keys do not repeat is for others to check.
 */

import { beginNumber, goOnNumber, isWholeNumber, type NumberPart } from "./json-number.ts";

export type JsonKind = "object" | "array" | "text" | "number" | "boolean" | "null";

/** Offsets count from the beginning of the document. */
export interface JsonEvents {
  /** A value begins; true enters a container. */
  begin(kind: JsonKind, at: number): boolean;
  /** The name of the value that comes next. */
  key(name: string): void;
  /** The value that was begun and not entered is over. */
  end(at: number): void;
  /** The innermost entered container is over. */
  leave(at: number): void;
}

/** Where and why a document is no JSON; line and column (in bytes) count from 1. */
export class JsonError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = "JsonError";
    this.line = line;
    this.column = column;
  }
}

export interface JsonScanner {
  /** Scans the next piece; throws JsonError. */
  push(piece: Buffer): void;
  /** Throws JsonError where the document is not over; a number that nothing follows ends here. */
  finish(): void;
  /** The line on which the scanner stands, counted from 1. */
  line(): number;
}

const VALUE = 0;
const FIRST_VALUE_OR_END = 1;
const FIRST_KEY_OR_END = 2;
const KEY = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const STRING = 6;
const ESCAPE = 7;
const HEX = 8;
const WORD = 9;
const NUMBER = 10;
const DONE = 11;

const WANTED: Readonly<Record<number, string>> = {
  [VALUE]: "a value",
  [FIRST_VALUE_OR_END]: "a value or ]",
  [FIRST_KEY_OR_END]: "a key in quotes or }",
  [KEY]: "a key in quotes",
  [COLON]: "a colon",
  [NUMBER]: "a digit",
  [DONE]: "nothing more",
};

const MAX_DEPTH = 1000;
const OBJECT = 1;
const ARRAY = 2;

export function scanJson(events: JsonEvents): JsonScanner {
  const containers = new Uint8Array(MAX_DEPTH + 1);
  let depth = 0;
  let entered = 0;
  let state = VALUE;
  let isKey = false;
  let word = "";
  let wordAt = 0;
  let hexLeft = 0;
  let part: NumberPart | undefined;
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  let keyParts: Buffer[] = [];
  let keyFrom = -1;

  const fail = (message: string, at: number): never => {
    throw new JsonError(message, line, offset + at - lineStart + 1);
  };

  const unexpected = (byte: number, at: number): never => {
    const found =
      byte < 0x20 || byte > 0x7e
        ? `byte 0x${byte.toString(16).padStart(2, "0")}`
        : String.fromCharCode(byte);
    if (state === VALUE && depth > 0 && (byte === 0x5d || byte === 0x7d)) {
      return fail(`a ${containers[depth] === ARRAY ? "comma" : "colon"} with nothing after it`, at);
    }
    if (state === KEY && byte === 0x7d) return fail("a comma with nothing after it", at);
    const inside = containers[depth] === ARRAY ? "a comma or ]" : "a comma or }";
    return fail(`expected ${WANTED[state] ?? inside}, found ${found}`, at);
  };

  const begin = (kind: JsonKind, at: number): boolean =>
    depth === entered && events.begin(kind, offset + at);

  /** A scalar or a container that was not entered is over before `at`. */
  const end = (at: number): void => {
    state = depth === 0 ? DONE : COMMA_OR_END;
    if (depth === entered) events.end(offset + at);
  };

  const open = (container: number, at: number): void => {
    if (depth === MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels`, at);
    const enters = begin(container === OBJECT ? "object" : "array", at);
    depth += 1;
    containers[depth] = container;
    if (enters) entered += 1;
    state = container === OBJECT ? FIRST_KEY_OR_END : FIRST_VALUE_OR_END;
  };

  const close = (at: number): void => {
    const wasEntered = depth === entered;
    depth -= 1;
    if (!wasEntered) {
      end(at + 1);
      return;
    }
    entered -= 1;
    state = depth === 0 ? DONE : COMMA_OR_END;
    events.leave(offset + at + 1);
  };

  const beginWord = (text: string, kind: JsonKind, at: number): void => {
    begin(kind, at);
    word = text;
    wordAt = 1;
    state = WORD;
  };

  const beginKey = (at: number): void => {
    isKey = true;
    state = STRING;
    if (depth === entered) keyFrom = at;
  };

  const endString = (piece: Buffer, at: number): void => {
    if (!isKey) {
      end(at + 1);
      return;
    }
    isKey = false;
    state = COLON;
    if (keyFrom === -1) return;
    const text = Buffer.concat([...keyParts, piece.subarray(keyFrom, at + 1)]).toString("utf8");
    keyParts = [];
    keyFrom = -1;
    events.key(String(JSON.parse(text)));
  };

  const beginValue = (byte: number, at: number): void => {
    switch (byte) {
      case 0x7b:
        open(OBJECT, at);
        break;
      case 0x5b:
        open(ARRAY, at);
        break;
      case 0x22:
        begin("text", at);
        state = STRING;
        break;
      case 0x74:
        beginWord("true", "boolean", at);
        break;
      case 0x66:
        beginWord("false", "boolean", at);
        break;
      case 0x6e:
        beginWord("null", "null", at);
        break;
      default:
        part = beginNumber(byte);
        if (part === undefined) unexpected(byte, at);
        begin("number", at);
        state = NUMBER;
    }
  };

  /** One byte where a structure is expected. */
  const step = (byte: number, at: number): void => {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d) return;
    if (byte === 0x0a) {
      line += 1;
      lineStart = offset + at + 1;
    } else if (state === COMMA_OR_END) {
      const container = containers[depth];
      if (byte === 0x2c) state = container === OBJECT ? KEY : VALUE;
      else if (byte === (container === OBJECT ? 0x7d : 0x5d)) close(at);
      else unexpected(byte, at);
    } else if (state === COLON) {
      if (byte !== 0x3a) unexpected(byte, at);
      state = VALUE;
    } else if (state === KEY || state === FIRST_KEY_OR_END) {
      if (byte === 0x22) beginKey(at);
      else if (byte === 0x7d && state === FIRST_KEY_OR_END) close(at);
      else unexpected(byte, at);
    } else if (state === FIRST_VALUE_OR_END && byte === 0x5d) {
      close(at);
    } else if (state === DONE) {
      unexpected(byte, at);
    } else {
      beginValue(byte, at);
    }
  };

  const stepInWord = (byte: number, at: number): void => {
    if (byte !== word.charCodeAt(wordAt)) fail(`expected ${word}`, at);
    wordAt += 1;
    if (wordAt === word.length) end(at + 1);
  };

  const stepInEscape = (byte: number, at: number): void => {
    if (state === HEX) {
      if (!isHex(byte)) fail("a \\u without four hex digits after it", at);
      hexLeft -= 1;
      if (hexLeft === 0) state = STRING;
    } else if (byte === 0x75) {
      hexLeft = 4;
      state = HEX;
    } else if (ESCAPED.includes(byte)) {
      state = STRING;
    } else {
      fail("an escape that JSON does not have", at);
    }
  };

  /** True where the byte belongs to the number. */
  const stepInNumber = (byte: number, at: number): boolean => {
    const next = part === undefined ? undefined : goOnNumber(part, byte);
    if (next !== undefined) {
      part = next;
      return true;
    }
    if (part === undefined || !isWholeNumber(part)) unexpected(byte, at);
    end(at);
    return false;
  };

  return {
    push(piece) {
      let at = offset === 0 && piece.toString("hex", 0, 3) === "efbbbf" ? 3 : 0;
      const length = piece.length;
      while (at < length) {
        if (state === STRING) {
          let byte = 0;
          while (at < length) {
            byte = piece[at] as number;
            if (byte === 0x22 || byte === 0x5c || byte < 0x20) break;
            at += 1;
          }
          if (at === length) break;
          if (byte === 0x22) endString(piece, at);
          else if (byte === 0x5c) state = ESCAPE;
          else fail("a raw control character or line end inside a text", at);
          at += 1;
        } else if (state === NUMBER) {
          if (stepInNumber(piece[at] as number, at)) at += 1;
        } else {
          const byte = piece[at] as number;
          if (state === WORD) stepInWord(byte, at);
          else if (state === ESCAPE || state === HEX) stepInEscape(byte, at);
          else step(byte, at);
          at += 1;
        }
      }
      if (keyFrom !== -1) {
        keyParts.push(piece.subarray(keyFrom));
        keyFrom = 0;
      }
      offset += length;
    },
    finish() {
      if (depth === 0 && state === NUMBER && part !== undefined && isWholeNumber(part)) end(0);
      if (state !== DONE) {
        const where = containers[depth] === ARRAY ? "an array" : "an object";
        const outside =
          state === VALUE ? "the text ends before a value" : "the text ends inside a value";
        fail(depth === 0 ? outside : `the text ends inside ${where}`, 0);
      }
    },
    line: () => line,
  };
}

const ESCAPED: readonly number[] = [0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74];

function isHex(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isDigit || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
