/** What the sieve is told of each column: 32 bytes, written by `src/source/sieve/column.ts`. */

/** The kinds of values; a text may be anything. */
export const TEXT: u32 = 0;
export const INTEGER: u32 = 1;
export const BIGINT: u32 = 2;
export const DECIMAL: u32 = 3;
export const FLOAT: u32 = 4;
export const BOOLEAN: u32 = 5;
export const DATE: u32 = 6;
export const TIMESTAMP: u32 = 7;

const SIZE_SHIFT = 5;

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

/** Where the name stands as JSON writes it, quotes and all. */
export function nameAt(column: usize): usize {
  return load<u32>(column, 4);
}

export function nameBytes(column: usize): u32 {
  return load<u32>(column, 8);
}

/** What stands before a value in the record that is written, such as `,"c3":`; at most sixteen bytes. */
export function labelAt(column: usize): usize {
  return column + 16;
}

export function labelBytes(column: usize): u32 {
  return load<u32>(column, 12);
}
