/**
 * Texts that are surely a value of their kind, and within what the column asks for, written as the engine holds it: what
 * it is must be what the strict conversion of the contract makes of the text. Each shape is narrower than what the
 * contract takes; what is left out is looked at again, in SQL. `from` to `to` without quotes; at least sixteen bytes
 * behind it may be read.
 */

import { COLON, FIVE, MINUS, PLUS, POINT, ZERO } from "./character.ts";
import { place, TEXT_BYTES, writeText } from "./chunk.ts";
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  FLOAT,
  INTEGER,
  isAccepted,
  isBetween,
  isFloatBetween,
  kindOf,
  mostDigits,
  scaleOf,
  TIMESTAMP,
  widthOf,
} from "./column.ts";
import { toDouble, UNKNOWN } from "./double.ts";

/** Where the digits of a date stand, and those of hours and minutes behind it. */
const DATE_DIGITS: u32 = 0b11_0110_1111;
const MINUTE_DIGITS: u32 = 0b1101_1000_0000_0000;
/** `true`, `fals` and `null` as little-endian words. */
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const LARGEST_INTEGER: u64 = 2147483647;
const LARGEST_BIGINT: u64 = 9223372036854775807;
/** One bit for each month with 31 days. */
const LONG_MONTHS: u32 = 0b1_0101_1010_1010;
const DAYS_TO_EPOCH: i32 = 719468;
const DAY_SECONDS: i64 = 86_400;
/** As many as have room in 64 bits. */
const MOST_DIGITS: usize = 19;

/** False where it is not sure, or a text finds no room. */
export function writeValue(column: usize, from: usize, to: usize): bool {
  switch (kindOf(column)) {
    case INTEGER:
      return writeWhole(column, from, to, 10, LARGEST_INTEGER);
    case BIGINT:
      return writeWhole(column, from, to, 19, LARGEST_BIGINT);
    case DECIMAL:
      return writeDecimal(column, from, to);
    case FLOAT:
      return writeFloat(column, from, to);
    case BOOLEAN:
      return writeBoolean(column, from, to);
    case DATE:
      return writeDate(column, from, to);
    case TIMESTAMP:
      return writeTimestamp(column, from, to);
    default:
      if (!isAccepted(column, from, to)) return false;
      return widthOf(column) == 0 || writeText(column, from, to);
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

/** Of the digits that were read last, as far as they fit into 64 bits. */
let magnitude: u64 = 0;

/** Where the digits end that begin here; their value goes on from `magnitude`. */
function readDigits(at: usize, to: usize): usize {
  let value = magnitude;
  for (; at < to; at++) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  magnitude = value;
  return at;
}

/** Where the digits before the point end, without zeros before them; 0 where there are none. */
function readWhole(at: usize, to: usize): usize {
  magnitude = 0;
  const end = readDigits(at, to);
  return end == at || (end - at > 1 && load<u8>(at) == ZERO) ? 0 : end;
}

function writeWhole(column: usize, from: usize, to: usize, most: usize, largest: u64): bool {
  const isNegative = load<u8>(from) == MINUS;
  const digits = from + usize(isNegative);
  if (readWhole(digits, to) != to || to - digits > most) return false;
  if (magnitude > largest + u64(isNegative)) return false;
  return writeNumber(column, isNegative);
}

function writeNumber(column: usize, isNegative: bool): bool {
  const value = isNegative ? 0 - <i64>magnitude : <i64>magnitude;
  if (!isBetween(column, value)) return false;
  const at = place(column);
  const width = widthOf(column);
  if (width == 8) store<i64>(at, value);
  else if (width == 4) store<i32>(at, <i32>value);
  else store<i16>(at, <i16>value);
  return true;
}

function writeDecimal(column: usize, from: usize, to: usize): bool {
  const isNegative = load<u8>(from) == MINUS;
  const digits = from + usize(isNegative);
  const scale = scaleOf(column);
  const end = readWhole(digits, to);
  if (end == 0 || <u32>(end - digits) > mostDigits(column)) return false;
  let places: u32 = 0;
  if (end != to) {
    places = <u32>(to - end - 1);
    if (load<u8>(end) != POINT || places == 0 || places > scale) return false;
    if (readDigits(end + 1, to) != to) return false;
  }
  // More than eighteen digits have no room in 64 bits.
  if (widthOf(column) == TEXT_BYTES) return writeText(column, from, to);
  for (; places < scale; places++) magnitude *= 10;
  return writeNumber(column, isNegative);
}

function writeFloat(column: usize, from: usize, to: usize): bool {
  const isNegative = load<u8>(from) == MINUS;
  const digits = from + usize(isNegative);
  const whole = readWhole(digits, to);
  if (whole == 0) return false;
  let at = whole;
  let places: i32 = 0;
  if (at < to && load<u8>(at) == POINT) {
    at = readDigits(whole + 1, to);
    places = <i32>(at - whole - 1);
    if (places == 0) return false;
  }
  let count = whole - digits + places;
  if (count > MOST_DIGITS && load<u8>(digits) == ZERO) count -= 1 + zeros(whole + 1, at);
  if (count > MOST_DIGITS) return false;
  let power: i32 = 0;
  if (at != to) {
    if ((load<u8>(at) | 0x20) != 0x65) return false;
    const isDown = load<u8>(at, 1) == MINUS;
    const exponent = at + 1 + usize(isDown || load<u8>(at, 1) == PLUS);
    if (exponent >= to || to - exponent > 2 || skipDigits(exponent, to) != to) return false;
    power = <i32>load<u8>(to - 1) - ZERO;
    if (to - exponent == 2) power += 10 * (<i32>load<u8>(exponent) - ZERO);
    if (isDown) power = -power;
  }
  const size = toDouble(magnitude, power - places);
  if (size == UNKNOWN) return false;
  const bits = size | ((<u64>isNegative) << 63);
  if (!isFloatBetween(column, reinterpret<f64>(bits))) return false;
  store<u64>(place(column), bits);
  return true;
}

/** How many zeros begin the text. */
function zeros(from: usize, to: usize): usize {
  let at = from;
  while (at < to && load<u8>(at) == ZERO) at++;
  return at - from;
}

function writeBoolean(column: usize, from: usize, to: usize): bool {
  const is = isTrue(from, to);
  if (!is && !isFalse(from, to)) return false;
  store<u8>(place(column), u8(is));
  return true;
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

function writeDate(column: usize, from: usize, to: usize): bool {
  if (to - from != 10 || !isDate(from, digitMask(from))) return false;
  const days = daysOf(from);
  if (!isBetween(column, days)) return false;
  store<i32>(place(column), days);
  return true;
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

/** Days from 1970-01-01, by the months of a year that begins in March (Hinnant, chrono-compatible date algorithms). */
function daysOf(at: usize): i32 {
  const month = <i32>twoDigits(at + 5);
  const year = <i32>(twoDigits(at) * 100 + twoDigits(at + 2)) - i32(month <= 2);
  const days = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + <i32>twoDigits(at + 8) - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + days - DAYS_TO_EPOCH;
}

/** `2024-12-31T23:59:59`, with a blank for the T too, and with three or six digits of a second; in microseconds. */
function writeTimestamp(column: usize, from: usize, to: usize): bool {
  const bytes = to - from;
  if (bytes != 19 && bytes != 23 && bytes != 26) return false;
  const digits = digitMask(from);
  const mark: u32 = load<u8>(from, 10);
  if (!isDate(from, digits) || (mark != 0x54 && mark != 0x20)) return false;
  if ((digits & MINUTE_DIGITS) != MINUTE_DIGITS || (digitMask(from + 16) & 6) != 6) return false;
  if (load<u8>(from, 13) != COLON || load<u8>(from, 16) != COLON) return false;
  const hours = twoDigits(from + 11);
  if (hours > 23 || load<u8>(from, 14) > FIVE || load<u8>(from, 17) > FIVE) return false;
  magnitude = 0;
  if (bytes > 19 && (load<u8>(from, 19) != POINT || readDigits(from + 20, to) != to)) return false;
  const seconds = hours * 3600 + twoDigits(from + 14) * 60 + twoDigits(from + 17);
  const micros = bytes == 23 ? magnitude * 1000 : magnitude;
  const all = (<i64>daysOf(from) * DAY_SECONDS + seconds) * 1_000_000 + micros;
  if (!isBetween(column, all)) return false;
  store<i64>(place(column), all);
  return true;
}
