/** Of each file a small one of its shape: its header, and its lines of which only the reader of the whole can tell what they are. */

import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { InputFile } from "./records.ts";

export interface OddLines {
  readonly input: InputFile;
  /** Bytes before the first record of the file. */
  readonly header: number;
  readonly path: string;
  /** In the file, from 1. */
  readonly lines: readonly number[];
}

/** Files with a line at least. */
export async function oddFiles(
  folder: string,
  parts: readonly OddLines[],
  headerLines: number,
): Promise<InputFile[]> {
  const some = parts.filter(({ lines }) => lines.length > 0);
  const files: InputFile[] = [];
  for (const [input, own] of Map.groupBy(some, (part) => part.input)) {
    const readPath = join(folder, `odd-${randomUUID()}.txt`);
    await append(readPath, input.readPath, own[0]?.header);
    for (const { path } of own) await append(readPath, path);
    const lines = own.flatMap((part) => part.lines);
    files.push({
      ...input,
      readPath,
      inspection: { ...input.inspection, contentBytes: (await stat(readPath)).size },
      lineOf: (line) => lines[line - headerLines - 1] ?? line,
    });
  }
  return files;
}

/** Adds so many bytes of a file to another one, or all. */
async function append(target: string, path: string, bytes?: number): Promise<void> {
  if (bytes === 0) return;
  const file = await open(target, "a");
  const range = bytes === undefined ? {} : { end: bytes - 1 };
  await pipeline(createReadStream(path, range), file.createWriteStream());
}
