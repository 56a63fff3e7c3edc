/**
 * Lines that did not pass, sorted by what is to be done with them. What the engine can cut into a record is written for
 * it, with the line's number in front; a line with another number of fields is known for broken; and of the rest, whose
 * quotes are at odds, nobody but the engine's own reader can say.
 */

export type SieveDialect =
  | {
      readonly format: "csv";
      readonly delimiter: string;
      readonly quote: string;
      /** Texts without quotes that mean null, beside the empty one. */
      readonly nulls: readonly string[];
    }
  | {
      readonly format: "ndjson";
      /** True where a record may have members that no column has. */
      readonly skipsUnknown: boolean;
    };

/** The lines of a part that did not pass, by their numbers in it from 1. */
export interface HeldLines {
  /** How many were written as `numberedLine` writes them. */
  readonly held: number;
  /** Two by two: the number of a line with too few or too many fields, and how many it has. */
  readonly broken: Uint32Array;
  /** Lines that have to be read among others like them, as they are. */
  readonly odd: Uint32Array;
}

export interface HeldLineWriter {
  readonly count: number;
  /** A line with its line feed. */
  add(number: number, line: Buffer): void;
  end(): HeldLines;
}

const RETURN = 0x0d;

/** `write` takes what goes into the file of each kind. */
export function sortHeldLines(
  dialect: SieveDialect,
  columns: number,
  write: (kind: keyof HeldLines, bytes: Buffer) => void,
): HeldLineWriter {
  const broken: number[] = [];
  const odd: number[] = [];
  let held = 0;
  return {
    get count() {
      return held + broken.length / 2 + odd.length;
    },
    add(number, line) {
      const content = line.subarray(0, contentBytes(line));
      const fields = dialect.format === "csv" ? countFields(content, dialect) : columns;
      if (dialect.format === "ndjson" && withoutBlanks(content).length === 0) return;
      if (fields === columns) {
        held += 1;
        write("held", numberedLine(number, line, dialect));
      } else if (fields === undefined || endsInMark(content, dialect)) {
        odd.push(number);
        write("odd", line);
      } else {
        broken.push(number, fields);
        write("broken", line);
      }
    },
    end: () => ({ held, broken: Uint32Array.from(broken), odd: Uint32Array.from(odd) }),
  };
}

/** Around a text of JSON, which hardly ever holds it: a quote of JSON's own would have to be written twice every time. */
export const HELD_QUOTE = "\u0001";

/** A line of CSV with the number in front; a line of JSON as one of CSV, its fields the number and the text of the record. */
export function numberedLine(number: number, line: Buffer, dialect: SieveDialect): Buffer {
  if (dialect.format === "csv")
    return Buffer.concat([Buffer.from(`${number}${dialect.delimiter}`), line]);
  // Byte by byte: only the quote matters.
  const text = withoutBlanks(line.subarray(0, contentBytes(line))).toString("latin1");
  const doubled = text.replaceAll(HELD_QUOTE, HELD_QUOTE + HELD_QUOTE);
  return Buffer.from(`${number},${HELD_QUOTE}${doubled}${HELD_QUOTE}\n`, "latin1");
}

/** Blanks around a record of JSON are no part of it. */
function withoutBlanks(content: Buffer): Buffer {
  let from = 0;
  let to = content.length;
  while (from < to && isBlank(content[from])) from += 1;
  while (to > from && isBlank(content[to - 1])) to -= 1;
  return content.subarray(from, to);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === RETURN;
}

function contentBytes(line: Buffer): number {
  const bytes = line.length - 1;
  return line[bytes - 1] === RETURN ? bytes - 1 : bytes;
}

/** Fields of a line whose quotes all stand where they must; undefined of any other, and of a blank one. */
function countFields(
  line: Buffer,
  { delimiter, quote }: { readonly delimiter: string; readonly quote: string },
): number | undefined {
  const delimiterByte = delimiter.charCodeAt(0);
  const quoteByte = quote.charCodeAt(0);
  if (withoutBlanks(line).length === 0) return undefined;
  for (let at = 0, fields = 1; ; fields += 1) {
    const isQuoted = line[at] === quoteByte;
    const end = isQuoted ? quotedEnd(line, at + 1, quoteByte) : plainEnd(line, at, delimiterByte);
    if (end === -1 || (!isQuoted && line.subarray(at, end).includes(quoteByte))) return undefined;
    if (end === line.length) return fields;
    if (line[end] !== delimiterByte) return undefined;
    at = end + 1;
  }
}

/** An empty field too many is one that readers may pass over. */
function endsInMark(line: Buffer, dialect: SieveDialect): boolean {
  return dialect.format === "csv" && line.at(-1) === dialect.delimiter.charCodeAt(0);
}

function plainEnd(line: Buffer, from: number, delimiter: number): number {
  const end = line.indexOf(delimiter, from);
  return end === -1 ? line.length : end;
}

/** Behind the closing quote; -1 where there is none. */
function quotedEnd(line: Buffer, from: number, quote: number): number {
  let at = line.indexOf(quote, from);
  while (at !== -1 && line[at + 1] === quote) at = line.indexOf(quote, at + 2);
  return at === -1 ? -1 : at + 1;
}
