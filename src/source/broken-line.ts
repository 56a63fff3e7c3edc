/**
 * What a CSV reader could not cut into fields, given back line by line. A quote that is never closed swallows the
 * lines after it into one reject; each of them becomes a line of its own again, so that nothing is counted as one
 * and the innocent ones pass when they are replayed.
 */

import {
  type BrokenRecordWriter,
  openBrokenRecords,
  type WrittenRecords,
} from "./broken-record.ts";
import type { Compression } from "./file-source.ts";
import { walkLines } from "./physical-line.ts";

/** One reject as a CSV reader reports it. */
export interface CsvReject {
  /**
   * Where the record begins in the unpacked content, counted from 0; the engine's own count of lines leaves out the
   * line breaks inside quotes. After CRLF it may be one byte early.
   */
  readonly offset: number;
  readonly kind: "fields" | "quote" | "encoding" | "length" | "other";
  readonly message: string;
}

export interface BrokenFile {
  /** As messages call it. */
  readonly name: string;
  readonly path: string;
  readonly compression: Compression | undefined;
  readonly rejects: readonly CsvReject[];
  /** What a line of it is called, where it holds only some lines of a file. */
  readonly lineOf?: ((line: number) => number) | undefined;
}

const CR = 13;
const BLANK = 32;

export interface LineDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** Writes every broken physical line to `target`, in the order of the files. */
export async function writeBrokenLines(
  files: readonly BrokenFile[],
  { delimiter, quote }: LineDialect,
  target: string,
): Promise<WrittenRecords> {
  const out = openBrokenRecords(target);
  for (const file of files) {
    await walkBroken(file, () => walkQuotes(delimiter.charCodeAt(0), quote.charCodeAt(0)), out);
  }
  return out.close();
}

async function walkBroken(
  { name, path, compression, rejects, lineOf = (line) => line }: BrokenFile,
  beginQuotes: () => QuoteWalk,
  out: BrokenRecordWriter,
): Promise<void> {
  // Of several about one record the one that tells where the record ends comes first.
  const waiting = rejects.toSorted(
    (a, b) => a.offset - b.offset || Number(swallows(b)) - Number(swallows(a)),
  );
  let at = 0;
  let open: { reject: CsvReject; walk: QuoteWalk; line: number; texts: string[] } | undefined;
  const end = (): void => {
    if (open === undefined) return;
    const { reject, line, texts } = open;
    open = undefined;
    if (swallows(reject)) return;
    out.add({
      file: name,
      line,
      raw: texts.join("\n"),
      rule: reject.kind,
      message: reject.message,
    });
  };
  await walkLines(path, compression, (bytes, from, to, physicalLine, offset) => {
    const line = lineOf(physicalLine);
    const endOffset = offset + to - from;
    const raw = (): string => textOf(bytes, from, to);
    if (open !== undefined) {
      // Nothing begins inside of a record.
      while ((waiting[at]?.offset ?? endOffset) < endOffset) at += 1;
      const { reject, walk, texts } = open;
      if (!swallows(reject)) texts.push(raw());
      else if (raw() !== "") {
        const message = `was swallowed by the quote that line ${open.line} opens and never closes`;
        out.add({ file: name, line, raw: raw(), rule: "quote", message });
      }
      if (walk(bytes, from, to)) end();
      return true;
    }
    const reject = waiting[at];
    if (reject === undefined) return false;
    if (reject.offset >= endOffset) return reject.offset;
    // Blank lines before a record are the reader's beginning of it.
    if (to === from || (to - from === 1 && bytes[from] === CR)) return true;
    while (waiting[at]?.offset === reject.offset) at += 1;
    const walk = beginQuotes();
    open = { reject, walk, line, texts: [raw()] };
    if (swallows(reject))
      out.add({ file: name, line, raw: raw(), rule: reject.kind, message: reject.message });
    if (walk(bytes, from, to)) end();
    return true;
  });
  end();
}

/** Whether the lines of the record are given back one by one, since it may hold many that are innocent. */
function swallows({ kind }: CsvReject): boolean {
  return kind === "quote" || kind === "length";
}

function textOf(bytes: Buffer, from: number, to: number): string {
  return bytes.toString("utf8", from, to).replace(/\r$/, "");
}

/** Takes the lines of a broken record one after another; true once the reader would begin a new record. */
type QuoteWalk = (bytes: Buffer, from: number, to: number) => boolean;

export function walkQuotes(delimiter: number, quote: number): QuoteWalk {
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
