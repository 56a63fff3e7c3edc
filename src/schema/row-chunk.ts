/** Rows in bulk, laid out as the engine's own vectors, on their way from whoever reads bytes to the engine. */

import type { DataType } from "./type.ts";

/**
 * A column of rows in bulk. The types that can be laid out: `string`, `long`, `integer`, `double`, `boolean`, `date`,
 * `timestamp_ntz`, and decimals of up to eighteen digits.
 */
export interface ChunkField {
  readonly name: string;
  readonly type: DataType;
}

/** The bytes are good until the next chunk is asked for. */
export interface RowChunk {
  readonly rows: number;
  readonly columns: readonly ChunkColumn[];
}

export interface ChunkColumn {
  /**
   * Values side by side, little-endian: whole numbers in 4 or 8 bytes, decimals as whole numbers in 2, 4 or 8 (up to
   * 4, 9 and 18 digits), doubles in 8, days and microseconds from 1970 in 4 and 8, booleans in one. A text takes 16: its
   * length in four, then up to twelve bytes of its own; a longer one its first four bytes and, in eight, its place in
   * `texts`.
   */
  readonly values: Uint8Array;
  /** One bit for each row, 0 where it is null; may be left out where none is. Whole words of eight bytes. */
  readonly validity: Uint8Array | undefined;
  /** Longer texts, one behind the other. */
  readonly texts: Uint8Array | undefined;
}

/** Rows that fit into a chunk, as DuckDB's vectors hold them. */
export const CHUNK_ROWS = 2048;
/** Of a text among values. */
export const TEXT_BYTES = 16;
/** A text that is not longer stands among the values itself. */
export const SHORT_TEXT_BYTES = 12;
