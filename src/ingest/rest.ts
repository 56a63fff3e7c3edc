/** Of each file that went through the sieve, a small one of its shape: its header, and the lines that did not come through. */

import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { copyLines } from "../source/sieve/sift-part.ts";
import type { PartOfFile } from "./part-of-file.ts";
import type { InputFile } from "./records.ts";

interface RestOfPart extends PartOfFile {
  /** Where its first line begins. */
  readonly start: number;
  /** The number of that line in the file, from 1. */
  readonly firstLine: number;
  /** Lines that the sieve held: a file of them, which is removed, and their places in the part from 1. */
  readonly held: { readonly path: string; readonly lines: Uint32Array };
  /** Places of lines that broke a rule, rising. */
  readonly broken: readonly number[];
}

export interface Rest {
  add(part: RestOfPart): Promise<void>;
  /** Files with a line at least. */
  files(): Promise<InputFile[]>;
}

interface Entry {
  readonly input: InputFile;
  readonly path: string;
  /** Of each line behind the header: which one of the file it is. */
  readonly lines: number[];
}

export function openRest(folder: string, headerLines: number): Rest {
  const entries = new Map<string, Entry>();
  return {
    async add({ input, range, start, header, firstLine, held, broken }) {
      if (held.lines.length + broken.length > 0) {
        const path = join(folder, `rest-${randomUUID()}.txt`);
        const entry = entries.get(range.path) ?? { input, path, lines: [] };
        if (!entries.has(range.path)) await append(entry.path, range.path, header);
        entries.set(range.path, entry);
        await append(entry.path, held.path);
        for (const line of held.lines) entry.lines.push(firstLine + line - 1);
        await appendLines(entry.path, { ...range, start }, broken);
        for (const line of broken) entry.lines.push(firstLine + line - 1);
      }
      await rm(held.path);
    },
    files: () =>
      Promise.all(
        [...entries.values()].map(async ({ input, path, lines }) => ({
          ...input,
          readPath: path,
          inspection: { ...input.inspection, contentBytes: (await stat(path)).size },
          lineOf: (line: number) => lines[line - headerLines - 1] ?? line,
        })),
      ),
  };
}

/** Adds so many bytes of a file to another one, or all. */
async function append(target: string, path: string, bytes?: number): Promise<void> {
  if (bytes === 0) return;
  const file = await open(target, "a");
  const range = bytes === undefined ? {} : { end: bytes - 1 };
  await pipeline(createReadStream(path, range), file.createWriteStream());
}

async function appendLines(
  target: string,
  part: Parameters<typeof copyLines>[0],
  places: readonly number[],
): Promise<void> {
  if (places.length === 0) return;
  const file = await open(target, "a");
  try {
    copyLines(part, places, file.fd);
  } finally {
    await file.close();
  }
}
