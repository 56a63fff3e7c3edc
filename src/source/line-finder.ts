/** The line numbers of a few records of a file, found in one sweep over its bytes. */

import { readContent } from "./content.ts";
import type { CsvDialect } from "./csv-record.ts";
import { parseCsvRecord } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import { type RecordVisitor, walkRecords } from "./record-walker.ts";

/** The fields of a CSV record as the engine decoded them, null where empty and unquoted; or a whole line. */
export type WantedRecord = readonly (string | null)[] | string;

export type LineDialect =
  | (CsvDialect & {
      readonly format: "csv";
      /** Whether the first record names the columns. */
      readonly header: boolean;
      /** True for files whose lines end in CR alone. */
      readonly endsInCr?: boolean;
    })
  | { readonly format: "ndjson"; readonly trailingCommas?: boolean };

export interface FindLinesOptions {
  readonly dialect: LineDialect;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For each wanted record the line on which it begins, counted from 1, or undefined where the file does not
 * hold it so often. Of records that are alike each gets a line of its own, in the order of the file.
 */
export async function findLines(
  path: string,
  wanted: readonly WantedRecord[],
  { dialect, compression, signal }: FindLinesOptions,
): Promise<(number | undefined)[]> {
  const lines: (number | undefined)[] = Array.from({ length: wanted.length });
  if (wanted.length === 0) return lines;
  const isCsv = dialect.format === "csv";
  const csv: CsvDialect = isCsv ? dialect : { delimiter: ",", quote: '"' };
  const quoteByte = csv.quote.charCodeAt(0);
  const trailingCommas = !isCsv && dialect.trailingCommas === true;
  const index = indexWanted(wanted, { csv, isCsv, quoteByte, trailingCommas });
  let left = wanted.length;
  let isHeader = isCsv && dialect.header;

  /** Gives the line to the first record alike that has none yet; false when none is left. */
  const settle = (
    candidates: number[] | undefined,
    line: number,
    isSame: (at: number) => boolean,
  ): boolean => {
    for (let last = (candidates?.length ?? 0) - 1; last >= 0; last--) {
      const at = candidates?.[last] ?? 0;
      const isFound = lines[at] !== undefined;
      if (!isFound && !isSame(at)) continue;
      candidates?.splice(last, 1);
      if (isFound) continue;
      lines[at] = line;
      left -= 1;
      break;
    }
    return left > 0;
  };

  const visit: RecordVisitor = (bytes, from, to, line, quotes) => {
    if (isHeader) {
      isHeader = false;
      return true;
    }
    if (quotes > 0) {
      const hash = sampleUnquoted(bytes, from, to, { quoteByte, quotes });
      if (!index.mayHold(hash)) return true;
      let fields: readonly (string | null)[] | undefined;
      return settle(index.quoted.get(hash), line, (at) => {
        fields ??= parseCsvRecord(bytes.subarray(from, to), csv);
        return isAlike(wanted[at] ?? "", fields);
      });
    }
    const [start, end] = isCsv ? [from, to] : trim(bytes, from, to, trailingCommas);
    const hash = samplePlain(bytes, start, end);
    if (!index.mayHold(hash)) return true;
    let text: string | undefined;
    return settle(index.plain.get(hash), line, (at) => {
      text ??= bytes.toString("utf8", start, end);
      return text === index.plainText(at);
    });
  };

  const walk = {
    quote: isCsv ? csv.quote : undefined,
    delimiter: csv.delimiter,
    endsInCr: isCsv && dialect.endsInCr === true,
  };
  await walkRecords(readContent(path, { compression, signal }), walk, visit);
  return lines;
}

interface WantedIndex {
  /** Quick and sometimes wrongly true. */
  mayHold(hash: number): boolean;
  /** Numbers of wanted records, the first ones last, by the hash of the line that they are without quotes. */
  readonly plain: ReadonlyMap<number, number[]>;
  readonly quoted: ReadonlyMap<number, number[]>;
  plainText(at: number): string;
}

interface IndexOptions {
  readonly csv: CsvDialect;
  readonly isCsv: boolean;
  readonly quoteByte: number;
  readonly trailingCommas: boolean;
}

function indexWanted(
  wanted: readonly WantedRecord[],
  { csv, isCsv, quoteByte, trailingCommas }: IndexOptions,
): WantedIndex {
  const plain = new Map<number, number[]>();
  const quoted = new Map<number, number[]>();
  const bits = new Uint32Array(2 ** Math.min(20, 7 + Math.ceil(Math.log2(wanted.length + 1))));
  const mask = bits.length * 32 - 1;
  const needsQuotes = new RegExp(`[\\n\\r${[csv.delimiter, csv.quote].map(escaped).join("")}]`);
  const plainText = (at: number): string => {
    const record = wanted[at] ?? "";
    if (typeof record !== "string") return record.map((field) => field ?? "").join(csv.delimiter);
    return isCsv ? record : trimText(record, trailingCommas);
  };
  const add = (map: Map<number, number[]>, hash: number, at: number): void => {
    bits[(hash & mask) >>> 5] = (bits[(hash & mask) >>> 5] as number) | (1 << (hash & 31));
    const list = map.get(hash);
    if (list === undefined) map.set(hash, [at]);
    else list.push(at);
  };
  for (let at = wanted.length - 1; at >= 0; at--) {
    const record = wanted[at] ?? "";
    const bytes = Buffer.from(plainText(at));
    const isText = typeof record === "string";
    if (
      isText ||
      record.every((field) => field === null || (field !== "" && !needsQuotes.test(field)))
    ) {
      add(plain, samplePlain(bytes, 0, bytes.length), at);
    }
    if (isText) continue;
    const quotes = bytes.reduce((count, byte) => count + Number(byte === quoteByte), 0);
    add(quoted, sampleUnquoted(bytes, 0, bytes.length, { quoteByte, quotes }), at);
  }
  return {
    plain,
    quoted,
    plainText,
    mayHold: (hash) => (((bits[(hash & mask) >>> 5] as number) >>> (hash & 31)) & 1) === 1,
  };
}

/** From the length and 16 bytes of the beginning, the middle and the end; of a short line from all. */
function samplePlain(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  let hash = Math.imul(length, 0x9e3779b1);
  if (length < 16) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  } else {
    hash = Math.imul(hash ^ wordAt(bytes, start), 0x01000193);
    hash = Math.imul(hash ^ wordAt(bytes, start + 4), 0x85ebca6b);
    hash = Math.imul(hash ^ wordAt(bytes, start + (length >> 1) - 2), 0x01000193);
    hash = Math.imul(hash ^ wordAt(bytes, end - 4), 0xc2b2ae35);
  }
  return hash ^ (hash >>> 15);
}

function wordAt(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** From the length without quotes and 8 bytes of each end that are none: the same however fields are quoted. */
function sampleUnquoted(
  bytes: Buffer,
  start: number,
  end: number,
  { quoteByte, quotes }: { quoteByte: number; quotes: number },
): number {
  let hash = Math.imul(end - start - quotes, 0x85ebca6b);
  for (let at = start, taken = 0; at < end && taken < 8; at++) {
    const byte = bytes[at] as number;
    if (byte === quoteByte) continue;
    hash = Math.imul(hash ^ byte, 0x01000193);
    taken += 1;
  }
  for (let at = end - 1, taken = 0; at >= start && taken < 8; at--) {
    const byte = bytes[at] as number;
    if (byte === quoteByte) continue;
    hash = Math.imul(hash ^ byte, 0x01000193);
    taken += 1;
  }
  return hash ^ (hash >>> 15);
}

function isAlike(wanted: WantedRecord, fields: readonly (string | null)[]): boolean {
  return (
    typeof wanted !== "string" &&
    wanted.length === fields.length &&
    wanted.every((field, index) => field === fields[index])
  );
}

/** A line of JSON without the blanks around it and the comma after it. */
function trim(
  bytes: Buffer,
  from: number,
  to: number,
  comma: boolean,
): [start: number, end: number] {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start] as number)) start += 1;
  while (end > start && isBlank(bytes[end - 1] as number)) end -= 1;
  if (comma && end > start && bytes[end - 1] === 0x2c) end -= 1;
  while (end > start && isBlank(bytes[end - 1] as number)) end -= 1;
  return [start, end];
}

function trimText(text: string, comma: boolean): string {
  const bytes = Buffer.from(text);
  const [start, end] = trim(bytes, 0, bytes.length, comma);
  return bytes.toString("utf8", start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
