/** Quotes, and whether a line ends between two of them. */

import { bitsOf, feeds, firstBits } from "../line.ts";

/** What `parity` gives where a line feed stands behind an odd number of quotes. */
const BROKEN: u32 = 2;

/** Whether the number of quotes is odd, going on from `odd`: 0 or 1. */
export function parity(from: usize, to: usize, quote: u32, odd: u32): u32 {
  const quotes = i8x16.splat(<i8>quote);
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    let ends = bitsOf(bytes, feeds);
    let marks = bitsOf(bytes, quotes);
    if (at + 16 > to) {
      const inside = firstBits(to - at);
      ends &= inside;
      marks &= inside;
    }
    for (; ends != 0; ends &= ends - 1) {
      const before = marks & firstBits(ctz(ends));
      if (((odd ^ popcnt(before)) & 1) != 0) return BROKEN;
    }
    odd = (odd ^ popcnt(marks)) & 1;
  }
  return odd;
}
