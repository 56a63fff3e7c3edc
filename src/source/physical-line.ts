/** The content of a file walked line by line, without a promise or a copy for each. */

import { openByteKernel } from "./byte-kernel.ts";
import { readContent } from "./content.ts";
import type { Compression } from "./file-source.ts";
import { FREE_FROM } from "./kernel.ts";

/**
 * A line lies in `bytes` from `from` up to `to`, without its line feed, good only during the call; `line` counts from 1,
 * `offset` is where it begins in the content. False ends the walk; a number goes on with the line that holds the byte
 * at this offset, or the next one.
 */
export type LineVisitor = (
  bytes: Buffer,
  from: number,
  to: number,
  line: number,
  offset: number,
) => boolean | number;

const LF = 0x0a;
/** What the kernel counts together, and room behind it. */
const PART_BYTES = 1 << 20;

/** Calls `visit` for each line, quotes or not; nothing after the last line feed is no line. */
export async function walkLines(
  path: string,
  compression: Compression | undefined,
  visit: LineVisitor,
): Promise<void> {
  const count = lineCounter();
  let rest: Buffer[] = [];
  let restBytes = 0;
  let line = 0;
  /** Of the piece in the content. */
  let start = 0;
  let wanted = 0;
  for await (const piece of readContent(path, { compression, inPassing: true })) {
    let from = 0;
    for (;;) {
      if (restBytes === 0 && wanted > start + from) {
        // Not before the line feed ahead of the byte that is wanted.
        const before = piece.lastIndexOf(LF, Math.min(wanted - start, piece.length) - 1);
        if (before >= from) {
          line += count(piece, from, before + 1);
          from = before + 1;
        }
      }
      const end = piece.indexOf(LF, from);
      if (end < 0) break;
      line += 1;
      const whole = restBytes === 0 ? piece : Buffer.concat([...rest, piece.subarray(0, end)]);
      const found =
        restBytes === 0
          ? visit(whole, from, end, line, start + from)
          : visit(whole, 0, whole.length, line, start - restBytes);
      rest = [];
      restBytes = 0;
      if (found === false) return;
      if (found !== true) wanted = found;
      from = end + 1;
    }
    if (from < piece.length) {
      rest.push(Buffer.from(piece.subarray(from)));
      restBytes += piece.length - from;
    }
    start += piece.length;
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) visit(last, 0, last.length, line + 1, start - restBytes);
}

function lineCounter(): (piece: Buffer, from: number, to: number) => number {
  let kernel: ReturnType<typeof openByteKernel> | undefined;
  return (piece, from, to) => {
    kernel ??= openByteKernel(PART_BYTES + 16);
    let lines = 0;
    for (let at = from; at < to; at += PART_BYTES) {
      const part = piece.subarray(at, Math.min(at + PART_BYTES, to));
      kernel.bytes.set(part, FREE_FROM);
      lines += kernel.count(FREE_FROM, FREE_FROM + part.length);
    }
    return lines;
  };
}
