/** Rows of a chunk, told as JavaScript's own values; what must hold of the layout of any chunk is looked at on the way. */

import assert from "node:assert/strict";
import type { ChunkColumn, RowChunk } from "../../../src/schema/row-chunk.ts";
import { type SieveColumn, type SieveKind, widthOf } from "../../../src/source/sieve/column.ts";

/** Whole numbers, decimals without their point, days and microseconds are `bigint`; doubles are `number`. */
export type Value = null | string | bigint | number | boolean;

export interface ChunkRow {
  readonly number: number;
  /** Of the columns that are read. */
  readonly values: readonly Value[];
}

const NUMBER: SieveKind = { kind: "bigint" };

export function rowsIn(chunk: RowChunk, columns: readonly SieveColumn[]): ChunkRow[] {
  const read = columns.filter(({ isRead }) => isRead);
  const [numbers, ...values] = chunk.columns;
  assert.ok(numbers !== undefined && values.length === read.length && chunk.rows > 0);
  const lists = values.map((column, index) => {
    const own = read[index];
    assert.ok(own !== undefined);
    return valuesIn(column, chunk.rows, own.is, widthOf(own));
  });
  return valuesIn(numbers, chunk.rows, NUMBER, 8).map((number, row) => ({
    number: Number(number),
    values: lists.map((list) => list[row] ?? null),
  }));
}

function valuesIn(column: ChunkColumn, rows: number, is: SieveKind, width: number): Value[] {
  const { values, validity } = column;
  assert.equal(values.length, rows * width);
  assert.equal(values.byteOffset % 16, 0);
  if (validity !== undefined) assert.equal(validity.length, Math.ceil(rows / 64) * 8);
  if (width !== 16) assert.equal(column.texts, undefined);
  return Array.from({ length: rows }, (_, row): Value => {
    const isThere = ((validity?.[row >> 3] ?? 0xff) >> (row & 7)) & 1;
    return isThere === 1 ? valueAt(column, row, is, width) : null;
  });
}

function valueAt(column: ChunkColumn, row: number, { kind }: SieveKind, width: number): Value {
  const { values } = column;
  const view = new DataView(values.buffer, values.byteOffset + row * width, width);
  if (width === 16) return textAt(column, view);
  if (kind === "boolean") {
    assert.ok(view.getUint8(0) < 2);
    return view.getUint8(0) === 1;
  }
  if (kind === "float") return view.getFloat64(0, true);
  if (width === 8) return view.getBigInt64(0, true);
  return BigInt(width === 4 ? view.getInt32(0, true) : view.getInt16(0, true));
}

/** As `duckdb_string_t` has it. */
function textAt({ texts }: ChunkColumn, view: DataView): string {
  const length = view.getUint32(0, true);
  const own = new Uint8Array(view.buffer, view.byteOffset + 4, 12);
  if (length <= 12) {
    assert.ok(
      own.subarray(length).every((byte) => byte === 0),
      "bytes behind a short text",
    );
    return textOf(own.subarray(0, length));
  }
  const place = Number(view.getBigUint64(8, true));
  assert.ok(texts !== undefined && place + length <= texts.length, "a text out of its room");
  const bytes = texts.subarray(place, place + length);
  assert.deepEqual([...own.subarray(0, 4)], [...bytes.subarray(0, 4)]);
  return textOf(bytes);
}

function textOf(bytes: Uint8Array): string {
  // A decoder takes no view of memory that threads share.
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
