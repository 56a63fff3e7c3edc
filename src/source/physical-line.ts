/** The content of a file walked line by line, without a promise or a copy for each. */

import { readContent } from "./content.ts";
import type { Compression } from "./file-source.ts";

/** A line lies in `bytes` from `from` up to `to`, without its line feed; it is good only during the call. False ends the walk. */
export type LineVisitor = (bytes: Buffer, from: number, to: number, line: number) => boolean;

/** Calls `visit` for each line, counted from 1, quotes or not; nothing after the last line feed is no line. */
export async function walkLines(
  path: string,
  compression: Compression | undefined,
  visit: LineVisitor,
): Promise<void> {
  let rest: Buffer[] = [];
  let line = 0;
  for await (const piece of readContent(path, { compression })) {
    // A one-byte text has the fastest search that JavaScript offers.
    const text = piece.toString("latin1");
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      line += 1;
      if (rest.length === 0) {
        if (!visit(piece, from, end, line)) return;
      } else {
        const whole = Buffer.concat([...rest, piece.subarray(0, end)]);
        rest = [];
        if (!visit(whole, 0, whole.length, line)) return;
      }
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) visit(last, 0, last.length, line + 1);
}
