/**
 * What a CSV reader could not cut into fields, given back line by line. A quote that is never closed swallows the
 * lines after it into one reject; each of them becomes a line of its own again, so that nothing is counted as one
 * and the innocent ones pass when they are replayed.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Compression } from "./file-source.ts";
import { physicalLines } from "./physical-line.ts";

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

export interface LineDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** One line of the NDJSON file. */
interface BrokenLine {
  readonly file: string;
  readonly line: number;
  readonly raw: string;
  readonly rule: string;
  readonly message: string;
}

const CR = 13;

/** Writes one JSON object per broken physical line to `target`, in the order of the files; the number of lines. */
export async function writeBrokenLines(
  files: readonly BrokenFile[],
  { delimiter, quote }: LineDialect,
  target: string,
): Promise<number> {
  const out = createWriteStream(target, { flags: "wx" });
  let count = 0;
  const put = async (line: BrokenLine): Promise<void> => {
    count += 1;
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, "drain");
  };
  for (const file of files) {
    for await (const line of linesOf(file, delimiter.charCodeAt(0), quote.charCodeAt(0)))
      await put(line);
  }
  out.end();
  await finished(out);
  return count;
}

async function* linesOf(
  { name, path, compression, rejects }: BrokenFile,
  delimiter: number,
  quote: number,
): AsyncGenerator<BrokenLine> {
  const waiting = rejects.toSorted((a, b) => a.line - b.line);
  let open: { reject: CsvReject; walk: QuoteWalk } | undefined;
  let number = 0;
  for await (const bytes of physicalLines(path, compression)) {
    if (waiting.length === 0 && open === undefined) return;
    number += 1;
    let swallowedBy: number | undefined;
    let reject: CsvReject | undefined;
    if (open !== undefined) {
      ({ reject } = open);
      swallowedBy = open.reject.line;
      if (open.walk(bytes)) open = undefined;
    } else {
      while (waiting[0] !== undefined && waiting[0].line <= number) {
        const next = waiting.shift();
        if (next?.line === number) reject = next;
      }
      if (reject?.kind === "quote") {
        const walk = walkQuotes(delimiter, quote);
        if (!walk(bytes)) open = { reject, walk };
      }
    }
    if (reject === undefined) continue;
    const raw = bytes.toString("utf8").replace(/\r$/, "");
    if (swallowedBy !== undefined && raw === "") continue;
    const message =
      swallowedBy === undefined
        ? reject.message
        : `was swallowed by the quote that line ${swallowedBy} opens and never closes`;
    yield {
      file: name,
      line: number,
      raw,
      rule: swallowedBy === undefined ? reject.kind : "quote",
      message,
    };
  }
}

/** Takes the lines of a broken record one after another; true once the reader would begin a new record. */
type QuoteWalk = (line: Buffer) => boolean;

function walkQuotes(delimiter: number, quote: number): QuoteWalk {
  let inQuotes = false;
  return (line) => {
    let atFieldStart = !inQuotes;
    for (let index = 0; index < line.length; index += 1) {
      const byte = line[index];
      if (inQuotes) {
        if (byte !== quote) continue;
        const next = line[index + 1];
        if (next === quote) {
          index += 1;
          continue;
        }
        inQuotes = false;
        // What follows a closing quote must end the field; else the reader gives up to the end of this line.
        if (next !== undefined && next !== delimiter && next !== CR) return true;
      } else if (byte === quote && atFieldStart) {
        inQuotes = true;
      }
      atFieldStart = byte === delimiter;
    }
    return !inQuotes;
  };
}
