/** Deletion vectors: every container form, and every kind of damage. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { MillraceError } from "../../src/base/error.ts";
import type { DeletionVector } from "../../src/delta/action.ts";
import { readDeletionVector } from "../../src/delta/deletion-vector.ts";
import { readRoaring64 } from "../../src/delta/roaring.ts";
import { decodeZ85 } from "../../src/delta/z85.ts";

type Container = { readonly key: number } & (
  | { readonly values: readonly number[] }
  | { readonly runs: readonly (readonly [number, number])[] }
);

const u16 = (value: number) => [value & 0xff, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

/** A 32-bit bitmap as the format's specification lays it out. */
function bitmap32(containers: readonly Container[]): number[] {
  const sizes = containers.map((each) =>
    "values" in each ? each.values.length : each.runs.reduce((sum, [, more]) => sum + more + 1, 0),
  );
  const isRun = containers.map((each) => "runs" in each);
  const hasRuns = isRun.includes(true);
  const flags = Array.from({ length: Math.ceil(containers.length / 8) }, (_, byte) =>
    isRun.slice(byte * 8, byte * 8 + 8).reduce((sum, flag, bit) => sum + (flag ? 1 << bit : 0), 0),
  );
  const head = hasRuns
    ? [...u16(12347), ...u16(containers.length - 1), ...flags]
    : [...u32(12346), ...u32(containers.length)];
  const keys = containers.flatMap(({ key }, index) => [
    ...u16(key),
    ...u16((sizes[index] ?? 0) - 1),
  ]);
  const offsets = !hasRuns || containers.length >= 4 ? containers.flatMap(() => u32(0)) : [];
  const bodies = containers.flatMap((each) => {
    if ("runs" in each)
      return [
        ...u16(each.runs.length),
        ...each.runs.flatMap(([first, more]) => [...u16(first), ...u16(more)]),
      ];
    if (each.values.length <= 4096) return each.values.flatMap(u16);
    const bits = new Array<number>(8192).fill(0);
    for (const value of each.values)
      bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
    return bits;
  });
  return [...head, ...keys, ...offsets, ...bodies];
}

function bitmap64(maps: readonly { high: number; containers: readonly Container[] }[]): Uint8Array {
  return Uint8Array.from([
    ...u32(maps.length),
    ...u32(0),
    ...maps.flatMap(({ high, containers }) => [...u32(high), ...bitmap32(containers)]),
  ]);
}

const range = (first: number, count: number, step = 1) =>
  Array.from({ length: count }, (_, index) => first + index * step);

test("arrays, bitmaps and runs in several containers and high words read in order", () => {
  const bytes = bitmap64([
    {
      high: 0,
      containers: [
        { key: 0, values: [0, 5, 65535] },
        { key: 1, values: range(0, 5000, 13) },
        {
          key: 7,
          runs: [
            [10, 3],
            [100, 0],
          ],
        },
        { key: 8, values: [1] },
        { key: 9, runs: [[0, 65535]] },
      ],
    },
    { high: 3, containers: [{ key: 2, values: [9] }] },
  ]);
  const wanted = [
    0,
    5,
    65535,
    ...range(0, 5000, 13).map((value) => 65536 + value),
    ...[10, 11, 12, 13, 100].map((value) => 7 * 65536 + value),
    8 * 65536 + 1,
    ...range(0, 65536).map((value) => 9 * 65536 + value),
    3 * 2 ** 32 + 2 * 65536 + 9,
  ].map(BigInt);
  assert.deepEqual(readRoaring64(bytes), BigUint64Array.from(wanted));
  assert.equal(readRoaring64(bitmap64([])).length, 0);
});

test("a bitmap that ends early or is none throws, wherever it is cut", () => {
  const bytes = bitmap64([
    {
      high: 0,
      containers: [
        { key: 0, values: [1, 2] },
        { key: 1, runs: [[3, 4]] },
      ],
    },
  ]);
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => readRoaring64(bytes.subarray(0, length)), RangeError);
  }
  assert.throws(
    () => readRoaring64(Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0])),
    /no Roaring bitmap/,
  );
});

test("Z85 reads the example of its specification and refuses what is none", () => {
  assert.deepEqual(
    decodeZ85("HelloWorld"),
    Uint8Array.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]),
  );
  assert.equal(decodeZ85("Hell"), undefined);
  assert.equal(decodeZ85("Hell~"), undefined);
  // Five digits that stand for more than four bytes hold.
  assert.equal(decodeZ85("##093"), undefined);
});

/** A vector of one row at offset 1 of its file, and that file. */
function fileVector(): { vector: DeletionVector; file: Uint8Array } {
  const data = Uint8Array.from([
    ...u32(1681511377),
    ...bitmap64([{ high: 0, containers: [{ key: 0, values: [3, 4] }] }]),
  ]);
  const file = new Uint8Array(1 + 4 + data.length + 4);
  const view = new DataView(file.buffer);
  view.setUint8(0, 1);
  view.setUint32(1, data.length);
  file.set(data, 5);
  view.setUint32(5 + data.length, crc32(data));
  return {
    vector: {
      storageType: "u",
      pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^",
      offset: 1,
      sizeInBytes: data.length,
      cardinality: 2,
    },
    file,
  };
}

test("a file's name is the UUID in the log, below the folder before it", async () => {
  const { vector, file } = fileVector();
  const asked: string[] = [];
  const rows = await readDeletionVector(vector, async (path) => {
    asked.push(path);
    return file;
  });
  assert.deepEqual(rows, BigUint64Array.from([3n, 4n]));
  assert.deepEqual(asked, ["ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"]);
});

test("a vector that is damaged in any byte is refused, never believed", async () => {
  const { vector, file } = fileVector();
  const refuse = (changed: DeletionVector, bytes: Uint8Array) =>
    assert.rejects(
      readDeletionVector(changed, async () => bytes),
      (error) => {
        assert.ok(error instanceof MillraceError, String(error));
        assert.equal(error.code, "delta/corrupt-deletion-vector");
        return true;
      },
    );
  for (let at = 0; at < file.length; at += 1) {
    const broken = Uint8Array.from(file);
    broken[at] = (broken[at] ?? 0) ^ 0x55;
    await refuse(vector, broken);
    await refuse(vector, file.subarray(0, at));
  }
  await refuse({ ...vector, cardinality: 1 }, file);
  await refuse({ ...vector, sizeInBytes: vector.sizeInBytes - 1 }, file);
  await refuse({ ...vector, storageType: "x" }, file);
  await refuse({ ...vector, pathOrInlineDv: "short" }, file);
  await refuse({ ...vector, storageType: "i", pathOrInlineDv: "##093" }, file);
});
