/** The content of a file cut at line feeds. */

import { readContent } from "./content.ts";
import type { Compression } from "./file-source.ts";

const LF = 10;

/** Lines without their line feed, quotes or not; nothing after the last one. */
export async function* physicalLines(
  path: string,
  compression: Compression | undefined,
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const piece of readContent(path, { compression })) {
    let from = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, from)) {
      const line = piece.subarray(from, end);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
