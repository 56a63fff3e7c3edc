/** The sieve's door: `src/source/sieve/kernel.ts` calls these. */

import { begin, empty, held, isFull, lines, rows, setChunk } from "./chunk.ts";
import { setDialect, sift } from "./csv.ts";
import { setPowers } from "./double.ts";
import { setMembers, sift as siftLines } from "./json.ts";

export { empty, held, isFull, lines, rows, setChunk, setDialect, setMembers, setPowers };

/** The first byte that was not looked at; the first line has the number. */
export function csv(from: usize, to: usize, number: f64): usize {
  begin(number);
  return sift(from, to);
}

export function json(from: usize, to: usize, number: f64): usize {
  begin(number);
  return siftLines(from, to);
}
