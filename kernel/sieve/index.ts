/** The sieve's door: `src/source/sieve/kernel.ts` calls these. */

import { setDialect, sift } from "./csv.ts";
import { setColumns, sift as siftLines } from "./json.ts";
import { begin, tell } from "./output.ts";

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
  const end = sift(from, to, columns, count, outEnd, mostHeld);
  tell();
  return end;
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
  const end = siftLines(from, to, outEnd, mostHeld);
  tell();
  return end;
}
