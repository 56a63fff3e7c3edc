/** Records that are looked for in a file, and what tells cheaply whether some bytes may be one of them. */

import type { CsvDialect } from "./csv-record.ts";

/** The decoded fields of a CSV record, or a line of JSON. */
export type WantedRecord = readonly (string | null)[] | string;

/** What is looked for, found again by numbers that are cheap to make from the bytes of a record. */
export interface WantedIndex {
  /** Quick and sometimes wrongly true. */
  mayHold(hash: number): boolean;
  /** Numbers of wanted records, the first ones last, by the hash of the line that they are without quotes. */
  readonly plain: ReadonlyMap<number, number[]>;
  readonly quoted: ReadonlyMap<number, number[]>;
  plainText(at: number): string;
}

export interface IndexOptions {
  readonly csv: CsvDialect;
  /** Whether the fields say too little about the bytes, and only `plain` of the decoded fields is asked. */
  readonly isLoose: boolean;
  readonly quoteByte: number;
}

export function indexWanted(
  wanted: readonly WantedRecord[],
  { csv, isLoose, quoteByte }: IndexOptions,
): WantedIndex {
  const plain = new Map<number, number[]>();
  const quoted = new Map<number, number[]>();
  const bits = new Uint32Array(2 ** Math.min(20, 7 + Math.ceil(Math.log2(wanted.length + 1))));
  const mask = bits.length * 32 - 1;
  const standsBare = (field: string | null): boolean =>
    field === null || (field !== "" && !field.includes(csv.delimiter));
  const plainText = (at: number): string => {
    const record = wanted[at] ?? "";
    if (typeof record !== "string") return joinFields(record, csv);
    return trimText(record);
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
    if (!isText && isLoose) add(plain, sampleFields(record, csv), at);
    else if (isText || record.every(standsBare))
      add(plain, samplePlain(bytes, 0, bytes.length), at);
    if (isText || isLoose) continue;
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

/** Words that a sample takes at most: lines of JSON begin and end alike, so that it must look all along them. */
const SAMPLED_WORDS = 32;

/** From the length and words spread evenly over the line; of a short line from all its bytes. */
export function samplePlain(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  let hash = Math.imul(length, 0x9e3779b1);
  if (length < 4) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  } else {
    const step = Math.max(4, Math.floor(length / SAMPLED_WORDS));
    const last = end - 4;
    for (let at = start; at < last; at += step) {
      hash = Math.imul(hash ^ wordAt(bytes, at), 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ wordAt(bytes, last), 0xc2b2ae35);
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
export function sampleUnquoted(
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

/** Surplus fields that are empty tell nothing: a reader passes over them. */
export function isAlike(wanted: WantedRecord, fields: readonly (string | null)[]): boolean {
  return (
    typeof wanted !== "string" &&
    wanted.length <= fields.length &&
    fields.every((field, index) => field === (wanted[index] ?? null))
  );
}

/** Where a line of JSON begins and ends without the blanks around it and the comma after it. */
export function trim(bytes: Buffer, from: number, to: number): [start: number, end: number] {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start] as number)) start += 1;
  while (end > start && isBlank(bytes[end - 1] as number)) end -= 1;
  return [start, end];
}

function trimText(text: string): string {
  const bytes = Buffer.from(text);
  const [start, end] = trim(bytes, 0, bytes.length);
  return bytes.toString("utf8", start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** From the decoded fields, whatever empty ones follow them. */
export function sampleFields(fields: readonly (string | null)[], csv: CsvDialect): number {
  const joined = joinFields(fields, csv);
  let end = joined.length;
  while (end > 0 && joined[end - 1] === csv.delimiter) end -= 1;
  const bytes = Buffer.from(joined.slice(0, end));
  return samplePlain(bytes, 0, bytes.length);
}

/** The record as it would stand in a line without quotes. */
export function joinFields(fields: readonly (string | null)[], { delimiter }: CsvDialect): string {
  return fields.map((field) => field ?? "").join(delimiter);
}
