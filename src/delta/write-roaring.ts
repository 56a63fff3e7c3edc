/** Writing 64-bit Roaring bitmaps in the portable form that `roaring.ts` describes and reads. */

import { BITMAP_BYTES, FEWEST_WITH_OFFSETS, LARGEST_ARRAY, NO_RUNS, WITH_RUNS } from "./roaring.ts";

const CONTAINER_SPAN = 65_536;
const BITMAP_SPAN = 2 ** 32;

interface Container {
  readonly key: number;
  readonly cardinality: number;
  readonly isRun: boolean;
  readonly bytes: Uint8Array;
}

/** `values` are ascending, without repeats and below 2^53; each container takes the least of its three forms. */
export function renderRoaring64(values: BigUint64Array): Uint8Array {
  const bitmaps: Uint8Array[] = [];
  for (let start = 0; start < values.length; ) {
    const high = Math.floor(Number(values[start]) / BITMAP_SPAN);
    const end = endBelow(values, start, (high + 1) * BITMAP_SPAN);
    const key = new DataView(new ArrayBuffer(4));
    key.setUint32(0, high, true);
    bitmaps.push(new Uint8Array(key.buffer), renderRoaring32(values, start, end));
    start = end;
  }
  const count = new DataView(new ArrayBuffer(8));
  count.setBigUint64(0, BigInt(bitmaps.length / 2), true);
  return Buffer.concat([new Uint8Array(count.buffer), ...bitmaps]);
}

function renderRoaring32(values: BigUint64Array, start: number, end: number): Uint8Array {
  const containers: Container[] = [];
  for (let at = start; at < end; ) {
    const base = Math.floor(Number(values[at]) / CONTAINER_SPAN) * CONTAINER_SPAN;
    const next = Math.min(end, endBelow(values, at, base + CONTAINER_SPAN));
    const lows = Uint16Array.from({ length: next - at }, (_, index) => Number(values[at + index]));
    containers.push(containerOf((base % BITMAP_SPAN) / CONTAINER_SPAN, lows));
    at = next;
  }
  return Buffer.concat([headerOf(containers), ...containers.map(({ bytes }) => bytes)]);
}

/** The first place from `start` on whose value is not below `limit`. */
function endBelow(values: BigUint64Array, start: number, limit: number): number {
  const bound = BigInt(limit);
  let [low, high] = [start, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? bound) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function containerOf(key: number, lows: Uint16Array): Container {
  const cardinality = lows.length;
  const runs = countRuns(lows);
  const plain = cardinality <= LARGEST_ARRAY ? 2 * cardinality : BITMAP_BYTES;
  const isRun = 2 + 4 * runs < plain;
  const bytes = isRun
    ? runBytes(lows, runs)
    : cardinality <= LARGEST_ARRAY
      ? arrayBytes(lows)
      : bitmapBytes(lows);
  return { key, cardinality, isRun, bytes };
}

function countRuns(lows: Uint16Array): number {
  let runs = 0;
  let previous = -2;
  for (const low of lows) {
    if (low !== previous + 1) runs += 1;
    previous = low;
  }
  return runs;
}

/** The first value of each run, and how many follow it. */
function runBytes(lows: Uint16Array, runs: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + 4 * runs));
  view.setUint16(0, runs, true);
  let at = -2;
  let previous = -2;
  for (const low of lows) {
    if (low === previous + 1) {
      view.setUint16(at + 2, view.getUint16(at + 2, true) + 1, true);
    } else {
      at += 4;
      view.setUint16(at, low, true);
    }
    previous = low;
  }
  return new Uint8Array(view.buffer);
}

function arrayBytes(lows: Uint16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * lows.length));
  for (const [index, low] of lows.entries()) view.setUint16(2 * index, low, true);
  return new Uint8Array(view.buffer);
}

function bitmapBytes(lows: Uint16Array): Uint8Array {
  const bits = new Uint8Array(BITMAP_BYTES);
  for (const low of lows) bits[low >> 3] = (bits[low >> 3] ?? 0) | (1 << (low & 7));
  return bits;
}

/** Cookie, which containers are runs, keys with cardinalities, and where each container begins. */
function headerOf(containers: readonly Container[]): Uint8Array {
  const count = containers.length;
  const hasRuns = containers.some(({ isRun }) => isRun);
  const flags = hasRuns ? Math.ceil(count / 8) : 0;
  const offsets = !hasRuns || count >= FEWEST_WITH_OFFSETS ? 4 * count : 0;
  const before = hasRuns ? 4 + flags : 8;
  const view = new DataView(new ArrayBuffer(before + 4 * count + offsets));
  if (hasRuns) {
    view.setUint32(0, WITH_RUNS | ((count - 1) << 16), true);
  } else {
    view.setUint32(0, NO_RUNS, true);
    view.setUint32(4, count, true);
  }
  let begins = view.byteLength;
  for (const [index, { key, cardinality, isRun, bytes }] of containers.entries()) {
    const flag = 4 + (index >> 3);
    if (isRun) view.setUint8(flag, view.getUint8(flag) | (1 << (index & 7)));
    view.setUint16(before + 4 * index, key, true);
    view.setUint16(before + 4 * index + 2, cardinality - 1, true);
    if (offsets > 0) view.setUint32(before + 4 * count + 4 * index, begins, true);
    begins += bytes.byteLength;
  }
  return new Uint8Array(view.buffer);
}
