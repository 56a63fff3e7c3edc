/**
 * Whether a text is surely a value of its kind: the engine's own reader and the strict conversion of the contract make
 * the same of it. Each shape is narrower than what the contract takes; what is left out is looked at again, in SQL.
 */

import { COLON, FIVE, MINUS, PLUS, POINT, ZERO } from "./character.ts";
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  FLOAT,
  INTEGER,
  kindOf,
  mostDigits,
  scaleOf,
  TIMESTAMP,
} from "./column.ts";

/** Where the digits of a date stand, and those of hours and minutes behind it. */
const DATE_DIGITS: u32 = 0b11_0110_1111;
const MINUTE_DIGITS: u32 = 0b1101_1000_0000_0000;
/** `true`, `fals` and `null` as little-endian words. */
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
/** The largest values; digits of one length sort as texts. */
const LARGEST_INTEGER: usize = memory.data<u8>([50, 49, 52, 55, 52, 56, 51, 54, 52, 55]);
const LARGEST_BIGINT: usize = memory.data<u8>([
  57, 50, 50, 51, 51, 55, 50, 48, 51, 54, 56, 53, 52, 55, 55, 53, 56, 48, 55,
]);
/** One bit for each month with 31 days. */
const LONG_MONTHS: u32 = 0b1_0101_1010_1010;

/** `from` to `to` without quotes; at least sixteen bytes behind it may be read. */
export function fits(column: usize, from: usize, to: usize): bool {
  switch (kindOf(column)) {
    case INTEGER:
      return isWhole(from, to, 10, LARGEST_INTEGER);
    case BIGINT:
      return isWhole(from, to, 19, LARGEST_BIGINT);
    case DECIMAL:
      return isDecimal(from, to, mostDigits(column), scaleOf(column));
    case FLOAT:
      return isFloat(from, to);
    case BOOLEAN:
      return isTrue(from, to) || isFalse(from, to);
    case DATE:
      return to - from == 10 && isDate(from, digitMask(from));
    case TIMESTAMP:
      return isTimestamp(from, to);
    default:
      return true;
  }
}

export function isTrue(from: usize, to: usize): bool {
  return to - from == 4 && load<u32>(from) == TRUE;
}

export function isFalse(from: usize, to: usize): bool {
  return to - from == 5 && load<u32>(from) == FALS && load<u8>(from, 4) == 0x65;
}

function isDigit(byte: u32): bool {
  return byte - ZERO < 10;
}

/** Where the digits end that begin here. */
function skipDigits(at: usize, to: usize): usize {
  while (at < to && isDigit(load<u8>(at))) at++;
  return at;
}

/** Where the digits before the point end, without zeros before them; 0 where there are none. */
function skipWhole(at: usize, to: usize): usize {
  if (at < to && load<u8>(at) == MINUS) at++;
  const end = skipDigits(at, to);
  if (end == at || (end - at > 1 && load<u8>(at) == ZERO)) return 0;
  return end;
}

function isWhole(from: usize, to: usize, most: usize, largest: usize): bool {
  if (skipWhole(from, to) != to) return false;
  if (load<u8>(from) == MINUS) from++;
  const digits = to - from;
  return digits < most || (digits == most && memory.compare(from, largest, most) <= 0);
}

function isDecimal(from: usize, to: usize, most: u32, scale: u32): bool {
  const end = skipWhole(from, to);
  if (end == 0) return false;
  if (<u32>(end - from) - u32(load<u8>(from) == MINUS) > most) return false;
  if (end == to) return true;
  const places = <u32>(to - end - 1);
  return load<u8>(end) == POINT && places > 0 && places <= scale && skipDigits(end + 1, to) == to;
}

/** Without an exponent of three digits it is never too large for a double of 64 bits, as long as it is short. */
function isFloat(from: usize, to: usize): bool {
  if (to - from > 64) return false;
  let at = skipWhole(from, to);
  if (at == 0) return false;
  if (at < to && load<u8>(at) == POINT) {
    const end = skipDigits(at + 1, to);
    if (end == at + 1) return false;
    at = end;
  }
  if (at == to) return true;
  if ((load<u8>(at) | 0x20) != 0x65) return false;
  at++;
  if (at < to && (load<u8>(at) == MINUS || load<u8>(at) == PLUS)) at++;
  const digits = to - at;
  return digits > 0 && digits <= 2 && skipDigits(at, to) == to;
}

/** Which of the sixteen bytes from here are digits, one bit each. */
function digitMask(at: usize): u32 {
  const bytes = v128.load(at);
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)));
}

/** The number that two digits make. */
function twoDigits(at: usize): u32 {
  return <u32>load<u8>(at) * 10 + <u32>load<u8>(at, 1) - ZERO * 11;
}

/** `2024-12-31` from the year 1000, in the Gregorian calendar also before it was made; `digits` tells its digits. */
function isDate(at: usize, digits: u32): bool {
  if ((digits & DATE_DIGITS) != DATE_DIGITS) return false;
  if (load<u8>(at, 4) != MINUS || load<u8>(at, 7) != MINUS) return false;
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (load<u8>(at) == ZERO || month - 1 > 11 || day - 1 > 30) return false;
  if (day <= 28) return true;
  if (month == 2) return day == 29 && isLeap(twoDigits(at), twoDigits(at + 2));
  return day <= 30 || ((LONG_MONTHS >> month) & 1) == 1;
}

function isLeap(century: u32, year: u32): bool {
  return (year & 3) == 0 && (year != 0 || (century & 3) == 0);
}

/** `2024-12-31T23:59:59`, with a blank for the T too, and with three or six digits of a second. */
function isTimestamp(from: usize, to: usize): bool {
  const bytes = to - from;
  if (bytes != 19 && bytes != 23 && bytes != 26) return false;
  const digits = digitMask(from);
  const mark: u32 = load<u8>(from, 10);
  if (!isDate(from, digits) || (mark != 0x54 && mark != 0x20)) return false;
  if ((digits & MINUTE_DIGITS) != MINUTE_DIGITS || (digitMask(from + 16) & 6) != 6) return false;
  if (load<u8>(from, 13) != COLON || load<u8>(from, 16) != COLON) return false;
  if (twoDigits(from + 11) > 23 || load<u8>(from, 14) > FIVE || load<u8>(from, 17) > FIVE)
    return false;
  return bytes == 19 || (load<u8>(from, 19) == POINT && skipDigits(from + 20, to) == to);
}
