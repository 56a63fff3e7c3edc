/**
 * Lines of wanted records in a file of which each line is a record, at the speed of memory: the byte kernel makes a
 * number of every line, and only lines whose number is one of a wanted record are looked at.
 */

import { type ByteKernel, openByteKernel } from "./byte-kernel.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import { FREE_FROM } from "./kernel.ts";
import { isAlike, joinFields, type WantedRecord } from "./wanted-record.ts";

/** Lines of JSON have no quotes that the kernel must pass over; no text has this byte. */
const NO_QUOTE = 0xff;
const LF = 0x0a;
const CR = 0x0d;
/** A line and a piece after it; a longer line ends the search. */
const INPUT_BYTES = 4 << 20;
const INPUT = FREE_FROM;
const FILTER = INPUT + INPUT_BYTES + 64;
const LEAST_FILTER_BYTES = 1 << 14;
const MOST_FILTER_BYTES = 1 << 21;
/** Candidates of one call of the kernel, sixteen bytes each. */
const MOST_FOUND = 4096;
const FOUND_BYTES = 16;

/** Gives a line to one of the candidates, which are alike where `isSame`; false when none is left. */
export type Settle = (
  candidates: number[] | undefined,
  line: number,
  isSame: (at: number) => boolean,
) => boolean;

export interface PlainSearch {
  readonly wanted: readonly WantedRecord[];
  /** Undefined for lines of JSON. */
  readonly csv: CsvDialect | undefined;
  /** Whether the first record names the columns and is passed over. */
  readonly isHeader: boolean;
  readonly settle: Settle;
}

/** Goes through the file once; where a line is too long for it, up to there. */
export async function sweepPlain(
  pieces: AsyncIterable<Buffer>,
  { wanted, csv, isHeader, settle }: PlainSearch,
): Promise<void> {
  const index = indexLines(wanted, csv);
  const { kernel, quote } = index;
  const text = Buffer.from(kernel.bytes.buffer);
  /** Finished before the bytes that the kernel holds. */
  let line = 1;
  let held = 0;
  let isBegun = false;
  let isHeaderLeft = isHeader;

  /** Where the walk begins: behind the mark, blank lines and the header. */
  const begin = (to: number): number => {
    let at = text.toString("hex", INPUT, INPUT + 3) === "efbbbf" ? INPUT + 3 : INPUT;
    while (isHeaderLeft && at < to) {
      const end = text.indexOf(LF, at);
      if (end < 0 || end >= to) return at;
      isHeaderLeft = end === at || (end === at + 1 && text[at] === CR);
      at = end + 1;
      line += 1;
    }
    return at;
  };
  const look = (from: number, to: number, quotes: number, at: number): boolean => {
    if (to <= from) return true;
    if (quotes === 0) {
      let found: string | undefined;
      return settle(index.plain.get(kernel.sampleAll(from, to)), at, (one) => {
        found ??= text.toString("utf8", from, to);
        return found === index.plainText(one);
      });
    }
    let fields: readonly (string | null)[] | undefined;
    return settle(index.quoted.get(kernel.sampleEnds(from, to, quote, quotes)), at, (one) => {
      fields ??= csv === undefined ? [] : parseCsvRecord(text.subarray(from, to), csv);
      return isAlike(wanted[one] ?? "", fields);
    });
  };
  /** Where the unfinished line begins; undefined when nothing is left to look for. */
  const walk = (from: number, to: number): number | undefined => {
    let at = from;
    for (;;) {
      const found = kernel.find(at, to, quote, FILTER, index.mask, index.found, MOST_FOUND);
      for (let one = 0; one < found; one++) {
        const word = (nth: number): number =>
          kernel.view.getUint32(index.found + FOUND_BYTES * one + 4 * nth, true);
        if (!look(word(0), word(1), word(3), line + word(2))) return undefined;
      }
      line += kernel.lines.value;
      at = kernel.next.value;
      if (found < MOST_FOUND) return at;
    }
  };

  for await (const piece of pieces) {
    if (held + piece.length + 1 > INPUT_BYTES) return;
    kernel.bytes.set(piece, INPUT + held);
    const to = INPUT + held + piece.length;
    const from = isBegun && !isHeaderLeft ? INPUT : begin(to);
    isBegun = true;
    const rest = walk(from, to);
    if (rest === undefined) return;
    kernel.bytes.copyWithin(INPUT, rest, to);
    held = to - rest;
  }
  if (held === 0) return;
  const end = INPUT + held;
  kernel.bytes[end] = LF;
  walk(isHeaderLeft ? begin(end + 1) : INPUT, end + 1);
}

interface LineIndex {
  readonly kernel: ByteKernel;
  readonly quote: number;
  /** Numbers of wanted records, the first ones last, by the number of the line that they are without quotes. */
  readonly plain: ReadonlyMap<number, number[]>;
  readonly quoted: ReadonlyMap<number, number[]>;
  plainText(at: number): string;
  /** Of the bits of the filter. */
  readonly mask: number;
  /** Where the kernel writes what it finds. */
  readonly found: number;
}

function indexLines(wanted: readonly WantedRecord[], csv: CsvDialect | undefined): LineIndex {
  const bits = 2 ** Math.ceil(Math.log2(32 * (wanted.length + 1)));
  const filterBytes = Math.min(MOST_FILTER_BYTES, Math.max(LEAST_FILTER_BYTES, bits / 8));
  const found = FILTER + filterBytes;
  const kernel = openByteKernel(found + FOUND_BYTES * MOST_FOUND - FREE_FROM);
  const text = Buffer.from(kernel.bytes.buffer);
  const quote = csv === undefined ? NO_QUOTE : csv.quote.charCodeAt(0);
  const mask = 8 * filterBytes - 1;
  const plain = new Map<number, number[]>();
  const quoted = new Map<number, number[]>();
  const plainText = (at: number): string => {
    const record = wanted[at] ?? "";
    return typeof record === "string" || csv === undefined
      ? String(record)
      : joinFields(record, csv);
  };
  const add = (map: Map<number, number[]>, sample: number, at: number): void => {
    const bit = sample & mask;
    const byte = FILTER + (bit >>> 3);
    kernel.bytes[byte] = (kernel.bytes[byte] ?? 0) | (1 << (bit & 7));
    const list = map.get(sample);
    if (list === undefined) map.set(sample, [at]);
    else list.push(at);
  };
  for (let at = wanted.length - 1; at >= 0; at--) {
    const record = wanted[at] ?? "";
    const line = plainText(at);
    // A longer one is found by its fields.
    if (Buffer.byteLength(line) > INPUT_BYTES) continue;
    const to = INPUT + text.write(line, INPUT);
    const isText = typeof record === "string";
    if (isText || csv === undefined || record.every((field) => standsBare(field, csv)))
      add(plain, kernel.sampleAll(INPUT, to), at);
    if (isText) continue;
    let quotes = 0;
    for (let byte = INPUT; byte < to; byte++) if (text[byte] === quote) quotes += 1;
    add(quoted, kernel.sampleEnds(INPUT, to, quote, quotes), at);
  }
  return { kernel, quote, plain, quoted, plainText, mask, found };
}

function standsBare(field: string | null, { delimiter }: CsvDialect): boolean {
  return field === null || (field !== "" && !field.includes(delimiter));
}
