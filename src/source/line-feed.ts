/** A copy of a CSV file whose lines all end in a line feed, for files that mix line ends. */

import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readContent } from "./content.ts";
import type { Compression } from "./file-source.ts";

const LF = 10;
const CR = 13;
const BLANK = 32;

/** Line ends inside quotes stay as they are; records keep their numbers. */
export async function stageLineFeeds(
  path: string,
  folder: string,
  {
    quote,
    delimiter,
    compression,
    signal,
  }: {
    quote: string;
    delimiter: string;
    compression?: Compression | undefined;
    signal?: AbortSignal;
  },
): Promise<string> {
  const target = join(folder, `lines-${randomUUID()}.txt`);
  const quoteByte = quote.charCodeAt(0);
  const delimiterByte = delimiter.charCodeAt(0);
  let inQuotes = false;
  let atFieldStart = true;
  let afterCr = false;
  let isFirst = true;
  const file = await open(target, "wx");
  try {
    for await (const piece of readContent(path, { compression, signal })) {
      const out = Buffer.allocUnsafe(piece.length + 1);
      let length = 0;
      let mark = isFirst && piece.toString("hex", 0, 3) === "efbbbf" ? 3 : 0;
      isFirst = false;
      for (const byte of piece) {
        const isMark = mark > 0;
        mark -= 1;
        const isPair = afterCr && byte === LF;
        afterCr = false;
        if (isPair) continue;
        const isEnd = !inQuotes && byte === CR;
        out[length++] = isEnd ? LF : byte;
        afterCr = isEnd;
        if (inQuotes) {
          // A doubled quote closes and opens again.
          if (byte === quoteByte) inQuotes = false;
          atFieldStart = !inQuotes;
        } else if (byte === quoteByte && atFieldStart) {
          inQuotes = true;
        } else if (byte !== BLANK) {
          atFieldStart = byte === delimiterByte || byte === LF || isEnd || isMark;
        }
      }
      await file.writeFile(out.subarray(0, length));
    }
  } finally {
    await file.close();
  }
  return target;
}
