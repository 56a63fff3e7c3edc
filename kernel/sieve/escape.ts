/** Texts of JSON and the characters that stand in them behind a backslash (RFC 8259, section 7). */

import { copy } from "./chunk.ts";

const BACKSLASH: u32 = 0x5c;

/** Writes what the text means, whose escapes are known to be good; gives its bytes, which are never more. */
export function unescape(target: usize, from: usize, to: usize): u32 {
  const start = target;
  const backslashes = i8x16.splat(<i8>BACKSLASH);
  for (let at = from; at < to; ) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), backslashes));
    const plain = <usize>(mask == 0 ? 16 : ctz(mask));
    const end = at + plain < to ? at + plain : to;
    copy(target, at, end);
    target += end - at;
    at = end;
    if (at == to || mask == 0) continue;
    const letter: u32 = load<u8>(at, 1);
    if (letter != 0x75) {
      store<u8>(target++, <u8>meant(letter));
      at += 2;
      continue;
    }
    let character = hexadecimal(at + 2);
    at += 6;
    if (character - 0xd800 < 0x400) {
      character = 0x10000 + ((character - 0xd800) << 10) + hexadecimal(at + 2) - 0xdc00;
      at += 6;
    }
    target = writeCharacter(target, character);
  }
  return <u32>(target - start);
}

function meant(letter: u32): u32 {
  switch (letter) {
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    default:
      return letter;
  }
}

/** As UTF-8 (RFC 3629, section 3); gives where the next one goes. */
function writeCharacter(at: usize, character: u32): usize {
  if (character < 0x80) {
    store<u8>(at, <u8>character);
    return at + 1;
  }
  if (character < 0x800) {
    store<u8>(at, <u8>(0xc0 | (character >> 6)));
    return writeTail(at + 1, character, 1);
  }
  if (character < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (character >> 12)));
    return writeTail(at + 1, character, 2);
  }
  store<u8>(at, <u8>(0xf0 | (character >> 18)));
  return writeTail(at + 1, character, 3);
}

function writeTail(at: usize, character: u32, count: u32): usize {
  while (count > 0) {
    count--;
    store<u8>(at++, <u8>(0x80 | ((character >> (6 * count)) & 0x3f)));
  }
  return at;
}

/** The number that four hexadecimal digits make; beyond 0xffff where a digit is none. */
export function hexadecimal(at: usize): u32 {
  let unit: u32 = 0;
  for (let index: usize = 0; index < 4; index++) {
    const byte: u32 = load<u8>(at + index);
    const digit =
      byte - 0x30 < 10 ? byte - 0x30 : (byte | 0x20) - 0x61 < 6 ? (byte | 0x20) - 0x57 : 0x10000;
    if (digit == 0x10000) return 0x10000;
    unit = (unit << 4) | digit;
  }
  return unit;
}
