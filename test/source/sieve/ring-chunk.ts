/** Chunks that are known by their number, to be compared with what came out of a ring. */

import type { RowChunk } from "../../../src/schema/row-chunk.ts";
import { layoutOf } from "../../../src/source/sieve/layout.ts";
import type { Ring } from "../../../src/source/sieve/ring.ts";
import { columnOf } from "./meaning.ts";

export interface WriterTask {
  readonly ring: Ring;
  readonly chunks: number;
  readonly delayMs: number;
  readonly endsAs: "ended" | "failed";
}

const COLUMNS = [
  columnOf({ kind: "integer" }),
  { ...columnOf({ kind: "text" }), isRead: false },
  columnOf({ kind: "text" }),
  columnOf({ kind: "boolean" }),
];
export const LAYOUT = layoutOf(COLUMNS);

/** Rows, nulls and longer texts come and go from one to the next. */
export function chunkOf(number: number): RowChunk {
  const rows = 1 + ((number * 677) % LAYOUT.rows);
  const filled = (length: number, salt: number): Uint8Array =>
    Uint8Array.from({ length }, (_, at) => (number * 31 + at * 7 + salt) & 0xff);
  const validity = (salt: number): Uint8Array | undefined =>
    (number + salt) % 3 === 0 ? filled(Math.ceil(rows / 64) * 8, salt) : undefined;
  return {
    rows,
    columns: [
      { values: filled(rows * 8, 1), validity: undefined, texts: undefined },
      { values: filled(rows * 4, 2), validity: validity(2), texts: undefined },
      {
        values: filled(rows * 16, 3),
        validity: validity(3),
        texts: number % 2 === 0 ? filled(1 + ((number * 4099) % 200_000), 4) : undefined,
      },
      { values: filled(rows, 5), validity: validity(4), texts: undefined },
    ],
  };
}
