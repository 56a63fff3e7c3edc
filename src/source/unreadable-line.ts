/** Lines of NDJSON files that a JSON reader skipped without a word: found again, with their numbers and why. */

import { messageOf } from "../base/error.ts";
import { openBrokenRecords, type WrittenRecords } from "./broken-record.ts";
import type { Compression } from "./file-source.ts";
import { walkLines } from "./physical-line.ts";

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

/**
 * Writes every unreadable line to `target`, by line. A line that opens an object and does not close it
 * is certainly one of them. Where these are fewer than the reader missed, `ordinals` is asked which ones they are,
 * counting lines that are not blank from 1.
 */
export async function writeUnreadableLines(
  files: readonly UnreadableFile[],
  ordinals: (path: string) => Promise<readonly number[]>,
  target: string,
): Promise<WrittenRecords> {
  const out = openBrokenRecords(target);
  for (const file of files) {
    const certain: { line: number; raw: string }[] = [];
    await walkLines(file.path, file.compression, (bytes, from, to, line) => {
      if (isCutOff(bytes, from, to)) certain.push({ line, raw: bytes.toString("utf8", from, to) });
      return certain.length <= file.count;
    });
    const found =
      certain.length === file.count ? certain : await pickLines(file, await ordinals(file.path));
    for (const { line, raw } of found) {
      const text = raw.replace(/\r$/, "");
      out.add({
        file: file.name,
        line,
        raw: text,
        rule: "json",
        message: unreadableMessage(text),
      });
    }
  }
  return out.close();
}

async function pickLines(
  file: UnreadableFile,
  ordinals: readonly number[],
): Promise<{ line: number; raw: string }[]> {
  const wanted = new Set(ordinals);
  const found: { line: number; raw: string }[] = [];
  let ordinal = 0;
  await walkLines(file.path, file.compression, (bytes, from, to, line) => {
    if (isBlank(bytes, from, to)) return true;
    ordinal += 1;
    if (wanted.has(ordinal)) found.push({ line, raw: bytes.toString("utf8", from, to) });
    return found.length < wanted.size;
  });
  return found;
}

/** True where the line begins an object and does not end with its end. */
function isCutOff(bytes: Buffer, from: number, to: number): boolean {
  if (bytes[from] !== BRACE_OPEN) return false;
  let end = to - 1;
  while (end > from && isSpace(bytes[end])) end -= 1;
  return bytes[end] !== BRACE_CLOSE;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if (!isSpace(bytes[index])) return false;
  return true;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** Why the reader could not read this line. */
export function unreadableMessage(raw: string): string {
  const frames = Error.stackTraceLimit;
  try {
    // Where it was thrown nobody asks, and to tell it takes as long as the rest.
    Error.stackTraceLimit = 0;
    JSON.parse(raw);
    return "is not valid JSON: the reader refuses it";
  } catch (error) {
    const why = messageOf(error)
      .replace(/, ".*?"\.\.\. is not valid JSON$|, "[\s\S]*" is not valid JSON$/, "")
      .slice(0, 200);
    return `is not valid JSON: ${why}`;
  } finally {
    Error.stackTraceLimit = frames;
  }
}
