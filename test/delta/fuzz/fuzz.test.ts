/** Damaged tables: each use of one works or says clearly why not, within bounds of time and memory. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import { MillraceError } from "../../../src/base/error.ts";
import type { DeletionVector } from "../../../src/delta/action.ts";
import { readDeletionVector } from "../../../src/delta/deletion-vector.ts";
import { parseActions } from "../../../src/delta/parse-action.ts";
import { parseSchema } from "../../../src/delta/schema-text.ts";
import { renderVectorFile } from "../../../src/delta/write-deletion-vector.ts";
import { chanceFrom } from "../../proof/random.ts";
import { type Lake, openLake } from "../lake.ts";
import { damageBytes } from "./mutation.ts";
import { tryDamage, tryLog } from "./trial.ts";
import { makeVictims, removeVictims, type Victim } from "./victim.ts";

const BOUND_MS = 5000;
const FIRST_SEED = 20_240_501;

let lake: Lake;
let victims: Victim[];
before(async () => {
  lake = await openLake();
  victims = await makeVictims(lake);
});
after(() => {
  removeVictims(victims);
  lake.close();
});

const corrupt = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, pattern);
  assert.ok(error.message.length < 1000);
  return true;
};

test("whatever is damaged in a table, its use ends in a result or a clear error", async (context) => {
  const end = Date.now() + BOUND_MS;
  let seed = FIRST_SEED;
  for (; Date.now() < end; seed += 1) await tryDamage(lake.engine, victims, seed);
  context.diagnostic(`seeds ${FIRST_SEED} to ${seed - 1}`);
});

test("whatever value of a log is odd, the table opens or says clearly why not", async (context) => {
  const end = Date.now() + BOUND_MS;
  let seed = FIRST_SEED;
  for (; Date.now() < end; seed += 1) await tryLog(lake.engine, victims, seed);
  context.diagnostic(`seeds ${FIRST_SEED} to ${seed - 1}`);
});

test("no damage to a file of vectors lets a row come back or go", async () => {
  const rows = BigUint64Array.from({ length: 300 }, (_, index) => BigInt(index * index));
  const { bytes, vectors } = renderVectorFile([rows]);
  const [vector] = vectors as [DeletionVector];
  const chance = chanceFrom(FIRST_SEED);
  let refused = 0;
  for (let round = 0; round < 2000; round += 1) {
    const damage = damageBytes(bytes, chance);
    try {
      assert.deepEqual(await readDeletionVector(vector, async () => damage.bytes), rows);
    } catch (error) {
      assert.ok(error instanceof MillraceError, `${damage.what}: ${error}`);
      assert.equal(error.code, "delta/corrupt-deletion-vector");
      refused += 1;
    }
  }
  assert.ok(refused > 1000, `only ${refused} were refused`);
});

test("a vector of few bytes that stands for more rows than it tells takes no memory for them", async () => {
  const runs = Array.from({ length: 60_000 }, () => [0, 0, 0xff, 0xff]).flat();
  const u32 = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  const body = [...u32(1681511377), 1, 0, 0, 0, 0, 0, 0, 0, ...u32(0), ...u32(12347), 1];
  const data = Uint8Array.from([...body, 0, 0, 0xff, 0xff, 60_000 & 0xff, 60_000 >> 8, ...runs]);
  const file = Buffer.alloc(data.length + 9);
  file.writeUInt8(1, 0);
  file.writeUInt32BE(data.length, 1);
  file.set(data, 5);
  file.writeUInt32BE(crc32(data), data.length + 5);
  const vector = { storageType: "p", pathOrInlineDv: "x", offset: 1, sizeInBytes: data.length };
  await assert.rejects(
    readDeletionVector({ ...vector, cardinality: 100_000 }, async () => file),
    corrupt("delta/corrupt-deletion-vector", /holds more than 100000 values/),
  );
  await assert.rejects(
    readDeletionVector({ ...vector, cardinality: 65_536 * 3 }, async () => file),
    corrupt("delta/corrupt-deletion-vector", /more than/),
  );
});

test("a schema that is nested without end, or has types that no table has, is told in few words", () => {
  const open = '{"type":"array","containsNull":true,"elementType":';
  const deep = (levels: number) =>
    `{"type":"struct","fields":[{"name":"x","type":${open.repeat(levels)}"long"${"}".repeat(levels)}}]}`;
  assert.equal(parseSchema(deep(150), "t").length, 1);
  assert.throws(
    () => parseSchema(deep(50_000), "t"),
    corrupt("delta/corrupt-log", /nested deeper than 200 levels/),
  );
  const of = (type: string) => `{"type":"struct","fields":[{"name":"x","type":"${type}"}]}`;
  for (const type of [
    "decimal(39,0)",
    "decimal(5,6)",
    "decimal(0,0)",
    "decimal(9,-1)",
    "variant",
  ]) {
    assert.throws(() => parseSchema(of(type), "t"), corrupt("delta/unsupported-type", /type/));
  }
  assert.throws(
    () => parseSchema(of("x".repeat(100_000)), "t"),
    corrupt("delta/unsupported-type", /xxx\.\.\./),
  );
});

test("what decides how rows are read is never passed over for being written wrongly", () => {
  const parse = (action: string) => () => parseActions(action, "log");
  const add = (rest: string) => `{"add":{"path":"x","size":1,${rest}}}`;
  const wrong: [string, RegExp][] = [
    ['{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}}', /list of/],
    ['{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[1]}}', /list of/],
    ['{"metaData":{"id":"x","partitionColumns":"day"}}', /list of texts/],
    ['{"metaData":{"id":"x","partitionColumns":[["day"]]}}', /list of texts/],
    ['{"metaData":{"id":"x","configuration":["a"]}}', /texts by name/],
    [add('"partitionValues":[1]'), /texts by name/],
    [add('"partitionValues":{"day":{"a":1}}'), /nested as "day"/],
    [add('"deletionVector":7'), /no object/],
    [add('"deletionVector":{"cardinality":1}'), /storageType/],
    [add('"deletionVector":{"storageType":"u","pathOrInlineDv":"x","sizeInBytes":1.5}'), /sizeIn/],
    [add('"deletionVector":{"storageType":"u","pathOrInlineDv":"x","sizeInBytes":1}'), /cardinal/],
  ];
  for (const [text, pattern] of wrong) {
    assert.throws(parse(text), corrupt("delta/corrupt-log", pattern));
  }
  const [file] = parseActions(
    add('"partitionValues":{"a":1,"b":true,"c":null,"d":"x"}'),
    "log",
  ).adds;
  assert.deepEqual(file?.partitionValues, { a: "1", b: "true", c: null, d: "x" });
});
