/** Where everything of a chunk of rows stands, alike in the kernel's memory and on the way to the engine. */

import { CHUNK_ROWS, type ChunkColumn, type RowChunk, TEXT_BYTES } from "../../schema/row-chunk.ts";
import { type SieveColumn, widthOf } from "./column.ts";

export interface ChunkLayout {
  readonly rows: number;
  /** Where the number of each row's line stands, in eight bytes. */
  readonly numbers: number;
  /** Of those that are read and of those that are not, which have a width of 0. */
  readonly columns: readonly ColumnLayout[];
  readonly bytes: number;
}

interface ColumnLayout {
  readonly width: number;
  readonly validity: number;
  readonly values: number;
  readonly texts: number;
  /** Room for longer texts. */
  readonly textBytes: number;
}

/** What is in a chunk of a layout. */
export interface ChunkContent {
  readonly rows: number;
  readonly columns: readonly { readonly textBytes: number; readonly hasNull: boolean }[];
}

const NUMBER_BYTES = 8;
const ALIGNMENT = 16;
/** Of the values of all columns in a chunk, and of their longer texts. */
const VALUES_BYTES = 2 * 2 ** 20;
const TEXTS_BYTES = 4 * 2 ** 20;
const MOST_TEXT_BYTES = 2 ** 18;
const LEAST_TEXT_BYTES = 2 ** 14;

export function layoutOf(columns: readonly SieveColumn[]): ChunkLayout {
  const widths = columns.map(widthOf);
  const rowBytes = widths.reduce((sum, width) => sum + width, NUMBER_BYTES);
  const rows = Math.max(64, Math.min(CHUNK_ROWS, Math.floor(VALUES_BYTES / rowBytes / 64) * 64));
  const texts = widths.filter((width) => width === TEXT_BYTES).length;
  const textBytes = Math.max(
    LEAST_TEXT_BYTES,
    Math.min(MOST_TEXT_BYTES, Math.floor(TEXTS_BYTES / Math.max(texts, 1))),
  );
  let bytes = 0;
  const take = (count: number): number => {
    const at = bytes;
    bytes = Math.ceil((at + count) / ALIGNMENT) * ALIGNMENT;
    return at;
  };
  const numbers = take(rows * NUMBER_BYTES);
  const placed = widths.map((width): ColumnLayout => {
    if (width === 0) return { width, validity: 0, values: 0, texts: 0, textBytes: 0 };
    const own = width === TEXT_BYTES ? textBytes : 0;
    return {
      width,
      validity: take(rows / 8),
      values: take(rows * width),
      texts: take(own),
      textBytes: own,
    };
  });
  return { rows, numbers, columns: placed, bytes };
}

/** The chunk that stands in `bytes` at a place; the numbers of the lines are its first column. */
export function chunkIn(
  bytes: Uint8Array,
  at: number,
  layout: ChunkLayout,
  content: ChunkContent,
): RowChunk {
  const { rows } = content;
  const part = (from: number, count: number): Uint8Array =>
    bytes.subarray(at + from, at + from + count);
  const columns = layout.columns.flatMap((own, index): ChunkColumn[] => {
    const told = content.columns[index];
    if (own.width === 0 || told === undefined) return [];
    return [
      {
        values: part(own.values, rows * own.width),
        validity: told.hasNull ? part(own.validity, Math.ceil(rows / 64) * 8) : undefined,
        texts: told.textBytes > 0 ? part(own.texts, told.textBytes) : undefined,
      },
    ];
  });
  const numbers = {
    values: part(layout.numbers, rows * NUMBER_BYTES),
    validity: undefined,
    texts: undefined,
  };
  return { rows, columns: [numbers, ...columns] };
}
