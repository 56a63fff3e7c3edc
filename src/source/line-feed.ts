/** A copy of a CSV file whose lines all end in a line feed, for files that mix line ends. */

import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readContent } from "./content.ts";
import type { Compression } from "./file-source.ts";

const LF = 10;
const CR = 13;

/** Line ends inside quotes stay as they are; records keep their numbers. */
export async function stageLineFeeds(
  path: string,
  folder: string,
  {
    quote,
    compression,
    signal,
  }: { quote: string; compression?: Compression | undefined; signal?: AbortSignal },
): Promise<string> {
  const target = join(folder, `lines-${randomUUID()}.txt`);
  const quoteByte = quote.charCodeAt(0);
  let inQuotes = false;
  let afterCr = false;
  const file = await open(target, "wx");
  try {
    for await (const piece of readContent(path, { compression, signal })) {
      const out = Buffer.allocUnsafe(piece.length + 1);
      let length = 0;
      for (const byte of piece) {
        const isPair = afterCr && byte === LF;
        afterCr = false;
        if (isPair) continue;
        if (byte === quoteByte) inQuotes = !inQuotes;
        if (byte === CR && !inQuotes) {
          out[length++] = LF;
          afterCr = true;
        } else {
          out[length++] = byte;
        }
      }
      await file.writeFile(out.subarray(0, length));
    }
  } finally {
    await file.close();
  }
  return target;
}
