/**
 * A chunk of rows as the engine holds them: of each column its values side by side, and one bit for each that is not
 * null. A text is a `duckdb_string_t` of duckdb.h: its length in four bytes, then up to twelve bytes of its own; of a
 * longer one the first four bytes, and instead of the pointer its place among the longer texts of the column.
 */

import {
  columnAt,
  hasNull,
  heapAt,
  heapBytes,
  heapUsed,
  setHasNull,
  setHeapUsed,
  validityAt,
  valuesAt,
  widthOf,
} from "./column.ts";

export const TEXT_BYTES: u32 = 16;
const SHORT_BYTES: u32 = 12;
const HELD_BYTES: usize = 12;
/** Read from the place `16 - n` on: n bytes of 255, then zeros. */
const MASK: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Rows that are whole. */
export let rows: u32 = 0;
/** Of this call: lines that were held back, and that were looked at, blank ones included. */
export let held: u32 = 0;
export let lines: u32 = 0;
/** Whether a text found no room behind the others. */
export let isFull: bool = false;

/** What the caller told of the columns, and how many there are. */
export let columns: usize = 0;
export let count: u32 = 0;

let numbersAt: usize = 0;
let mostRows: u32 = 0;
let heldAt: usize = 0;
let mostHeld: u32 = 0;

let firstNumber: i64 = 0;
let heldEnd: usize = 0;

/** `numbers`: where the number of each row's line goes, in eight bytes. */
export function setChunk(
  columnsAt: usize,
  columnCount: u32,
  numbers: usize,
  rowCount: u32,
  heldTo: usize,
  heldCount: u32,
): void {
  columns = columnsAt;
  count = columnCount;
  numbersAt = numbers;
  mostRows = rowCount;
  heldAt = heldTo;
  mostHeld = heldCount;
}

/** The rows so far were taken. */
export function empty(): void {
  rows = 0;
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(columns, index);
    setHeapUsed(column, 0);
    if (!hasNull(column)) continue;
    setHasNull(column, false);
    memory.fill(validityAt(column), 0xff, (mostRows + 7) >> 3);
  }
}

/** `number` is that of the first line. */
export function begin(number: f64): void {
  firstNumber = <i64>number;
  heldEnd = heldAt;
  held = 0;
  lines = 0;
  isFull = false;
}

export function hasRoom(): bool {
  return rows < mostRows && held < mostHeld && !isFull;
}

/** The line is a row. */
export function pass(): void {
  store<i64>(numbersAt + ((<usize>rows) << 3), firstNumber + lines);
  rows++;
  lines++;
}

/** The line is no record. */
export function skip(): void {
  lines++;
}

/**
 * The line is no row; false where it is to be looked at again, once the chunk is empty. What is held is told as three
 * words: from, to, and its number in this call from 0.
 */
export function hold(from: usize, to: usize): bool {
  for (let index: u32 = 0; index < count; index++) {
    const column = columnAt(columns, index);
    if (rows == 0) setHeapUsed(column, 0);
    if (!hasNull(column)) continue;
    const at = validityAt(column) + (rows >> 3);
    store<u8>(at, load<u8>(at) | rowBit());
  }
  if (isFull && rows > 0) return false;
  isFull = false;
  store<u32>(heldEnd, <u32>from);
  store<u32>(heldEnd, <u32>to, 4);
  store<u32>(heldEnd, lines, 8);
  heldEnd += HELD_BYTES;
  held++;
  lines++;
  return true;
}

function rowBit(): u8 {
  return <u8>((<u32>1) << (rows & 7));
}

/** Where the next value of the column goes. */
export function place(column: usize): usize {
  return valuesAt(column) + <usize>rows * widthOf(column);
}

export function writeNull(column: usize): void {
  const width = widthOf(column);
  if (width == 0) return;
  setHasNull(column, true);
  const at = validityAt(column) + (rows >> 3);
  store<u8>(at, load<u8>(at) & ~rowBit());
  if (width == TEXT_BYTES) store<u32>(place(column), 0);
}

/** False where it finds no room; up to fifteen bytes behind the text are read. */
export function writeText(column: usize, from: usize, to: usize): bool {
  const bytes = <u32>(to - from);
  if (bytes <= SHORT_BYTES) {
    writeShort(column, from, bytes);
    return true;
  }
  const target = room(column, bytes);
  if (target == 0) return false;
  copy(target, from, to);
  writeLong(column, bytes);
  return true;
}

/** Room for so many bytes behind the longer texts; 0 where there is none. */
export function room(column: usize, bytes: u32): usize {
  const used = heapUsed(column);
  if (used + bytes + TEXT_BYTES <= heapBytes(column)) return heapAt(column) + used;
  isFull = true;
  return 0;
}

/** A text that was written behind the longer ones, whatever its length. */
export function writeRoomed(column: usize, bytes: u32): void {
  if (bytes <= SHORT_BYTES) writeShort(column, heapAt(column) + heapUsed(column), bytes);
  else writeLong(column, bytes);
}

function writeShort(column: usize, from: usize, bytes: u32): void {
  const text = v128.and(v128.load(from), v128.load(MASK + 16 - bytes));
  const at = place(column);
  store<u32>(at, bytes);
  store<u64>(at, i64x2.extract_lane(text, 0), 4);
  store<u32>(at, i32x4.extract_lane(text, 2), 12);
}

function writeLong(column: usize, bytes: u32): void {
  const used = heapUsed(column);
  const at = place(column);
  store<u32>(at, bytes);
  store<u32>(at, load<u32>(heapAt(column) + used), 4);
  store<u64>(at, used, 8);
  setHeapUsed(column, used + bytes);
}

/** May write up to fifteen bytes more. */
export function copy(target: usize, from: usize, to: usize): void {
  for (; from < to; from += 16) {
    v128.store(target, v128.load(from));
    target += 16;
  }
}
