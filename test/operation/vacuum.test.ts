/** Vacuum: what nobody needs goes from disk, and nothing else. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { history } from "../../src/delta/history.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { vacuum } from "../../src/operation/vacuum.ts";
import { column, type Lake, openLake, realClock } from "../delta/lake.ts";
import { hideRows } from "./vector.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const plain: TableSpec = { fields: [column("id", "long")] };
const at = (folder: string, name: string) => join(lake.root, folder, name);

/** Three files, of which the first two were laid together. */
async function fill(folder: string, spec = plain): Promise<Snapshot> {
  let snapshot = await lake.create(folder, spec);
  for (const id of [1, 2]) snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id`);
  await optimize(context, snapshot);
  return lake.append(await lake.open(folder), "SELECT 3::BIGINT AS id");
}

/** Names of files below the table, without its log. */
function filesOf(folder: string): string[] {
  return readdirSync(join(lake.root, folder), { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith("_delta_log") && statSync(at(folder, name)).isFile())
    .toSorted();
}

/** Makes everything look as if it had been written so long ago, the log too. */
function age(folder: string, ms: number, names: readonly string[] = filesOf(folder)): void {
  const log = readdirSync(at(folder, "_delta_log")).map((name) => `_delta_log/${name}`);
  for (const name of [...names, ...log]) {
    const time = new Date(Date.now() - ms);
    utimesSync(at(folder, name), time, time);
  }
}

/** A writer that believes it was then. */
const clockAt = (ms: number): Clock => ({ ...realClock, now: () => new Date(ms) });
const past = (ms: number) => ({ ...lake.context, clock: clockAt(Date.now() - ms) });

function write(folder: string, name: string): void {
  mkdirSync(dirname(at(folder, name)), { recursive: true });
  writeFileSync(at(folder, name), "x");
}

/** As `fill`, done eight days ago by all clocks. */
async function fillLongAgo(folder: string, spec = plain): Promise<Snapshot> {
  const [now, delta] = [lake.context, past(8 * DAY)];
  const old: Lake = { ...lake, context: delta };
  let snapshot = await commit(delta, { folder }, { operation: "CREATE TABLE", schema: spec });
  for (const id of [1, 2]) {
    snapshot = await lake.staged({ shape: snapshot }, `SELECT ${id}::BIGINT AS id`, (add) =>
      commit(old.context, snapshot, { operation: "WRITE", add }),
    );
  }
  await optimize({ delta, engine: lake.engine }, snapshot);
  age(folder, 8 * DAY);
  return lake.staged({ shape: snapshot }, "SELECT 3::BIGINT AS id", async (add) =>
    commit(now, await lake.open(folder), { operation: "WRITE", add }),
  );
}

test("files removed longer ago than the retention go, and the history says so", async () => {
  const snapshot = await fillLongAgo("gone");
  const rows = await lake.rows(snapshot);
  assert.equal(filesOf("gone").length, 4);
  const dry = await vacuum(context, snapshot, { dryRun: true });
  assert.equal(dry.files.length, 2);
  assert.ok(dry.bytes > 0);
  assert.equal(filesOf("gone").length, 4);
  assert.equal((await lake.open("gone")).version, snapshot.version);
  const done = await vacuum(context, snapshot);
  assert.deepEqual(done.files, dry.files);
  assert.equal(filesOf("gone").length, 2);
  const newest = await lake.open("gone");
  assert.deepEqual(await lake.rows(newest), rows);
  const [end, start] = await history(lake.context, "gone");
  assert.deepEqual([start?.operation, start?.metrics.numFilesToDelete], ["VACUUM START", "2"]);
  assert.deepEqual([end?.operation, end?.metrics.numDeletedFiles], ["VACUUM END", "2"]);
  assert.equal(end?.parameters.status, "COMPLETED");
  const again = await vacuum(context, newest);
  assert.deepEqual([again.files.length, (await lake.open("gone")).version], [0, newest.version]);
  assert.equal(
    readdirSync(at("gone", "_delta_log")).some((name) => name.startsWith("_time")),
    false,
  );
});

test("what was removed less than the retention ago stays, and so do all versions since", async () => {
  const snapshot = await fill("young");
  age("young", 30 * DAY, filesOf("young"));
  assert.equal((await vacuum(context, snapshot)).files.length, 0);
  for (const version of [1, 2, 3]) {
    assert.equal(
      (await lake.rows(await lake.open("young", { version }))).length,
      Math.min(version, 2),
    );
  }
});

test("less than the table's retention is refused unless forced, and the table may say another", async () => {
  const snapshot = await fill("guard");
  await assert.rejects(vacuum(context, snapshot, { retentionMs: 24 * HOUR }), {
    code: "operation/retention-too-short",
    message: /kept for 168 h, and 24 h is less/,
  });
  const done = await vacuum(context, snapshot, { retentionMs: 0, force: true });
  assert.equal(done.files.length, 2);
  const short = await fill("short", {
    ...plain,
    configuration: { "delta.deletedFileRetentionDuration": "interval 0 hours" },
  });
  assert.equal((await vacuum(context, short)).files.length, 2);
});

test("a longer retention than the table's keeps files whose removal the checkpoint has forgotten", async () => {
  let snapshot = await fillLongAgo("longer");
  for (let id = 4; id <= 9; id += 1) {
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id`);
  }
  snapshot = await lake.open("longer");
  assert.equal(snapshot.version, 10);
  assert.equal(snapshot.state.tombstones.size, 0);
  assert.equal((await vacuum(context, snapshot, { retentionMs: 30 * DAY })).files.length, 0);
  assert.equal((await vacuum(context, snapshot)).files.length, 2);
});

test("a writer whose clock is behind has removed its files when the storage says so", async () => {
  const base = await fill("behind");
  age("behind", 30 * DAY, filesOf("behind"));
  const [first] = base.files;
  assert.ok(first !== undefined);
  // It says that the file went a year ago, in a commit of this moment.
  await commit(past(365 * DAY), base, { operation: "DELETE", remove: [first] });
  const newest = await lake.open("behind");
  assert.equal((await vacuum(context, newest)).files.length, 0);
  assert.ok(existsSync(at("behind", first.path)));
});

test("this machine's clock alone removes nothing, whether it is ahead or behind", async () => {
  const snapshot = await fill("ahead");
  age("ahead", 2 * DAY, filesOf("ahead"));
  write("ahead", "stray.parquet");
  for (const ms of [1000 * DAY, -1000 * DAY]) {
    const delta = { ...lake.context, clock: clockAt(Date.now() + ms) };
    assert.equal((await vacuum({ delta }, snapshot)).files.length, 0);
  }
});

test("a file that no version names stays while a write may be under way, however short the retention", async () => {
  const snapshot = await fill("writing");
  write("writing", "part-running.parquet");
  write("writing", "part-old.parquet");
  age("writing", 2 * HOUR, ["part-old.parquet"]);
  const staging = await lake.context.storage.openStaging();
  writeFileSync(join(staging.folder, "staged.parquet"), "x");
  age("writing", 0, []);
  utimesSync(join(staging.folder, "staged.parquet"), new Date(0), new Date(0));
  const done = await vacuum(context, snapshot, { retentionMs: 0, force: true });
  assert.equal(
    done.files.some(({ path }) => path.endsWith("part-old.parquet")),
    true,
  );
  assert.ok(existsSync(at("writing", "part-running.parquet")));
  assert.ok(existsSync(join(staging.folder, "staged.parquet")));
  const all = await vacuum(context, await lake.open("writing"), {
    retentionMs: 0,
    unknownMs: 0,
    force: true,
  });
  assert.deepEqual(
    all.files.map(({ path }) => path),
    ["writing/part-running.parquet"],
  );
  await staging.close();
});

test("hidden files, other tables and what is not below the table are left, change data is not", async () => {
  const spec: TableSpec = {
    fields: [column("id", "long"), column("_kind", "string")],
    partitionColumns: ["_kind"],
  };
  const base = await lake.create("outer", spec);
  const snapshot = await lake.append(base, "SELECT 1::BIGINT AS id, 'a' AS _kind");
  await lake.append(await lake.create("outer/inner", plain), "SELECT 1::BIGINT AS id");
  const gone = [
    "stray.parquet",
    "_kind=b/stray.parquet",
    "_change_data/cdc-1.parquet",
    "sub/x.bin",
    "Z.txt",
  ];
  const kept = [
    "_hidden/x.parquet",
    ".crc/x.parquet",
    "sub/_x.parquet",
    "sub/.y",
    "sub/_change_data/c.parquet",
    "inner/stray.parquet",
  ];
  for (const name of [...gone, ...kept]) write("outer", name);
  write("beside", "x.parquet");
  age("outer", 30 * DAY, [...filesOf("outer").filter((name) => !name.includes("_delta_log"))]);
  utimesSync(at("beside", "x.parquet"), new Date(0), new Date(0));
  const done = await vacuum(context, snapshot);
  assert.deepEqual(
    done.files.map(({ path }) => path.slice("outer/".length)).toSorted(),
    gone.toSorted(),
  );
  for (const name of kept) assert.ok(existsSync(at("outer", name)), name);
  assert.ok(existsSync(at("beside", "x.parquet")));
  assert.equal((await lake.rows(await lake.open("outer"))).length, 1);
  assert.equal((await lake.rows(await lake.open("outer/inner"))).length, 1);
});

test("deletion vectors are kept and go like the files that they belong to", async () => {
  let snapshot = await lake.append(
    await lake.create("vectors", plain),
    "SELECT range AS id FROM range(10)",
  );
  const [first] = snapshot.files;
  assert.ok(first !== undefined);
  snapshot = await hideRows(lake, snapshot, first, [1]);
  const [second] = snapshot.files;
  assert.ok(second !== undefined);
  snapshot = await hideRows(lake, snapshot, second, [1, 2, 3]);
  age("vectors", 2 * HOUR);
  const count = () => filesOf("vectors").filter((name) => name.endsWith(".bin")).length;
  assert.equal(count(), 2);
  assert.equal((await vacuum(context, snapshot)).files.length, 0);
  const rows = await lake.rows(snapshot);
  assert.equal((await vacuum(context, snapshot, { retentionMs: 0, force: true })).files.length, 1);
  assert.equal(count(), 1);
  assert.deepEqual(await lake.rows(await lake.open("vectors")), rows);
  await optimize(context, await lake.open("vectors"));
  await vacuum(context, await lake.open("vectors"), { retentionMs: 0, force: true });
  assert.deepEqual([count(), filesOf("vectors").length], [0, 1]);
  assert.deepEqual(await lake.rows(await lake.open("vectors")), rows);
});

test("files of changed rows stay as long as the commit that tells of them is young", async () => {
  const base = await fill("feed");
  write("feed", "_change_data/cdc-1.parquet");
  age("feed", 30 * DAY);
  const log = at("feed", "_delta_log/00000000000000000005.json");
  const cdc = {
    path: "_change_data/cdc-1.parquet",
    partitionValues: {},
    size: 1,
    dataChange: false,
  };
  writeFileSync(log, `${JSON.stringify({ commitInfo: {} })}\n${JSON.stringify({ cdc })}\n`);
  const younger = await lake.open("feed");
  assert.equal(younger.version, base.version + 1);
  const found = (await vacuum(context, younger, { dryRun: true })).files.map(({ path }) => path);
  assert.equal(found.includes("feed/_change_data/cdc-1.parquet"), false);
  age("feed", 30 * DAY);
  const { files } = await vacuum(context, younger, { dryRun: true });
  assert.ok(files.some(({ path }) => path === "feed/_change_data/cdc-1.parquet"));
});

test("a path that the log writes in another way is the same file", async () => {
  const base = await lake.create("ways", plain);
  let snapshot = await lake.append(base, "SELECT 1::BIGINT AS id");
  const [file] = snapshot.files;
  assert.ok(file !== undefined);
  const ways = [
    `file://${join(lake.root, "ways", file.path)}`,
    `./${file.path}`,
    `sub/../${file.path}`,
    join("/elsewhere/of/the/same/disk", file.path),
  ];
  age("ways", 30 * DAY);
  for (const path of ways) {
    const state = {
      ...snapshot.state,
      files: new Map([["x", { ...file, path }]]),
      tombstones: new Map(),
    };
    snapshot = { ...snapshot, state, files: [{ ...file, path }] };
    assert.equal((await vacuum(context, snapshot, { dryRun: true })).files.length, 0, path);
  }
});

test("a version that comes back while a vacuum is under way keeps its files", async () => {
  const snapshot = await fillLongAgo("back");
  const [old] = (await lake.open("back", { version: 1 })).files;
  assert.ok(old !== undefined);
  let pending: Promise<unknown> | undefined;
  const storage = {
    ...lake.context.storage,
    list: async function* (...args: Parameters<typeof lake.context.storage.list>) {
      await pending;
      yield* lake.context.storage.list(...args);
    },
  };
  const delta = {
    ...lake.context,
    storage,
    crash: (point: string) => {
      if (point !== "vacuum/started") return;
      pending ??= lake
        .open("back")
        .then((now) => commit(lake.context, now, { operation: "RESTORE", adopted: [old] }));
    },
  };
  const done = await vacuum({ delta }, snapshot);
  assert.equal(done.files.length, 1);
  assert.ok(existsSync(at("back", old.path)));
  assert.equal((await lake.rows(await lake.open("back"))).length, 4);
});

test("a table whose writers have duties that we do not know is not vacuumed", async () => {
  const snapshot = await fillLongAgo("foreign");
  const protocol = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["vacuumProtocolCheck"],
    writerFeatures: ["vacuumProtocolCheck", "someday"],
  };
  const state = { ...snapshot.state, protocol };
  await assert.rejects(vacuum(context, { ...snapshot, protocol, state }), {
    code: "delta/unsupported-to-write",
  });
  assert.equal(filesOf("foreign").length, 4);
});
