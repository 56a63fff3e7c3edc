/** Line feeds, and other marks, among bytes that are looked at sixteen at a time. */

export const FEED: u32 = 0x0a;
export const RETURN: u32 = 0x0d;
export const feeds: v128 = i8x16.splat(0x0a);

/** Line feeds that `skipLines` found. */
export let found: u32 = 0;

/** One bit for each of the sixteen bytes that is the mark. */
export function bitsOf(bytes: v128, mark: v128): u32 {
  return i8x16.bitmask(i8x16.eq(bytes, mark));
}

/** The bits of the first bytes of sixteen. */
export function firstBits(count: usize): u32 {
  return (1 << (<u32>count)) - 1;
}

/** The bits of line feeds among the sixteen bytes from here, without those from `to` on. */
function feedsBefore(at: usize, to: usize): u32 {
  const bits = bitsOf(v128.load(at), feeds);
  return at + 16 <= to ? bits : bits & firstBits(to - at);
}

/** How many line feeds stand in the range. */
export function count(from: usize, to: usize): u32 {
  let all: u32 = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) all += popcnt(bitsOf(v128.load(at), feeds));
  if (at < to) all += popcnt(feedsBefore(at, to));
  return all;
}

/** Behind so many line feeds from here, or the end; `found` says how many there were. */
export function skipLines(from: usize, to: usize, most: u32): usize {
  let at = from;
  found = 0;
  while (at < to && found < most) {
    const inside = feedsBefore(at, to);
    const here = popcnt(inside);
    if (found + here >= most) {
      let rest = inside;
      for (let left = most - found; left > 1; left--) rest &= rest - 1;
      found = most;
      return at + ctz(rest) + 1;
    }
    found += here;
    at += 16;
  }
  return at < to ? at : to;
}

/** Where the line after this one begins. */
export function nextLine(at: usize): usize {
  while (true) {
    const bits = bitsOf(v128.load(at), feeds);
    if (bits != 0) return at + ctz(bits) + 1;
    at += 16;
  }
}
