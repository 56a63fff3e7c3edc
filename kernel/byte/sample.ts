/** Numbers that lines are found by: lines that are alike have the same, and others hardly ever. */

const PRIME: u32 = 0x85ebca6b;
const SIZE_PRIME: u32 = 0x9e3779b1;
/** Bytes that are taken from each end of a line with quotes. */
const END_BYTES: u32 = 8;

/** Mixes one more word into a number. */
function mix(hash: u32, word: u32): u32 {
  const mixed = (hash ^ word) * PRIME;
  return mixed ^ (mixed >> 13);
}

/** Of all its bytes where the line has no quote, else of its ends. */
export function sample(from: usize, to: usize, quote: u32, quotes: u32): u32 {
  return quotes == 0 ? sampleAll(from, to) : sampleEnds(from, to, quote, quotes);
}

/** Of all bytes in their order. */
export function sampleAll(from: usize, to: usize): u32 {
  let hash = <u32>(to - from) * SIZE_PRIME;
  let at = from;
  for (; at + 4 <= to; at += 4) hash = mix(hash, load<u32>(at));
  for (; at < to; at++) hash = mix(hash, load<u8>(at));
  return hash;
}

/** Of the number of bytes that are no quotes and eight of them from each end: the same however fields are quoted. */
export function sampleEnds(from: usize, to: usize, quote: u32, quotes: u32): u32 {
  let hash = (<u32>(to - from) - quotes) * PRIME;
  let left = END_BYTES;
  for (let at = from; at < to; at++) {
    const byte: u32 = load<u8>(at);
    if (byte == quote) continue;
    hash = mix(hash, byte);
    if (--left == 0) break;
  }
  left = END_BYTES;
  for (let at = to; at > from; at--) {
    const byte: u32 = load<u8>(at - 1);
    if (byte == quote) continue;
    hash = mix(hash, byte);
    if (--left == 0) break;
  }
  return hash;
}
