/**
 * 64-bit Roaring bitmaps in the portable form: a count of 32-bit bitmaps, each after its high word.
 * A 32-bit bitmap is a header (cookie 12346, or 12347 where some containers are runs), keys and
 * cardinalities, offsets, then one container per key: sorted values, 65536 bits, or runs.
 * Little-endian throughout. Source: github.com/RoaringBitmap/RoaringFormatSpec.
 */

export const NO_RUNS = 12346;
export const WITH_RUNS = 12347;
export const LARGEST_ARRAY = 4096;
export const BITMAP_BYTES = 8192;
/** With runs, offsets are written only from so many containers on. */
export const FEWEST_WITH_OFFSETS = 4;

interface Values {
  readonly chunks: BigUint64Array[];
  count: number;
  readonly most: number;
}

interface Container {
  readonly high: bigint;
  readonly cardinality: number;
  readonly isRun: boolean;
}

/**
 * All values, ascending. Throws RangeError where the bytes end early, are no bitmap, or stand for more
 * than `most` values: few bytes of runs can mean more values than any memory holds.
 */
export function readRoaring64(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): BigUint64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Values = { chunks: [], count: 0, most };
  let at = 8;
  for (let left = view.getBigUint64(0, true); left > 0n; left -= 1n) {
    const key = BigInt(view.getUint32(at, true)) << 32n;
    at = readRoaring32(view, { at: at + 4, key, into: values });
  }
  return joined(values);
}

/** Reads one 32-bit bitmap and returns where it ends. */
function readRoaring32(
  view: DataView,
  { at: start, key, into }: { at: number; key: bigint; into: Values },
): number {
  let at = start;
  const cookie = view.getUint32(at, true);
  at += 4;
  const hasRuns = (cookie & 0xffff) === WITH_RUNS;
  if (!hasRuns && cookie !== NO_RUNS) throw new RangeError(`no Roaring bitmap: cookie ${cookie}`);
  const count = hasRuns ? (cookie >>> 16) + 1 : view.getUint32(at, true);
  const runFlags = at;
  at += hasRuns ? Math.ceil(count / 8) : 4;
  const containers: Container[] = [];
  for (let index = 0; index < count; index += 1) {
    containers.push({
      high: key | (BigInt(view.getUint16(at, true)) << 16n),
      cardinality: view.getUint16(at + 2, true) + 1,
      isRun: hasRuns && ((view.getUint8(runFlags + (index >> 3)) >> (index & 7)) & 1) === 1,
    });
    at += 4;
  }
  if (!hasRuns || count >= FEWEST_WITH_OFFSETS) at += count * 4;
  for (const container of containers) at = readContainer(view, at, container, into);
  return at;
}

function readContainer(
  view: DataView,
  at: number,
  { high, cardinality, isRun }: Container,
  into: Values,
): number {
  if (isRun) return readRuns(view, at, high, into);
  const values = chunkOf(cardinality, into);
  if (cardinality <= LARGEST_ARRAY) {
    for (let index = 0; index < cardinality; index += 1) {
      values[index] = high | BigInt(view.getUint16(at + index * 2, true));
    }
    return at + cardinality * 2;
  }
  let filled = 0;
  for (let byte = 0; byte < BITMAP_BYTES; byte += 1) {
    const bits = view.getUint8(at + byte);
    for (let bit = 0; bit < 8; bit += 1) {
      if (((bits >> bit) & 1) === 0) continue;
      values[filled] = high | BigInt(byte * 8 + bit);
      filled += 1;
    }
  }
  if (filled !== cardinality) throw new RangeError("a container's cardinality is wrong");
  return at + BITMAP_BYTES;
}

function readRuns(view: DataView, at: number, high: bigint, into: Values): number {
  const runs = view.getUint16(at, true);
  for (let run = 0; run < runs; run += 1) {
    const first = view.getUint16(at + 2 + run * 4, true);
    const more = view.getUint16(at + 4 + run * 4, true);
    if (first + more > 0xffff) throw new RangeError("a run leaves its container");
    const values = chunkOf(more + 1, into);
    for (let step = 0; step <= more; step += 1) values[step] = high | BigInt(first + step);
  }
  return at + 2 + runs * 4;
}

function chunkOf(length: number, into: Values): BigUint64Array {
  into.count += length;
  if (into.count > into.most) throw new RangeError(`it holds more than ${into.most} values`);
  const chunk = new BigUint64Array(length);
  into.chunks.push(chunk);
  return chunk;
}

function joined({ chunks, count }: Values): BigUint64Array {
  const all = new BigUint64Array(count);
  let at = 0;
  let last = -1n;
  for (const chunk of chunks) {
    const first = chunk[0] ?? last;
    if (first <= last) throw new RangeError("its values do not ascend");
    last = chunk.at(-1) ?? last;
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
