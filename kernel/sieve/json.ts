/**
 * Lines of JSON, one object each: one whose members are all sure is a row. A text is what it means, its escapes undone.
 */

import { FEED, nextLine } from "../line.ts";
import { COLON, MINUS, PLUS, POINT, ZERO } from "./character.ts";
import {
  columns,
  count,
  hasRoom,
  hold,
  pass,
  room,
  skip,
  writeNull,
  writeRoomed,
  writeText,
} from "./chunk.ts";
import {
  BOOLEAN,
  columnAt,
  DECIMAL,
  FLOAT,
  isAccepted,
  isOptional,
  kindOf,
  nameAt,
  nameBytes,
  TEXT,
} from "./column.ts";
import { hexadecimal, unescape } from "./escape.ts";
import { isFalse, isTrue, writeValue } from "./value.ts";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const OPEN: u32 = 0x7b;
const CLOSE: u32 = 0x7d;
const COMMA: u32 = 0x2c;
const NULL: u32 = 0x6c6c756e;
const NONE: u32 = 0xffffffff;
const MOST_FLOAT_BYTES: usize = 24;

let skipsUnknown: bool = false;
/** Of the columns, one bit each: all of them, and those that every record must name. */
let all: u64 = 0;
let required: u64 = 0;
/** Whether the text that was scanned last holds an escape. */
let hasEscape: bool = false;
/** Of the columns, one bit each: those that the record names. */
let seen: u64 = 0;

/** At most 64 columns. */
export function setMembers(passUnknown: u32): void {
  skipsUnknown = passUnknown != 0;
  all = count == 64 ? ~(<u64>0) : ((<u64>1) << count) - 1;
  required = 0;
  for (let index: u32 = 0; index < count; index++)
    if (!isOptional(columnAt(columns, index))) required |= (<u64>1) << index;
}

/** As for CSV. */
export function sift(from: usize, to: usize): usize {
  let at = from;
  while (at < to && hasRoom()) {
    if (load<u8>(at) == FEED) {
      at++;
      skip();
      continue;
    }
    let end = load<u8>(at) == OPEN ? members(skipBlank(at + 1)) : 0;
    if (end != 0 && load<u8>(end) == 0x0d) end++;
    if (end != 0 && load<u8>(end) == FEED) {
      pass();
      at = end + 1;
    } else {
      const next = nextLine(at);
      if (!hold(at, next)) break;
      at = next;
    }
  }
  return at;
}

function skipBlank(at: usize): usize {
  if (load<u8>(at) > 0x20) return at;
  while (load<u8>(at) == 0x20 || load<u8>(at) == 0x09) at++;
  return at;
}

/** From the first member to behind the closing bracket; 0 where the record is not sure. */
function members(at: usize): usize {
  seen = 0;
  let expected: u32 = 0;
  if (load<u8>(at) == CLOSE) return endRecord() ? at + 1 : 0;
  while (true) {
    if (load<u8>(at) != QUOTE) return 0;
    let index = expected;
    if (index < count && isLabel(columnAt(columns, index), at)) {
      at += nameBytes(columnAt(columns, index)) + 1;
    } else {
      index = columnNamed(at);
      at = index == NONE ? skipName(at) : at + nameBytes(columnAt(columns, index));
      if (at == 0) return 0;
      at = skipBlank(at);
      if (load<u8>(at) != COLON) return 0;
      at++;
    }
    at = skipBlank(at);
    if (index == NONE) {
      at = skipScalar(at);
    } else {
      const bit = (<u64>1) << index;
      if ((seen & bit) != 0) return 0;
      seen |= bit;
      at = value(columnAt(columns, index), at);
      expected = index + 1;
    }
    if (at == 0) return 0;
    at = skipBlank(at);
    const mark: u32 = load<u8>(at);
    if (mark == CLOSE) return endRecord() ? at + 1 : 0;
    if (mark != COMMA) return 0;
    at = skipBlank(at + 1);
  }
}

/** Columns that the record does not name are null; false where one of them must not be. */
function endRecord(): bool {
  if ((seen & required) != required) return false;
  for (let left = all & ~seen; left != 0; left &= left - 1)
    writeNull(columnAt(columns, <u32>ctz(left)));
  return true;
}

/** The column whose name, in quotes, stands here. */
function columnNamed(at: usize): u32 {
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(columns, index);
    if (isAt(nameAt(column), nameBytes(column), at)) return index;
  }
  return NONE;
}

/** Whether the column's name stands here with its colon, as nearly always. */
function isLabel(column: usize, at: usize): bool {
  return isAt(nameAt(column), nameBytes(column) + 1, at);
}

function isAt(name: usize, bytes: u32, at: usize): bool {
  if (bytes > 16) return memory.compare(at, name, bytes) == 0;
  const same = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(name)));
  return <u32>ctz(~same) >= bytes;
}

/** Behind a name that no column has; one with escapes might still be a column's. */
function skipName(at: usize): usize {
  if (!skipsUnknown) return 0;
  const end = closingQuote(at + 1);
  return end == 0 || hasEscape ? 0 : end + 1;
}

function skipScalar(at: usize): usize {
  const first: u32 = load<u8>(at);
  if (first == QUOTE) {
    const end = closingQuote(at + 1);
    return end == 0 ? 0 : end + 1;
  }
  if (isNull(at) || isTrue(at, at + 4)) return at + 4;
  return isFalse(at, at + 5) ? at + 5 : numberEnd(at);
}

/** Writes the value; gives the byte behind it, or 0 where it is not sure. */
function value(column: usize, at: usize): usize {
  const kind = kindOf(column);
  const first: u32 = load<u8>(at);
  if (first == QUOTE) {
    const end = closingQuote(at + 1);
    if (end == 0) return 0;
    const isWritten = hasEscape
      ? kind == TEXT && writeUnescaped(column, at + 1, end)
      : writeValue(column, at + 1, end);
    return isWritten ? end + 1 : 0;
  }
  if (first == 0x6e) {
    if (!isNull(at) || !isOptional(column)) return 0;
    writeNull(column);
    return at + 4;
  }
  if (first == 0x74 || first == 0x66) {
    const end = at + (first == 0x74 ? 4 : 5);
    if (kind != BOOLEAN && kind != TEXT) return 0;
    if (!isTrue(at, end) && !isFalse(at, end)) return 0;
    return writeValue(column, at, end) ? end : 0;
  }
  let end: usize = 0;
  if (kind == TEXT) end = numberEnd(at);
  else if (kind <= DECIMAL || (kind == FLOAT && !isMinusZero(at))) end = scalarEnd(at);
  if (end == 0 || (kind == FLOAT && end - at > MOST_FLOAT_BYTES)) return 0;
  return writeValue(column, at, end) ? end : 0;
}

function writeUnescaped(column: usize, from: usize, to: usize): bool {
  const start = room(column, <u32>(to - from));
  if (start == 0) return false;
  const bytes = unescape(start, from, to);
  if (!isAccepted(column, start, start + bytes)) return false;
  writeRoomed(column, bytes);
  return true;
}

/** Where a value ends that has no quotes, if it is one. */
function scalarEnd(at: usize): usize {
  const commas = i8x16.splat(<i8>COMMA);
  const closes = i8x16.splat(<i8>CLOSE);
  const blanks = i8x16.splat(0x20);
  while (true) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, commas), i8x16.eq(bytes, closes)), i8x16.le_u(bytes, blanks)),
    );
    if (mask != 0) return at + ctz(mask);
    at += 16;
  }
}

/** The engine makes a whole number of -0, which loses its sign. */
function isMinusZero(at: usize): bool {
  return load<u8>(at) == MINUS && load<u8>(at, 1) == ZERO && load<u8>(at, 2) != POINT;
}

/** Where the number without an exponent ends that begins here, if a text may be made of it; else 0. */
function numberEnd(from: usize): usize {
  const digits = from + usize(load<u8>(from) == MINUS);
  const at = skipDigits(digits);
  const whole = at - digits;
  if (whole == 0 || (whole > 1 && load<u8>(digits) == ZERO)) return 0;
  if (load<u8>(at) != POINT) return isMinusZero(from) ? 0 : at;
  const end = skipDigits(at + 1);
  return end == at + 1 ? 0 : end;
}

function skipDigits(at: usize): usize {
  while (<u32>load<u8>(at) - ZERO < 10) at++;
  return at;
}

function isNull(at: usize): bool {
  return load<u32>(at) == NULL;
}

/** Where the text ends that begins here; 0 where a line ends before it does, or an escape is none that is surely known. */
function closingQuote(at: usize): usize {
  hasEscape = false;
  const quotes = i8x16.splat(<i8>QUOTE);
  const backslashes = i8x16.splat(<i8>BACKSLASH);
  const controls = i8x16.splat(0x20);
  while (true) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes)),
        i8x16.lt_u(bytes, controls),
      ),
    );
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz(mask);
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at;
    if (byte != BACKSLASH) return 0;
    hasEscape = true;
    at = skipEscape(at + 1);
    if (at == 0) return 0;
  }
}

function skipEscape(at: usize): usize {
  switch (<u32>load<u8>(at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      return skipUnit(at + 1);
    default:
      return 0;
  }
}

/** Four hexadecimal digits: no NUL, and the halves of a pair only one behind the other. */
function skipUnit(at: usize): usize {
  const unit = hexadecimal(at);
  if (unit == 0 || unit > 0xffff || unit - 0xdc00 < 0x400) return 0;
  if (unit - 0xd800 >= 0x400) return at + 4;
  if (load<u16>(at, 4) != 0x755c) return 0;
  return hexadecimal(at + 6) - 0xdc00 < 0x400 ? at + 10 : 0;
}
