/**
 * Records of CSV files that the engine must not see. It reports each field beyond the header by itself with the text
 * of the line, so that one line of a million fields keeps it busy for hours; and of a record that is longer than the
 * longest line and never closed it says nothing at all. They are found and taken out before it reads.
 */

import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { walkQuotes } from "./broken-line.ts";
import { readContent } from "./content.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import { walkLines } from "./physical-line.ts";

export interface UnfitRecord {
  /** Where it begins in the unpacked content, and where its last line ends. */
  readonly offset: number;
  readonly end: number;
  readonly kind: "fields" | "quote" | "length";
  /** How many it has, where these are too many. */
  readonly fields: number | undefined;
}

export interface UnfitOptions extends CsvDialect {
  readonly compression?: Compression | undefined;
  /** A record of one line with more fields does not fit. */
  readonly mostFields: number;
  /** A record of several lines with more bytes does not fit. */
  readonly mostBytes: number;
}

/** A shorter line has no more fields than the engine bears. */
const FEWEST_BYTES = 4096;
const MARK = "efbbbf";

export async function findUnfitRecords(
  path: string,
  { compression, mostFields, mostBytes, ...dialect }: UnfitOptions,
): Promise<UnfitRecord[]> {
  const found: UnfitRecord[] = [];
  const quote = dialect.quote.charCodeAt(0);
  const delimiter = dialect.delimiter.charCodeAt(0);
  const holdsQuote = quoteFinder(quote);
  let next = 0;
  let begun: { readonly offset: number; readonly walk: ReturnType<typeof walkQuotes> } | undefined;
  await walkLines(path, compression, (bytes, from, to) => {
    const offset = next;
    const end = offset + to - from;
    next = end + 1;
    if (begun !== undefined) {
      if (!begun.walk(bytes, from, to)) return true;
      if (end - begun.offset > mostBytes)
        found.push({ offset: begun.offset, end, kind: "length", fields: undefined });
      begun = undefined;
      return true;
    }
    if (holdsQuote(bytes, from, to)) {
      const walk = walkQuotes(delimiter, quote);
      const start =
        offset === 0 && bytes.toString("hex", from, from + 3) === MARK ? from + 3 : from;
      if (!walk(bytes, start, to)) {
        begun = { offset, walk };
        return true;
      }
    }
    if (to - from < Math.max(FEWEST_BYTES, mostFields)) return true;
    const fields = parseCsvRecord(bytes.subarray(from, to), dialect).length;
    if (fields > mostFields) found.push({ offset, end, kind: "fields", fields });
    return true;
  });
  if (begun !== undefined)
    found.push({ offset: begun.offset, end: next, kind: "quote", fields: undefined });
  return found;
}

/** Whether a line holds a quote; each buffer is searched but once. */
function quoteFinder(quote: number): (bytes: Buffer, from: number, to: number) => boolean {
  let searched: Buffer | undefined;
  let at = -1;
  return (bytes, from, to) => {
    if (bytes !== searched || (at !== -1 && at < from)) {
      searched = bytes;
      at = bytes.indexOf(quote, from);
    }
    return at !== -1 && at < to;
  };
}

/** A copy of the file in the folder without these records and their line ends. */
export async function stageWithout(
  path: string,
  folder: string,
  { compression, unfit }: { compression: Compression | undefined; unfit: readonly UnfitRecord[] },
): Promise<string> {
  const target = join(folder, `fit-${randomUUID()}.txt`);
  const file = await open(target, "wx");
  try {
    let start = 0;
    let index = 0;
    for await (const piece of readContent(path, { compression })) {
      const end = start + piece.length;
      let at = start;
      while (at < end) {
        const record = unfit[index];
        const to = Math.min(record?.offset ?? end, end);
        if (at < to) await file.writeFile(piece.subarray(at - start, to - start));
        if (record === undefined || record.offset >= end) break;
        at = Math.min(record.end + 1, end);
        if (record.end >= end) break;
        index += 1;
      }
      start = end;
    }
  } finally {
    await file.close();
  }
  return target;
}

/** Where a byte of the copy stands in the file itself; it may be one byte before the beginning of a record. */
export function originalOffset(offset: number, unfit: readonly UnfitRecord[]): number {
  return unfit.reduce(
    (at, record) => (record.offset <= at + 1 ? at + record.end + 1 - record.offset : at),
    offset,
  );
}
