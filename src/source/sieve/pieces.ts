/** A file that is written in pieces, at once and not in the background: whoever walks over bytes cannot wait. */

import { closeSync, openSync, writeSync } from "node:fs";

export interface Pieces {
  /** The bytes must stay as they are until they are flushed. */
  add(bytes: Uint8Array): void;
  flush(): void;
  /** Without what was not flushed. */
  close(): void;
}

const FLUSH_BYTES = 1 << 20;

/** A new file, or the end of one that is there. */
export function openPieces(path: string, flags: "wx" | "a" = "wx"): Pieces {
  const file = openSync(path, flags);
  let waiting: Uint8Array[] = [];
  let length = 0;
  const flush = (): void => {
    const [only] = waiting;
    const bytes = waiting.length === 1 && only !== undefined ? only : Buffer.concat(waiting);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    waiting = [];
    length = 0;
  };
  return {
    add(bytes) {
      waiting.push(bytes);
      length += bytes.length;
      if (length > FLUSH_BYTES) flush();
    },
    flush,
    close: () => closeSync(file),
  };
}
