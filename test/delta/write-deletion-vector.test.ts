/** Deletion vectors that we write: read back as they were meant, in the form the protocol asks for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeletionVector } from "../../src/delta/deletion-vector.ts";
import { readRoaring64 } from "../../src/delta/roaring.ts";
import { renderVectorFile } from "../../src/delta/write-deletion-vector.ts";
import { renderRoaring64 } from "../../src/delta/write-roaring.ts";
import { decodeZ85, encodeZ85 } from "../../src/delta/z85.ts";

const rowsOf = (count: number, at: (index: number) => number): BigUint64Array =>
  BigUint64Array.from({ length: count }, (_, index) => BigInt(at(index)));

const SHAPES: readonly (readonly [string, BigUint64Array])[] = [
  ["no row", rowsOf(0, () => 0)],
  ["one row", rowsOf(1, () => 7)],
  ["a run", rowsOf(100_000, (index) => index + 5)],
  ["a full container and its neighbours", rowsOf(65_538, (index) => 65_535 + index)],
  ["an array", rowsOf(4096, (index) => index * 2)],
  ["one more than an array holds", rowsOf(4097, (index) => index * 2)],
  ["a bitmap", rowsOf(20_000, (index) => index * 3)],
  ["many containers of one row", rowsOf(300, (index) => index * 70_000)],
  ["runs and arrays in turn", rowsOf(5000, (index) => (index < 2500 ? index : index * 40))],
  ["words above the lowest", rowsOf(100, (index) => index * 2 ** 31)],
];

for (const [what, rows] of SHAPES) {
  test(`a bitmap of ${what} is read back as it was written`, () => {
    assert.deepEqual(readRoaring64(renderRoaring64(rows)), rows);
  });
}

test("each container takes the least of its three forms", () => {
  const sizeOf = (rows: BigUint64Array) => renderRoaring64(rows).byteLength;
  assert.ok(sizeOf(rowsOf(60_000, (index) => index)) < 40);
  assert.ok(sizeOf(rowsOf(1000, (index) => index * 60)) < 2100);
  assert.ok(sizeOf(rowsOf(30_000, (index) => index * 2)) < 8300);
});

test("random sets of rows are read back, whatever their density", () => {
  let state = 20_260_301;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 60; round += 1) {
    const density = random() ** 3;
    const rows: bigint[] = [];
    for (let row = 0; row < 150_000; row += 1) if (random() < density) rows.push(BigInt(row));
    const written = BigUint64Array.from(rows);
    assert.deepEqual(readRoaring64(renderRoaring64(written)), written, `density ${density}`);
  }
});

test("the vectors of one commit share a file, each found by its offset", async () => {
  const sets = SHAPES.map(([, rows]) => rows).filter((rows) => rows.length > 0);
  const { path, bytes, vectors } = renderVectorFile(sets);
  assert.match(path, /^deletion_vector_[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\.bin$/);
  for (const [index, vector] of vectors.entries()) {
    const read = await readDeletionVector(vector, async (asked) => {
      assert.equal(asked, path);
      return bytes;
    });
    assert.deepEqual(read, sets[index]);
    assert.equal(Number(vector.cardinality), sets[index]?.length);
  }
});

test("Z85 writes the example of its specification, and reads what it wrote", () => {
  const example = Uint8Array.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
  assert.equal(encodeZ85(example), "HelloWorld");
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.deepEqual(decodeZ85(encodeZ85(all)), all);
});
