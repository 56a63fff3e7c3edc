/** Line feeds, and other marks, among bytes that are looked at sixteen at a time. */

export const FEED: u32 = 0x0a;
export const RETURN: u32 = 0x0d;
export const feeds: v128 = i8x16.splat(0x0a);

/** One bit for each of the sixteen bytes that is the mark. */
export function bitsOf(bytes: v128, mark: v128): u32 {
  return i8x16.bitmask(i8x16.eq(bytes, mark));
}

/** The bits of the first bytes of sixteen. */
export function firstBits(count: usize): u32 {
  return (1 << (<u32>count)) - 1;
}

/** How many line feeds stand in the range. */
export function count(from: usize, to: usize): u32 {
  let all: u32 = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) all += popcnt(bitsOf(v128.load(at), feeds));
  if (at < to) all += popcnt(bitsOf(v128.load(at), feeds) & firstBits(to - at));
  return all;
}

/** Where the line after this one begins. */
export function nextLine(at: usize): usize {
  while (true) {
    const bits = bitsOf(v128.load(at), feeds);
    if (bits != 0) return at + ctz(bits) + 1;
    at += 16;
  }
}
