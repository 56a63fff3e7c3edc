/** Replay: whatever way leads to a version, by checkpoint or by commits, shows the same table. */

import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openSnapshot, refreshSnapshot } from "../../src/delta/table.ts";
import { type Change, commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake, realClock } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const fields = [column("id", "long"), column("p", "string")];
const logOf = (folder: string) => join(lake.root, folder, "_delta_log");
const commitFile = (folder: string, version: number) =>
  join(logOf(folder), `${String(version).padStart(20, "0")}.json`);

/** What a reader sees, in an order of its own, without what checkpoints leave out on purpose. */
function contentOf({ version, protocol, metadata, transactions, state, rows }: Snapshot) {
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  return {
    version,
    protocol,
    metadata,
    rows,
    transactions: [...transactions].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    domains: [...state.domains].toSorted(),
    files: [...state.files.values()]
      .map((file) => ({ ...file, dataChange: true }))
      .toSorted(byPath),
    tombstones: [...state.tombstones.values()]
      .map((file) => ({ ...file, dataChange: true }))
      .toSorted(byPath),
  };
}

test("a random history reads the same with its checkpoints, without them, and as it was at every version", async () => {
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  let snapshot = await lake.create("random", { fields, partitionColumns: ["p"] });
  const model = new Map<number, { id: bigint; p: string }[]>([[0, []]]);
  let rows: { id: bigint; p: string }[] = [];
  for (let version = 1; version <= 34; version += 1) {
    const fresh = Array.from({ length: 1 + random(3) }, (_, index) => ({
      id: BigInt(version * 10 + index),
      p: `k/${random(3)}`,
    }));
    const query = `SELECT * FROM (VALUES ${fresh.map(({ id, p }) => `(${id}::BIGINT, '${p}')`).join(", ")}) AS v(id, p)`;
    const change: Partial<Change> = {
      transactions: [{ appId: `app ${random(4)}`, version: BigInt(version) }],
    };
    const kind = random(6);
    if (kind === 0) {
      snapshot = await lake.append(snapshot, query, { ...change, remove: "all" });
      rows = fresh;
    } else if (kind === 1) {
      const gone = snapshot.files.filter(({ partitionValues }) => partitionValues.p === "k/1");
      snapshot = await commit(lake.context, snapshot, {
        operation: "DELETE",
        remove: gone,
        ...change,
      });
      rows = rows.filter(({ p }) => p !== "k/1");
    } else {
      snapshot = await lake.append(snapshot, query, change);
      rows = [...rows, ...fresh];
    }
    model.set(version, rows);
  }
  const log = logOf("random");
  const checkpoints = readdirSync(log).filter((name) => name.includes("checkpoint.parquet"));
  assert.equal(checkpoints.length, 3);
  const withCheckpoints = await lake.open("random");
  assert.deepEqual(contentOf(withCheckpoints), contentOf(snapshot));
  const expected = (version: number) =>
    (model.get(version) ?? []).toSorted((a, b) => Number(a.id - b.id));
  for (const version of [0, 1, 9, 10, 11, 19, 20, 25, 30, 34]) {
    assert.deepEqual(await lake.rows(await lake.open("random", { version })), expected(version));
  }
  for (const name of [...checkpoints, "_last_checkpoint"]) rmSync(join(log, name));
  assert.deepEqual(contentOf(await lake.open("random")), contentOf(withCheckpoints));
});

test("a checkpoint alone is enough when the commits before it are cleaned away", async () => {
  let snapshot = await lake.create("cleaned", { fields });
  for (let id = 1; id <= 12; id += 1)
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  const held = contentOf(snapshot);
  const early = await lake.open("cleaned", { version: 3 });
  for (let version = 0; version < 10; version += 1) rmSync(commitFile("cleaned", version));
  assert.deepEqual(contentOf(await lake.open("cleaned")), held);
  assert.deepEqual(contentOf(await refreshSnapshot(lake.context, early)), held);
  await assert.rejects(lake.open("cleaned", { version: 5 }), /lacks commit 0/);
});

test("a hint that is wrong in any way changes nothing", async () => {
  let snapshot = await lake.create("hint", { fields });
  for (let id = 1; id <= 11; id += 1)
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  const hint = join(logOf("hint"), "_last_checkpoint");
  const held = contentOf(snapshot);
  for (const text of [
    "",
    "{",
    "null",
    '{"version":99}',
    '{"version":3}',
    '{"version":-1}',
    '{"version":"x"}',
  ]) {
    writeFileSync(hint, text);
    assert.deepEqual(contentOf(await lake.open("hint")), held, text);
  }
});

test("a hole in the log is an error that names the missing commit", async () => {
  let snapshot = await lake.create("hole", { fields });
  for (let id = 1; id <= 4; id += 1)
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  const early = await lake.open("hole", { version: 1 });
  rmSync(commitFile("hole", 3));
  await assert.rejects(lake.open("hole"), /lacks commit 3/);
  await assert.rejects(refreshSnapshot(lake.context, early), /lacks commit 3/);
  assert.equal((await lake.open("hole", { version: 2 })).rows, 2n);
});

test("a version that is not there is refused with the newest one's number", async () => {
  await lake.create("few", { fields });
  await assert.rejects(lake.open("few", { version: 1 }), /no version 1; its newest is 0/);
  await assert.rejects(lake.open("few", { version: -1 }), /no version -1/);
  assert.equal(await openSnapshot(lake.context, "none", { version: 3 }), undefined);
});

test("time travel takes the newest version at or before the instant, by times that rise strictly", async () => {
  let snapshot = await lake.create("times", { fields });
  for (let id = 1; id <= 4; id += 1)
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  const minutes = [10, 20, 15, 15, 40];
  for (const [version, minute] of minutes.entries()) {
    const time = new Date(Date.UTC(2024, 0, 1, 0, minute));
    utimesSync(commitFile("times", version), time, time);
  }
  const at = async (minute: number, ms = 0) =>
    (await lake.open("times", { timestamp: new Date(Date.UTC(2024, 0, 1, 0, minute, 0, ms)) }))
      .version;
  assert.equal(await at(10), 0);
  assert.equal(await at(19), 0);
  assert.equal(await at(20), 1);
  assert.equal(await at(20, 1), 2);
  assert.equal(await at(20, 2), 3);
  assert.equal(await at(39), 3);
  assert.equal(await at(40), 4);
  assert.equal(await at(59), 4);
  await assert.rejects(at(9), (error) => {
    assert.ok(error instanceof MillraceError);
    assert.match(error.hint ?? "", /oldest commit is version 0 of 2024-01-01T00:10/);
    return true;
  });
});

test("in-commit timestamps rise strictly even when the clock stands still, and time travel follows them", async () => {
  const frozen = new Date("2024-05-05T05:05:05.000Z");
  const still = { ...lake.context, clock: { ...realClock, now: () => frozen } };
  let snapshot = await commit(
    still,
    { folder: "own-times" },
    {
      operation: "CREATE TABLE",
      schema: { fields, configuration: { "delta.enableInCommitTimestamps": "true" } },
    },
  );
  assert.deepEqual(snapshot.protocol.writerFeatures, [
    "appendOnly",
    "invariants",
    "inCommitTimestamp",
  ]);
  for (let step = 0; step < 2; step += 1)
    snapshot = await commit(still, snapshot, { operation: "WRITE" });
  assert.equal(snapshot.timestamp.getTime(), frozen.getTime() + 2);
  const middle = await lake.open("own-times", { timestamp: new Date(frozen.getTime() + 1) });
  assert.equal(middle.version, 1);
});

test("tombstones leave the checkpoint after their retention, transactions only where the owner says so", async () => {
  const later = (days: number) => ({
    ...lake.context,
    clock: { ...realClock, now: () => new Date(Date.now() + days * 24 * 3600 * 1000) },
  });
  const configuration = { "delta.setTransactionRetentionDuration": "interval 30 days" };
  for (const [folder, properties, left] of [
    ["kept", {}, 1],
    ["dropped", configuration, 0],
  ] as const) {
    let snapshot = await lake.create(folder, { fields, configuration: properties });
    snapshot = await lake.append(snapshot, "SELECT 1::BIGINT AS id, 'x' AS p", {
      transactions: [{ appId: "a", version: 1n }],
    });
    snapshot = await commit(lake.context, snapshot, { operation: "DELETE", remove: "all" });
    assert.equal(snapshot.state.tombstones.size, 1);
    await writeCheckpoint(later(40), snapshot);
    const read = await lake.open(folder);
    assert.equal(read.state.tombstones.size, 0);
    assert.equal(read.transactions.size, left);
  }
});

test("a table whose owner asked for version 2 checkpoints gets them, and reads back", async () => {
  let snapshot = await lake.create("v2", {
    fields,
    configuration: { "delta.checkpointPolicy": "v2", "delta.checkpointInterval": "2" },
  });
  for (let id = 1; id <= 3; id += 1)
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  const names = readdirSync(logOf("v2")).filter((name) => name.includes(".checkpoint."));
  assert.equal(names.length, 1);
  assert.match(names[0] ?? "", /^0{19}2\.checkpoint\.[0-9a-f-]{36}\.parquet$/);
  rmSync(commitFile("v2", 0));
  assert.deepEqual(contentOf(await lake.open("v2")), contentOf(snapshot));
});

test("a commit stands although its checkpoint cannot be written", async () => {
  const broken = {
    ...lake.context,
    parquet: { rows: lake.engine.rows, run: async () => Promise.reject(new Error("no disk")) },
  };
  let snapshot = await lake.create("no-checkpoint", {
    fields,
    configuration: { "delta.checkpointInterval": "1" },
  });
  snapshot = await commit(broken, snapshot, { operation: "WRITE" });
  assert.equal(snapshot.version, 1);
  assert.equal(existsSync(join(logOf("no-checkpoint"), "_last_checkpoint")), false);
  assert.deepEqual(readdirSync(join(lake.root, ".staging")), []);
});

test("unknown actions and fields are passed over, and domains of others are carried into the checkpoint", async () => {
  const created = await lake.create("foreign", { fields });
  const lines = [
    { commitInfo: { operation: "FOREIGN" } },
    { novelty: { a: 1 } },
    {
      domainMetadata: {
        domain: "theirs",
        configuration: '{"n":9223372036854775807}',
        removed: false,
      },
    },
    { domainMetadata: { domain: "gone", configuration: "", removed: true } },
    { txn: { appId: "t", version: 5, novelty: true } },
  ];
  writeFileSync(commitFile("foreign", 1), lines.map((line) => JSON.stringify(line)).join("\n"));
  const snapshot = await refreshSnapshot(lake.context, created);
  assert.equal(snapshot.transactions.get("t"), 5n);
  await writeCheckpoint(lake.context, snapshot);
  const read = await lake.open("foreign");
  assert.deepEqual(
    [...read.state.domains.values()],
    [{ domain: "theirs", configuration: '{"n":9223372036854775807}', removed: false }],
  );
});

test("a commit that was cut short is named with its line", async () => {
  const snapshot = await lake.create("cut", { fields });
  await commit(lake.context, snapshot, { operation: "WRITE" });
  appendFileSync(commitFile("cut", 1), '{"add":{"path":"x"');
  await assert.rejects(lake.open("cut"), (error) => {
    assert.ok(error instanceof MillraceError);
    assert.equal(error.code, "delta/corrupt-log");
    assert.match(error.message, /00001\.json, line 2 is not JSON/);
    return true;
  });
  assert.ok(readFileSync(commitFile("cut", 0), "utf8").endsWith("\n"));
});

test("a checkpoint that cannot be read is passed over while older files can stand in for it", async () => {
  let snapshot = await lake.create("broken", {
    fields,
    configuration: { "delta.checkpointInterval": "3" },
  });
  for (let id = 1; id <= 7; id += 1) {
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'x' AS p`);
  }
  const held = contentOf(snapshot);
  const file = (version: number) =>
    commitFile("broken", version).replace(".json", ".checkpoint.parquet");
  for (const version of [6, 3]) {
    writeFileSync(file(version), "PAR1 cut sho");
    assert.deepEqual(contentOf(await lake.open("broken")), held);
  }
  rmSync(commitFile("broken", 2));
  await assert.rejects(lake.open("broken"), (error) => {
    assert.ok(error instanceof MillraceError);
    assert.equal(error.code, "delta/corrupt-checkpoint");
    return true;
  });
});

test("a version whose commit is in a checkpoint keeps its own time, and the next one is later", async () => {
  const frozen = new Date("2024-05-05T05:05:05.000Z");
  const still = { ...lake.context, clock: { ...realClock, now: () => frozen } };
  const configuration = {
    "delta.enableInCommitTimestamps": "true",
    "delta.checkpointInterval": "2",
  };
  let snapshot = await commit(
    still,
    { folder: "timed" },
    { operation: "CREATE TABLE", schema: { fields, configuration } },
  );
  for (let step = 0; step < 2; step += 1)
    snapshot = await commit(still, snapshot, { operation: "WRITE" });
  const opened = await lake.open("timed");
  assert.deepEqual(opened.timestamp, snapshot.timestamp);
  const next = await commit(still, opened, { operation: "WRITE" });
  assert.equal(next.timestamp.getTime(), frozen.getTime() + 3);
});
