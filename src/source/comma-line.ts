/**
 * A copy of a file whose lines are records that end in commas, as NDJSON. What is no record becomes blanks, so that
 * every line keeps its number: the comma at the end of a line, lines that hold nothing but a bracket, and the brackets
 * with which the file begins and ends.
 */

import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ReadOptions, readContent } from "./content.ts";

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const OPENING = 0x5b;
const CLOSING = 0x5d;
const BLANK = 0x20;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Plain UTF-8 without a mark, in the folder. */
export async function stageCommaLines(
  path: string,
  folder: string,
  options: Pick<ReadOptions, "compression" | "signal">,
): Promise<string> {
  const staged = join(folder, `staged-${randomUUID()}.ndjson`);
  const file = await open(staged, "wx");
  let isDone = false;
  try {
    for await (const lines of wholeLines(readContent(path, options))) await file.writeFile(lines);
    isDone = true;
    return staged;
  } finally {
    await file.close();
    if (!isDone) await rm(staged, { force: true });
  }
}

/** The last line that is not blank comes by itself: only then is it known to be the last. */
async function* wholeLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const place = { isFirst: true, isLast: false };
  let held: Buffer[] = [];
  for await (const piece of pieces) {
    held.push(piece);
    if (!piece.includes(LINE_FEED)) continue;
    // A copy in any case: others may look at the bytes that were read.
    const known = Buffer.concat(held);
    const end = trimEnd(known, 0, known.length);
    const lastLine = end === 0 ? 0 : known.lastIndexOf(LINE_FEED, end - 1) + 1;
    held = [known.subarray(lastLine)];
    if (lastLine > 0) yield withoutCommas(known.subarray(0, lastLine), place);
  }
  place.isLast = true;
  yield withoutCommas(Buffer.concat(held), place);
}

/** Changes the bytes of these lines, and in `place` that the first one was seen. */
function withoutCommas(
  bytes: Buffer,
  place: { isFirst: boolean; readonly isLast: boolean },
): Buffer {
  if (place.isFirst && bytes.subarray(0, MARK.length).equals(MARK)) bytes.fill(BLANK, 0, 3);
  const last = place.isLast ? trimEnd(bytes, 0, bytes.length) : -1;
  for (let from = 0; from < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const to = feed < 0 ? bytes.length : feed;
    let end = trimEnd(bytes, from, to);
    const start = trimStart(bytes, from, end);
    const drop = (byte: number): void => {
      if (end === start || bytes[end - 1] !== byte) return;
      bytes[end - 1] = BLANK;
      end = trimEnd(bytes, start, end);
    };
    if (start < end && place.isFirst) {
      if (bytes[start] === OPENING) bytes[start] = BLANK;
      place.isFirst = false;
    }
    if (end === last) drop(CLOSING);
    drop(COMMA);
    if (end - start === 1 && (bytes[start] === OPENING || bytes[start] === CLOSING))
      bytes[start] = BLANK;
    from = to + 1;
  }
  return bytes;
}

function trimStart(bytes: Buffer, from: number, to: number): number {
  let start = from;
  while (start < to && isBlank(bytes[start])) start += 1;
  return start;
}

function trimEnd(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(bytes[end - 1])) end -= 1;
  return end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === BLANK || byte === LINE_FEED || byte === 0x0d || byte === 0x09;
}
