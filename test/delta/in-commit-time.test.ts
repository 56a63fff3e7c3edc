/** Times that commits carry themselves: switched on late, raced for, and travelled by. */

import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { MillraceError } from "../../src/base/error.ts";
import { alterTable } from "../../src/delta/alter/alter.ts";
import { history } from "../../src/delta/history.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { column, type Lake, openLake } from "./lake.ts";

const START = Date.parse("2024-05-01T00:00:00.000Z");
const SECOND = 1000;

let now = START;
const clock: Clock = { now: () => new Date(now), sleep: async () => {} };

let lake: Lake;
before(async () => {
  lake = await openLake(clock);
});
after(() => lake.close());

let tables = 0;
async function create(configuration: Record<string, string> = {}): Promise<Snapshot> {
  tables += 1;
  return lake.create(`t${tables}`, { fields: [column("id", "long")], configuration });
}
const append = (base: Snapshot) => lake.append(base, "SELECT 1::BIGINT AS id");
const set = (base: Snapshot, properties: Record<string, string>) =>
  alterTable(lake.context, base, { change: "set properties", properties });
const timed = { "delta.enableInCommitTimestamps": "true" };

const fileOf = ({ folder }: Snapshot, version: number) =>
  join(lake.root, folder, `_delta_log/${String(version).padStart(20, "0")}.json`);

/** As if the storage had written the commit so many seconds after the start. */
function stamp(table: Snapshot, version: number, seconds: number): void {
  const at = new Date(START + seconds * SECOND);
  utimesSync(fileOf(table, version), at, at);
}

const infoOf = (table: Snapshot, version: number) =>
  JSON.parse(readFileSync(fileOf(table, version), "utf8").split("\n")[0] ?? "").commitInfo;

async function versionAt(table: Snapshot, seconds: number): Promise<number> {
  const timestamp = new Date(START + seconds * SECOND);
  return (await lake.open(table.folder, { timestamp })).version;
}

const tooOld = (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, "delta/no-such-version");
  return true;
};

test("a table that gets them late says from which version and when, and later than the version before", async () => {
  now = START;
  const base = await append(await create());
  stamp(base, 0, 0);
  stamp(base, 1, 50);
  const reopened = await lake.open(base.folder);
  const timedTable = await set(reopened, timed);
  const { inCommitTimestamp } = infoOf(base, 2);
  assert.equal(inCommitTimestamp, START + 50 * SECOND + 1);
  assert.deepEqual(timedTable.metadata.configuration, {
    ...timed,
    "delta.inCommitTimestampEnablementVersion": "2",
    "delta.inCommitTimestampEnablementTimestamp": String(inCommitTimestamp),
  });
  assert.equal(timedTable.timestamp.getTime(), inCommitTimestamp);
  const next = await append(timedTable);
  assert.equal(infoOf(next, 3).inCommitTimestamp, inCommitTimestamp + 1);
});

test("a table that has them from the beginning needs no such properties", async () => {
  now = START;
  const base = await create(timed);
  assert.deepEqual(base.metadata.configuration, timed);
  assert.equal(infoOf(base, 0).inCommitTimestamp, START);
});

test("where an append came between, the version and time are those of the commit that won", async () => {
  now = START;
  const base = await create();
  stamp(base, 0, 0);
  const late = await append(base);
  stamp(late, 1, 500);
  const timedTable = await set(base, timed);
  assert.equal(timedTable.version, 2);
  const { configuration } = timedTable.metadata;
  assert.equal(configuration["delta.inCommitTimestampEnablementVersion"], "2");
  assert.equal(infoOf(base, 2).inCommitTimestamp, START + 500 * SECOND + 1);
});

test("time travel goes by files before they were switched on, and by the commits after", async () => {
  now = START + 100 * SECOND;
  let table = await append(await append(await create()));
  for (const version of [0, 1, 2]) stamp(table, version, version * 10);
  table = await set(await lake.open(table.folder), timed);
  for (const seconds of [200, 300, 400]) {
    now = START + seconds * SECOND;
    table = await append(table);
  }
  // What the storage says of the later files plays no part.
  for (const version of [3, 4, 5, 6]) stamp(table, version, 5);
  const found: [number, number][] = [
    [0, 0],
    [9.999, 0],
    [10, 1],
    [25, 2],
    [99.999, 2],
    [100, 3],
    [199, 3],
    [200, 4],
    [399, 5],
    [400, 6],
    [9999, 6],
  ];
  for (const [seconds, version] of found) {
    assert.equal(await versionAt(table, seconds), version, `at ${seconds} s`);
  }
  await assert.rejects(versionAt(table, -1), tooOld);
  const told = await history(lake.context, table.folder);
  assert.deepEqual(
    told.map(({ timestamp }) => (timestamp.getTime() - START) / SECOND),
    [400, 300, 200, 100, 20, 10, 0],
  );
});

test("time travel reads few of many commits, and finds each", async () => {
  now = START;
  let table = await create(timed);
  for (let version = 1; version <= 40; version += 1) {
    now = START + version * SECOND;
    table = await append(table);
  }
  for (let version = 0; version <= 40; version += 1) {
    assert.equal(await versionAt(table, version), version);
    assert.equal(await versionAt(table, version + 0.5), version);
  }
  await assert.rejects(versionAt(table, -0.001), tooOld);
});

test("a table whose times were switched off goes by its files again, and switching on again starts anew", async () => {
  now = START + 1000 * SECOND;
  let table = await append(await create(timed));
  table = await set(table, { "delta.enableInCommitTimestamps": "false" });
  for (const version of [0, 1, 2]) stamp(table, version, version * 10);
  assert.equal(await versionAt(table, 15), 1);
  now = START + 2000 * SECOND;
  table = await append(await set(await lake.open(table.folder), timed));
  assert.equal(table.metadata.configuration["delta.inCommitTimestampEnablementVersion"], "3");
  assert.equal(await versionAt(table, 15), 1);
  assert.equal(await versionAt(table, 1999), 2);
  assert.equal(await versionAt(table, 2000), 3);
  assert.equal(await versionAt(table, 3000), 4);
});

test("files whose times go backwards count as a millisecond after the one before", async () => {
  now = START;
  const table = await append(await append(await append(await create())));
  for (const [version, seconds] of [100, 50, 100.0005, 200].entries())
    stamp(table, version, seconds);
  assert.equal(await versionAt(table, 100), 0);
  assert.equal(await versionAt(table, 100.001), 1);
  assert.equal(await versionAt(table, 100.002), 2);
  assert.equal(await versionAt(table, 199), 2);
  await assert.rejects(versionAt(table, 60), tooOld);
});

test("a commit that lacks the time its table asks for is told, and versions by number are there still", async () => {
  now = START;
  const table = await append(await create(timed));
  const file = fileOf(table, 1);
  writeFileSync(file, readFileSync(file, "utf8").replace("inCommitTimestamp", "other"));
  await assert.rejects(
    versionAt(table, 0),
    (error) => error instanceof MillraceError && error.code === "delta/corrupt-log",
  );
  assert.equal((await lake.open(table.folder, { version: 1 })).version, 1);
});
