/** Lines of NDJSON files that a JSON reader skipped without a word: found again, with their numbers and why. */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { messageOf } from "../base/error.ts";
import type { Compression } from "./file-source.ts";
import { physicalLines } from "./physical-line.ts";

export interface UnreadableFile {
  /** As messages call it. */
  readonly name: string;
  readonly path: string;
  readonly compression: Compression | undefined;
  /** How many lines the reader could not read. */
  readonly count: number;
}

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/**
 * Writes one JSON object `{ file, line, raw, rule, message }` per unreadable line to `target`; the number of lines.
 * A line that opens an object and does not close it is certainly one of them. Where these are fewer than the reader
 * missed, `ordinals` is asked which ones they are, counting lines that are not blank from 1.
 */
export async function writeUnreadableLines(
  files: readonly UnreadableFile[],
  ordinals: (path: string) => Promise<readonly number[]>,
  target: string,
): Promise<number> {
  const out = createWriteStream(target, { flags: "wx" });
  let count = 0;
  for (const file of files) {
    const certain = await countLines(file, isCutOff);
    const listed = certain === file.count ? undefined : new Set(await ordinals(file.path));
    let ordinal = 0;
    let line = 0;
    for await (const bytes of physicalLines(file.path, file.compression)) {
      line += 1;
      if (isBlank(bytes)) continue;
      ordinal += 1;
      const isWanted = listed === undefined ? isCutOff(bytes) : listed.has(ordinal);
      if (!isWanted) continue;
      count += 1;
      const raw = bytes.toString("utf8").replace(/\r$/, "");
      const record = {
        file: file.name,
        line,
        raw,
        rule: "json",
        message: `is not valid JSON: ${why(raw)}`,
      };
      if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, "drain");
    }
  }
  out.end();
  await finished(out);
  return count;
}

async function countLines(file: UnreadableFile, test: (line: Buffer) => boolean): Promise<number> {
  let count = 0;
  for await (const line of physicalLines(file.path, file.compression)) if (test(line)) count += 1;
  return count;
}

/** True where the line begins an object and does not end with its end. */
function isCutOff(line: Buffer): boolean {
  if (line[0] !== BRACE_OPEN) return false;
  let end = line.length - 1;
  while (end > 0 && BLANKS.has(line[end] ?? 0)) end -= 1;
  return line[end] !== BRACE_CLOSE;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => BLANKS.has(byte));
}

function why(raw: string): string {
  try {
    JSON.parse(raw);
    return "the reader refuses it";
  } catch (error) {
    return messageOf(error)
      .replace(/, ".*?"\.\.\. is not valid JSON$|, "[\s\S]*" is not valid JSON$/, "")
      .slice(0, 200);
  }
}
