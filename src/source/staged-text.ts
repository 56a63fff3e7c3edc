/** A copy of a text file in UTF-8, for files in an encoding that was declared. */

import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { readContent, readStart } from "./content.ts";
import type { FileProblem } from "./file-problem.ts";
import type { Compression, Encoding } from "./file-source.ts";
import { type LineEnd, scanText } from "./text-scan.ts";

export interface StagedText {
  /** Plain UTF-8 without a mark, in the folder; undefined where there is a problem. */
  readonly path: string | undefined;
  readonly lineEnd: LineEnd;
  /** Whether a line of the copy is longer than `longLineBytes`. */
  readonly hasLongLine: boolean;
  readonly problem: FileProblem | undefined;
}

export interface TextStaging {
  /** UTF-16 is little-endian unless its mark says otherwise; latin-1 is windows-1252, as in browsers. */
  readonly encoding: Encoding;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
  /** At least 1 MiB; without it no line is long. */
  readonly longLineBytes?: number;
}

const SCANNED_BYTES = 1 << 20;

/** Unpacks and recodes the whole file; lines keep their numbers. */
export async function stageUtf8(
  path: string,
  folder: string,
  { encoding, compression, signal, longLineBytes = Number.MAX_SAFE_INTEGER }: TextStaging,
): Promise<StagedText> {
  const staged = join(folder, `staged-${randomUUID()}.txt`);
  const decoder = new TextDecoder(await labelOf(path, { encoding, compression, signal }), {
    fatal: true,
  });
  const scan = scanText({ longLineBytes });
  const file = await open(staged, "wx");
  let isDone = false;
  const write = async (text: string) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += SCANNED_BYTES)
      scan.push(bytes.subarray(at, at + SCANNED_BYTES));
    await file.writeFile(bytes);
  };
  try {
    for await (const piece of readContent(path, { compression, signal })) {
      await write(decoder.decode(piece, { stream: true }));
    }
    await write(decoder.decode());
    isDone = true;
    const { lineEnd, longLine } = scan.finish();
    return { path: staged, lineEnd, hasLongLine: longLine !== undefined, problem: undefined };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return {
      path: undefined,
      lineEnd: "none",
      hasLongLine: false,
      problem: { rule: "file", message: `is no valid ${encoding}` },
    };
  } finally {
    await file.close();
    if (!isDone) await rm(staged, { force: true });
  }
}

async function labelOf(
  path: string,
  { encoding, compression, signal }: TextStaging,
): Promise<string> {
  if (encoding !== "utf-16") return encoding === "latin-1" ? "windows-1252" : "utf-8";
  const mark = await readStart(path, 2, { compression, signal });
  return mark.toString("hex") === "feff" ? "utf-16be" : "utf-16le";
}
