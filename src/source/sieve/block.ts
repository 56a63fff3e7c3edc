/** Whole lines of a part of a file, a block at a time. */

import { readSync } from "node:fs";
import { MillraceError } from "../../base/error.ts";

/** The lines that begin between two bytes of a file. A line that does not fit into a block is a failure. */
export interface FilePart {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** True where a line begins at `from`. */
  readonly isLineStart: boolean;
}

export interface Block {
  /** Of its first byte, in the file. */
  readonly offset: number;
  /** Behind its last line, in memory. */
  readonly to: number;
  /** How its last line ends. */
  readonly lineEnd: "\n" | "\r\n";
}

/** No line that passes is longer. */
export const BLOCK_BYTES = 4 * 2 ** 20;
/** So little that it is looked at before it leaves the cache of the processor. */
const READ_BYTES = 2 ** 18;

/** Brings whole lines of the part to the place in memory, again and again. */
export function* readBlocks(
  { path, from, to, isLineStart }: FilePart,
  file: number,
  bytes: Uint8Array,
  place: number,
): Generator<Block> {
  let position = isLineStart ? from : lineStart(file, from);
  let kept = 0;
  let lineEnd: Block["lineEnd"] = "\n";
  while (position - kept < to) {
    const count = readSync(
      file,
      bytes,
      place + kept,
      Math.min(BLOCK_BYTES - kept, READ_BYTES),
      position,
    );
    position += count;
    const filled = place + kept + count;
    if (count === 0 && kept === 0) return;
    if (count === 0) {
      // The last line of the file may have no end. A reader wants it to end as the others do.
      bytes.set(Buffer.from(lineEnd), filled);
      yield { offset: position - kept, to: filled + lineEnd.length, lineEnd };
      return;
    }
    // The last line that begins before `to` is the last one of the part.
    const beyond = position - to;
    const last =
      beyond >= 0
        ? bytes.subarray(0, filled).indexOf(0x0a, Math.max(filled - beyond - 1, place))
        : -1;
    const end = (last === -1 ? bytes.subarray(0, filled).lastIndexOf(0x0a) : last) + 1;
    kept = filled - Math.max(end, place);
    if (kept === BLOCK_BYTES) throw tooLong(path);
    if (end <= place) continue;
    lineEnd = end - place > 1 && bytes[end - 2] === 0x0d ? "\r\n" : "\n";
    yield { offset: position - (filled - place), to: end, lineEnd };
    if (last !== -1) return;
    bytes.copyWithin(place, end, filled);
  }
}

/** A line that was not there when the file was inspected. */
function tooLong(path: string): MillraceError {
  return new MillraceError(`${path} has a line of more than ${BLOCK_BYTES} bytes`, {
    code: "source/unreadable-file",
  });
}

/** Where the first line begins that begins at this byte or behind it. */
function lineStart(file: number, from: number): number {
  const some = Buffer.alloc(65_536);
  for (let at = from - 1; ; ) {
    const count = readSync(file, some, 0, some.length, at);
    if (count === 0) return at;
    const feed = some.subarray(0, count).indexOf(0x0a);
    if (feed !== -1) return at + feed + 1;
    at += count;
  }
}
