/** Lines of CSV, each of which is a record: one whose fields are all sure is a row. */

import { FEED, feeds, nextLine, RETURN } from "../line.ts";
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
} from "./chunk.ts";
import { columnAt, isAccepted, isOptional, kindOf, TEXT, widthOf } from "./column.ts";
import { writeValue } from "./value.ts";

let delimiter: u32 = 0;
let quote: u32 = 0;
let delimiters: v128 = i8x16.splat(0);
let quotes: v128 = i8x16.splat(0);
let nulls: usize = 0;
let nullCount: u32 = 0;

/** `nullsAt`: texts without quotes that mean null, beside the empty one, each behind its length in four bytes. */
export function setDialect(
  delimiterByte: u32,
  quoteByte: u32,
  nullsAt: usize,
  nullsCount: u32,
): void {
  delimiter = delimiterByte;
  quote = quoteByte;
  delimiters = i8x16.splat(<i8>delimiterByte);
  quotes = i8x16.splat(<i8>quoteByte);
  nulls = nullsAt;
  nullCount = nullsCount;
}

/** Goes on until all is seen, or there is no more room; gives the first byte that was not seen. */
export function sift(from: usize, to: usize): usize {
  let at = from;
  while (at < to && hasRoom()) {
    const end = record(at);
    if (end == 0) {
      const next = nextLine(at);
      if (!hold(at, next)) break;
      at = next;
    } else {
      if (isBlank(at, end)) skip();
      else pass();
      at = end;
    }
  }
  return at;
}

function isBlank(from: usize, to: usize): bool {
  return load<u8>(from) == FEED || (to - from == 2 && load<u8>(from) == RETURN);
}

/** Where the line ends, its line feed included, if every field is sure; else 0. A blank line is no record and passes. */
function record(from: usize): usize {
  if (load<u8>(from) == FEED) return from + 1;
  if (load<u8>(from) == RETURN && load<u8>(from, 1) == FEED) return from + 2;
  let at = from;
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(columns, index);
    const end = load<u8>(at) == quote ? quoted(column, at + 1) : plain(column, at);
    if (end == 0) return 0;
    const mark: u32 = load<u8>(end);
    at = end + 1;
    if (index < count - 1) {
      if (mark != delimiter) return 0;
    } else if (mark == RETURN) {
      return load<u8>(at) == FEED ? at + 1 : 0;
    } else if (mark != FEED) {
      return 0;
    }
  }
  return at;
}

/** Where the mark behind a field without quotes stands. */
function plain(column: usize, from: usize): usize {
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, feeds)),
        i8x16.eq(bytes, quotes),
      ),
    );
    if (mask != 0) {
      at += ctz(mask);
      break;
    }
    at += 16;
  }
  const mark: u32 = load<u8>(at);
  if (mark == quote) return 0;
  if (mark == FEED && at > from && load<u8>(at - 1) == RETURN) at--;
  if (at == from || (nullCount != 0 && meansNull(from, at))) {
    if (!isOptional(column)) return 0;
    writeNull(column);
    return at;
  }
  return writeValue(column, from, at) ? at : 0;
}

function meansNull(from: usize, to: usize): bool {
  let at = nulls;
  for (let index: u32 = 0; index < nullCount; index++) {
    const bytes: u32 = load<u32>(at);
    if (to - from == bytes && memory.compare(from, at + 4, bytes) == 0) return true;
    at += 4 + bytes;
  }
  return false;
}

/** Where the mark behind a field in quotes stands; `from` is behind the first of them. */
function quoted(column: usize, from: usize): usize {
  let at = from;
  let doubled: u32 = 0;
  while (true) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, feeds)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz(mask);
    if (load<u8>(at) == FEED) return 0;
    if (load<u8>(at, 1) != quote) break;
    doubled++;
    at += 2;
  }
  const isWritten = doubled == 0 ? writeValue(column, from, at) : undouble(column, from, at);
  return isWritten ? at + 1 : 0;
}

/** A text with a quote in it, which is written twice. */
function undouble(column: usize, from: usize, to: usize): bool {
  if (kindOf(column) != TEXT) return false;
  if (widthOf(column) == 0) return true;
  const start = room(column, <u32>(to - from));
  if (start == 0) return false;
  let target = start;
  for (let at = from; at < to; at++) {
    const byte: u32 = load<u8>(at);
    store<u8>(target++, <u8>byte);
    if (byte == quote) at++;
  }
  if (!isAccepted(column, start, target)) return false;
  writeRoomed(column, <u32>(target - start));
  return true;
}
