/**
 * Lines of CSV files with far more fields than the header. The engine reports each surplus field by itself with the
 * text of the line, so that one line of a million fields would keep it busy for hours: such lines are taken out first.
 */

import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readContent } from "./content.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import { walkRecords } from "./record-walker.ts";

export interface WideRecord {
  /** Counted from 1. */
  readonly line: number;
  readonly fields: number;
}

export interface WideOptions extends CsvDialect {
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A record with more fields is wide. */
  readonly mostFields: number;
}

/** A shorter record has no more fields than the engine bears. */
const FEWEST_BYTES = 4096;
const LF = 0x0a;

/** Those that stand in one line. */
export async function findWideRecords(path: string, options: WideOptions): Promise<WideRecord[]> {
  const { compression, signal, mostFields, delimiter, quote } = options;
  const found: WideRecord[] = [];
  const walk = { delimiter, quote, endsInCr: false };
  await walkRecords(readContent(path, { compression, signal }), walk, (bytes, start, end, line) => {
    if (end - start < Math.max(FEWEST_BYTES, mostFields)) return true;
    const record = bytes.subarray(start, end);
    if (record.includes("\n")) return true;
    const fields = parseCsvRecord(record, options).length;
    if (fields > mostFields) found.push({ line, fields });
    return true;
  });
  return found;
}

/**
 * A copy of the file in the folder with line feeds in the place of these records, so that all others stay where they
 * are; and where in the content each of them begins.
 */
export async function stageWithout(
  path: string,
  folder: string,
  { compression, wide }: { compression: Compression | undefined; wide: readonly WideRecord[] },
): Promise<{ readonly path: string; readonly offsets: ReadonlyMap<WideRecord, number> }> {
  const target = join(folder, `narrow-${randomUUID()}.txt`);
  const byLine = new Map(wide.map((record) => [record.line, record]));
  const offsets = new Map<WideRecord, number>();
  const file = await open(target, "wx");
  try {
    let line = 1;
    let offset = 0;
    for await (const piece of readContent(path, { compression })) {
      const copy = Buffer.from(piece);
      for (let from = 0; ; line += 1) {
        const end = piece.indexOf(LF, from);
        const record = byLine.get(line);
        if (record !== undefined) {
          copy.fill(LF, from, end === -1 ? piece.length : end);
          if (!offsets.has(record)) offsets.set(record, offset + from);
        }
        if (end === -1) break;
        from = end + 1;
      }
      await file.writeFile(copy);
      offset += piece.length;
    }
  } finally {
    await file.close();
  }
  return { path: target, offsets };
}
