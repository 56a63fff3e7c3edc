/** The sieve's door: `src/source/sieve/kernel.ts` calls these. */

import { setDialect, sift } from "./csv.ts";
import { setColumns, sift as siftLines } from "./json.ts";
import { begin, held, lines, out, passed } from "./output.ts";

export { held, lines, out, passed };

/** The first byte that was not looked at. */
export function csv(
  from: usize,
  to: usize,
  columns: usize,
  count: u32,
  dialect: u32,
  number: usize,
  outAt: usize,
  outEnd: usize,
  heldTo: usize,
  mostHeld: u32,
): usize {
  begin(outAt, heldTo, number);
  setDialect(dialect & 0xff, dialect >> 8);
  return sift(from, to, columns, count, outEnd, mostHeld);
}

export function json(
  from: usize,
  to: usize,
  columns: usize,
  count: u32,
  skipsUnknown: u32,
  number: usize,
  outAt: usize,
  outEnd: usize,
  heldTo: usize,
  mostHeld: u32,
): usize {
  begin(outAt, heldTo, number);
  setColumns(columns, count, skipsUnknown);
  return siftLines(from, to, outEnd, mostHeld);
}
