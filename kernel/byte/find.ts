/** Whole lines whose number stands in a filter: candidates, which somebody else compares with what is looked for. */

import { bitsOf, feeds, firstBits, RETURN } from "../line.ts";
import { sample } from "./sample.ts";

/** Four words of 32 bits. */
const CANDIDATE_BYTES: usize = 16;

/** Where the line begins that `find` did not finish, and how many it has finished. */
export let next: usize = 0;
export let lines: u32 = 0;

/**
 * Writes the candidates to `out`: where each begins and ends, its place among the lines of this call from 0, and how
 * many quotes it has. Ends with the last whole line or after `most`, and gives how many it wrote. `bits` masks a number.
 */
export function find(
  from: usize,
  to: usize,
  quote: u32,
  filter: usize,
  bits: u32,
  out: usize,
  most: u32,
): u32 {
  const quotes = i8x16.splat(<i8>quote);
  let found: u32 = 0;
  let line: u32 = 0;
  let quoted: u32 = 0;
  let at = from;
  while (at < to) {
    const bytes = v128.load(at);
    const ends = bitsOf(bytes, feeds);
    const marks = bitsOf(bytes, quotes);
    if (ends == 0) {
      quoted += popcnt(marks);
      at += 16;
      continue;
    }
    const feed = at + ctz(ends);
    if (feed >= to) break;
    quoted += popcnt(marks & firstBits(ctz(ends)));
    const end = withoutReturn(from, feed);
    if (isIn(filter, sample(from, end, quote, quoted) & bits)) {
      store<u32>(out, <u32>from);
      store<u32>(out, <u32>end, 4);
      store<u32>(out, line, 8);
      store<u32>(out, quoted, 12);
      out += CANDIDATE_BYTES;
      found++;
    }
    line++;
    quoted = 0;
    at = feed + 1;
    from = at;
    if (found >= most) break;
  }
  next = from;
  lines = line;
  return found;
}

/** A carriage return before the line feed is no part of the line. */
function withoutReturn(from: usize, feed: usize): usize {
  return feed > from && load<u8>(feed - 1) == RETURN ? feed - 1 : feed;
}

function isIn(filter: usize, bit: u32): bool {
  return ((load<u8>(filter + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}
