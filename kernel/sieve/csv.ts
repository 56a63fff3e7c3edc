/** Lines of CSV, each of which is a record: one that passes is copied as it is, behind its number. */

import { FEED, feeds, nextLine, RETURN } from "../line.ts";
import { columnAt, isOptional, kindOf, TEXT } from "./column.ts";
import { endLine, held, hold, out, pass, writeByte, writeBytes, writeNumber } from "./output.ts";
import { fits } from "./shape.ts";

let delimiter: u32 = 0;
let quote: u32 = 0;
let delimiters: v128 = i8x16.splat(0);
let quotes: v128 = i8x16.splat(0);

export function setDialect(delimiterByte: u32, quoteByte: u32): void {
  delimiter = delimiterByte;
  quote = quoteByte;
  delimiters = i8x16.splat(<i8>delimiterByte);
  quotes = i8x16.splat(<i8>quoteByte);
}

/** Goes on until all is seen, the output may not hold one more line, or too many are held; gives the first byte that was not seen. */
export function sift(
  from: usize,
  to: usize,
  columns: usize,
  count: u32,
  outEnd: usize,
  mostHeld: u32,
): usize {
  let at = from;
  while (at < to && out < outEnd && held < mostHeld) {
    const before = out;
    const end = record(at, columns, count);
    if (end != 0) {
      if (isBlank(at, end)) {
        endLine();
      } else {
        writeNumber();
        writeByte(delimiter);
        writeBytes(at, end);
        pass();
      }
      at = end;
    } else {
      const next = nextLine(at);
      hold(at, next, before);
      at = next;
    }
  }
  return at;
}

function isBlank(from: usize, to: usize): bool {
  return load<u8>(from) == FEED || (to - from == 2 && load<u8>(from) == RETURN);
}

/** Where the line ends, its line feed included, if every field is sure; else 0. A blank line is no record and passes. */
function record(from: usize, columns: usize, count: u32): usize {
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
  if (at == from) return isOptional(column) ? at : 0;
  return kindOf(column) == TEXT || fits(column, from, at) ? at : 0;
}

/** Where the mark behind a field in quotes stands; `from` is behind the first of them. */
function quoted(column: usize, from: usize): usize {
  let at = from;
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
    at += 2;
  }
  return kindOf(column) == TEXT || fits(column, from, at) ? at + 1 : 0;
}
