/** What the sieve is told of each column, and where its values go: 64 bytes, written by `src/source/sieve/kernel-column.ts`. */

/** The kinds of values; a text may be anything. */
export const TEXT: u32 = 0;
export const INTEGER: u32 = 1;
export const BIGINT: u32 = 2;
export const DECIMAL: u32 = 3;
export const FLOAT: u32 = 4;
export const BOOLEAN: u32 = 5;
export const DATE: u32 = 6;
export const TIMESTAMP: u32 = 7;

const SIZE_SHIFT = 6;

export function columnAt(columns: usize, index: u32): usize {
  return columns + ((<usize>index) << SIZE_SHIFT);
}

export function kindOf(column: usize): u32 {
  return load<u8>(column);
}

export function isOptional(column: usize): bool {
  return load<u8>(column, 1) != 0;
}

/** Digits before the point of a decimal. */
export function mostDigits(column: usize): u32 {
  return load<u8>(column, 2);
}

/** Digits after the point of a decimal. */
export function scaleOf(column: usize): u32 {
  return load<u8>(column, 3);
}

/** Where the name stands as JSON writes it, quotes and all, and behind it a colon; its bytes are without that. */
export function nameAt(column: usize): usize {
  return load<u32>(column, 4);
}

export function nameBytes(column: usize): u32 {
  return load<u32>(column, 8);
}

/** Of one value: 1, 2, 4 or 8, or `TEXT_BYTES`; 0 of a column that nobody reads. */
export function widthOf(column: usize): u32 {
  return load<u32>(column, 12);
}

/** One bit for each row, 0 where it is null. */
export function validityAt(column: usize): usize {
  return load<u32>(column, 16);
}

export function valuesAt(column: usize): usize {
  return load<u32>(column, 20);
}

/** Where longer texts stand, one behind the other, and how many bytes have room. */
export function heapAt(column: usize): usize {
  return load<u32>(column, 24);
}

export function heapBytes(column: usize): u32 {
  return load<u32>(column, 28);
}

/** Told to the caller: how many bytes of longer texts there are, and whether some value is null. */
export function heapUsed(column: usize): u32 {
  return load<u32>(column, 32);
}

export function setHeapUsed(column: usize, bytes: u32): void {
  store<u32>(column, bytes, 32);
}

export function hasNull(column: usize): bool {
  return load<u32>(column, 36) != 0;
}

export function setHasNull(column: usize, is: bool): void {
  store<u32>(column, u32(is), 36);
}

/** A whole number, and what stands for one in days or microseconds, is between these, which belong to the range. */
export function isBetween(column: usize, value: i64): bool {
  return value >= load<i64>(column, 40) && value <= load<i64>(column, 48);
}

export function isFloatBetween(column: usize, value: f64): bool {
  return value >= load<f64>(column, 40) && value <= load<f64>(column, 48);
}

/** Whether the column's automaton accepts the text; where it has none every text. */
export function isAccepted(column: usize, from: usize, to: usize): bool {
  const table: usize = load<u32>(column, 56);
  if (table == 0) return true;
  let state: usize = load<u8>(column, 61);
  for (; from < to; from++) state = load<u8>(table + (state << 8) + load<u8>(from));
  return state >= load<u8>(column, 60);
}
