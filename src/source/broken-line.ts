/**
 * What a CSV reader could not cut into fields, given back line by line. A quote that is never closed swallows the
 * lines after it into one reject; each of them becomes a line of its own again, so that nothing is counted as one
 * and the innocent ones pass when they are replayed.
 */

import { type BrokenRecordWriter, openBrokenRecords } from "./broken-record.ts";
import type { Compression } from "./file-source.ts";
import { walkLines } from "./physical-line.ts";

/** One reject as a CSV reader reports it. */
export interface CsvReject {
  /** The line in which the record began, counted from 1. */
  readonly line: number;
  readonly kind: "fields" | "quote" | "encoding" | "length" | "other";
  readonly message: string;
}

export interface BrokenFile {
  /** As messages call it. */
  readonly name: string;
  readonly path: string;
  readonly compression: Compression | undefined;
  readonly rejects: readonly CsvReject[];
}

const CR = 13;
const BLANK = 32;

export interface LineDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** Writes every broken physical line to `target`, in the order of the files; the number of lines. */
export async function writeBrokenLines(
  files: readonly BrokenFile[],
  { delimiter, quote }: LineDialect,
  target: string,
): Promise<number> {
  const out = openBrokenRecords(target);
  for (const file of files) {
    await walkBroken(file, () => walkQuotes(delimiter.charCodeAt(0), quote.charCodeAt(0)), out);
  }
  return out.close();
}

async function walkBroken(
  { name, path, compression, rejects }: BrokenFile,
  beginQuotes: () => QuoteWalk,
  out: BrokenRecordWriter,
): Promise<void> {
  const waiting = rejects.toSorted((a, b) => a.line - b.line);
  let at = 0;
  let open: { readonly reject: CsvReject; readonly walk: QuoteWalk } | undefined;
  await walkLines(path, compression, (bytes, from, to, line) => {
    if (open !== undefined) {
      const { reject, walk } = open;
      if (walk(bytes, from, to)) open = undefined;
      const raw = textOf(bytes, from, to);
      const message = `was swallowed by the quote that line ${reject.line} opens and never closes`;
      if (raw !== "") out.add({ file: name, line, raw, rule: "quote", message });
      return true;
    }
    while ((waiting[at]?.line ?? line) < line) at += 1;
    const reject = waiting[at];
    if (reject === undefined) return false;
    if (reject.line > line) return true;
    out.add({
      file: name,
      line,
      raw: textOf(bytes, from, to),
      rule: reject.kind,
      message: reject.message,
    });
    if (reject.kind === "quote") {
      const walk = beginQuotes();
      if (!walk(bytes, from, to)) open = { reject, walk };
    }
    return true;
  });
}

function textOf(bytes: Buffer, from: number, to: number): string {
  return bytes.toString("utf8", from, to).replace(/\r$/, "");
}

/** Takes the lines of a broken record one after another; true once the reader would begin a new record. */
type QuoteWalk = (bytes: Buffer, from: number, to: number) => boolean;

function walkQuotes(delimiter: number, quote: number): QuoteWalk {
  let inQuotes = false;
  return (bytes, from, to) => {
    let atFieldStart = !inQuotes;
    let isClosed = false;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index];
      if (inQuotes) {
        if (byte !== quote) continue;
        if (index + 1 < to && bytes[index + 1] === quote) {
          index += 1;
          continue;
        }
        inQuotes = false;
        isClosed = true;
      } else if (isClosed && byte !== delimiter && byte !== CR && byte !== BLANK) {
        // What follows a closing quote must end the field; else the reader gives up to the end of this line.
        return true;
      } else if (byte === quote && atFieldStart) {
        inQuotes = true;
      } else if (byte !== BLANK) {
        atFieldStart = byte === delimiter;
        isClosed = false;
      }
    }
    return !inQuotes;
  };
}
