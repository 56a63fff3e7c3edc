/** Columns of values laid out as a `RowChunk`, for tests of what takes them. */

import type { ChunkColumn, ChunkField, RowChunk } from "../../src/schema/row-chunk.ts";
import type { DataType } from "../../src/schema/type.ts";

/** Whole numbers, decimals without their point, days and microseconds are `bigint`. */
export type FeedValue = null | string | bigint | number | boolean;

/** Memory of which each piece begins at a multiple of 16. */
export interface Room {
  take(bytes: number): Uint8Array;
}

export function plainRoom(): Room {
  return { take: (bytes) => new Uint8Array(new ArrayBuffer(bytes)) };
}

/** One piece of memory that threads share, and of which a chunk takes parts. */
export function sharedRoom(bytes = 2 ** 22): Room {
  const memory = new SharedArrayBuffer(bytes);
  let used = 48;
  return {
    take(count) {
      const part = new Uint8Array(memory, used, count);
      used = Math.ceil((used + count) / 16) * 16;
      return part;
    },
  };
}

/** `lists`: of each field its values, one for each row. */
export function chunkOf(
  fields: readonly ChunkField[],
  lists: readonly (readonly FeedValue[])[],
  room: Room = plainRoom(),
): RowChunk {
  const columns = fields.map(({ type }, index) => columnOf(type, lists[index] ?? [], room));
  return { rows: lists[0]?.length ?? 0, columns };
}

function columnOf(type: DataType, list: readonly FeedValue[], room: Room): ChunkColumn {
  const width = widthOf(type);
  const values = room.take(list.length * width);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const longer: Buffer[] = [];
  let used = 0;
  for (const [row, value] of list.entries()) {
    const at = row * width;
    // What stands there where a value is null means nothing.
    if (value === null) values.fill(width === 16 ? 0 : 0xaa, at, at + width);
    else if (typeof value === "string") {
      const bytes = Buffer.from(value);
      view.setUint32(at, bytes.length, true);
      values.set(bytes.subarray(0, bytes.length > 12 ? 4 : 12), at + 4);
      if (bytes.length <= 12) continue;
      view.setBigUint64(at + 8, BigInt(used), true);
      longer.push(bytes);
      used += bytes.length;
    } else if (typeof value === "boolean") view.setUint8(at, value ? 1 : 0);
    else if (typeof value === "number") view.setFloat64(at, value, true);
    else if (width === 8) view.setBigInt64(at, value, true);
    else if (width === 4) view.setInt32(at, Number(value), true);
    else view.setInt16(at, Number(value), true);
  }
  const texts = used > 0 ? room.take(used) : undefined;
  texts?.set(Buffer.concat(longer));
  return { values, validity: list.includes(null) ? validityOf(list, room) : undefined, texts };
}

function validityOf(list: readonly FeedValue[], room: Room): Uint8Array {
  const bits = room.take(Math.ceil(list.length / 64) * 8).fill(0xff);
  for (const [row, value] of list.entries())
    if (value === null) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
  return bits;
}

function widthOf(type: DataType): number {
  if (typeof type === "object") {
    if (type.kind !== "decimal") throw new Error(`there are no rows in bulk of ${type.kind}`);
    return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : 8;
  }
  if (type === "string") return 16;
  if (type === "boolean") return 1;
  return type === "integer" || type === "date" ? 4 : 8;
}
