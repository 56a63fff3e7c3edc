/** What is declared to be kept for some time is gone after it, from the table and from disk. */

import assert from "node:assert/strict";
import { globSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { KEEP_CRASH_POINTS } from "../../src/base/crash-point.ts";
import {
  arrival,
  csv,
  date,
  ingest,
  integer,
  localTimestamp,
  text,
  timestamp,
} from "../../src/index.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.parse("2026-03-31T12:00:00Z");

const at = (ms: number): Clock => ({ now: () => new Date(ms), sleep: async () => {} });

const visits = ingest("bronze.visits", {
  from: csv("visits/*.csv"),
  columns: { who: text(), at: timestamp() },
  keep: { for: "30 days", by: "at" },
});

function write(sandbox: Sandbox, name: string, rows: readonly (readonly [string, number])[]): void {
  const lines = rows.map(([who, ms]) => `${who},${new Date(ms).toISOString()}\n`);
  sandbox.write(`visits/${name}.csv`, `who,at\n${lines.join("")}`);
}

/** Data files of the table that hold the text, whether a version names them or not. */
function filesWith(sandbox: Sandbox, word: string): string[] {
  const folder = join(sandbox.lakePath, "bronze", "visits");
  const files = globSync("**/*.parquet", { cwd: folder }).filter((path) => !path.startsWith("_"));
  return files.filter((path) => readFileSync(join(folder, path)).includes(word));
}

test("rows that are too old are deleted and gone from disk, the others stay, and the ledger says so", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", [
    ["SECRETold", NOW - 30 * DAY_MS - 1],
    ["SECRETjust", NOW - 30 * DAY_MS],
    ["SECRETyoung", NOW],
  ]);
  const first = stepOf(await sandbox.run([visits], { clock: at(NOW) }), "bronze.visits");
  assert.deepEqual([first.state, first.version, first.ledger.written], ["done", 2, 3]);
  assert.deepEqual(first.notes, ["1 row with at before 2026-03-01T12:00:00.000Z deleted"]);
  const who = async () => (await sandbox.rows("bronze.visits", "who")).map((row) => row.who);
  assert.deepEqual(await who(), ["SECRETjust", "SECRETyoung"]);
  assert.deepEqual(filesWith(sandbox, "SECRETold"), []);
  assert.equal(filesWith(sandbox, "SECRETjust").length, 1);
  const later = { clock: at(NOW + HOUR_MS) };
  const plan = stepOf(await sandbox.plan([visits], later), "bronze.visits");
  assert.deepEqual(
    [plan.action, plan.because, plan.notes],
    ["update", "1 row is older than 30 days", ["1 row is older than 30 days and will be deleted"]],
  );
  const second = stepOf(await sandbox.run([visits], later), "bronze.visits");
  assert.deepEqual([second.state, second.ledger.read], ["done", 0]);
  assert.deepEqual(await who(), ["SECRETyoung"]);
  assert.deepEqual(filesWith(sandbox, "SECRETjust"), []);
  assert.equal((await sandbox.run([visits], later)).state, "nothing to do");
  const ledger = await sandbox.rows(
    "system.ledger",
    "kind, source, read, written, filtered",
    "where kind = 'keep'",
  );
  const line = { kind: "keep", source: "keep 30 days by at", read: 1n, written: 0n, filtered: 1n };
  assert.deepEqual(ledger, [line, line]);
});

test("rows are gone from disk also where the table marks deleted rows instead of writing files anew", async (t) => {
  const sandbox = openSandbox(t);
  const marking = ingest("bronze.visits", {
    from: csv("visits/*.csv"),
    columns: { who: text(), at: timestamp() },
    keep: { for: "30 days", by: "at" },
    properties: { "delta.enableDeletionVectors": "true" },
  });
  const young = Array.from({ length: 9 }, (_, n): [string, number] => [`SECRETyoung${n}`, NOW]);
  write(sandbox, "a", [["SECRETold", NOW - 31 * DAY_MS], ...young]);
  await sandbox.run([marking], { clock: at(NOW) });
  assert.deepEqual(filesWith(sandbox, "SECRETold"), []);
  assert.equal((await sandbox.rows("bronze.visits")).length, 9);
});

test("where readers are given time the files stay for it, and go with the first run after it", async (t) => {
  const sandbox = openSandbox(t);
  const patient = ingest("bronze.visits", {
    from: csv("visits/*.csv"),
    columns: { who: text(), at: timestamp() },
    keep: { for: "30 days", by: "at" },
    properties: { "delta.deletedFileRetentionDuration": "interval 1 hour" },
  });
  const now = Date.now() - 3 * HOUR_MS;
  write(sandbox, "a", [
    ["SECRETold", now - 31 * DAY_MS],
    ["SECRETyoung", now],
  ]);
  const run = async (ms: number) =>
    stepOf(await sandbox.run([patient], { clock: at(ms) }), "bronze.visits").state;
  await run(now);
  assert.equal((await sandbox.rows("bronze.visits")).length, 1);
  assert.equal(filesWith(sandbox, "SECRETold").length, 1);
  assert.equal(await run(now + HOUR_MS - 1), "up to date");
  // By the clock of the storage, which gives files their times, they are not old enough.
  await run(now + HOUR_MS);
  assert.equal(filesWith(sandbox, "SECRETold").length, 1);
  for (const file of globSync("lake/bronze/visits/**/*.{json,parquet}", { cwd: sandbox.folder }))
    utimesSync(join(sandbox.folder, file), now / 1000 - 1, now / 1000 - 1);
  assert.equal(await run(now + HOUR_MS), "done");
  assert.deepEqual(filesWith(sandbox, "SECRETold"), []);
  assert.equal(await run(now + HOUR_MS), "up to date");
});

test("a process that dies between deleting and removing has it done by the next run", async (t) => {
  for (const point of KEEP_CRASH_POINTS) {
    const sandbox = openSandbox(t);
    write(sandbox, "a", [
      ["SECRETold", NOW - 31 * DAY_MS],
      ["SECRETyoung", NOW],
    ]);
    const crash = (reached: string): void => {
      if (reached === point) throw new Error("killed");
    };
    const { state } = await sandbox.run([visits], { clock: at(NOW), crash });
    assert.equal(state, "failed");
    await sandbox.run([visits], { clock: at(NOW + 1000) });
    assert.equal((await sandbox.rows("bronze.visits")).length, 1, point);
    assert.deepEqual(filesWith(sandbox, "SECRETold"), [], point);
    const lines = await sandbox.rows("system.ledger", "source", "where kind = 'keep'");
    assert.equal(lines.length, 1, point);
  }
});

test("days, times without a zone and times of arrival are told by their own rules", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("days.csv", "id,day\n1,2026-03-29\n2,2026-03-30\n3,2026-03-31\n");
  sandbox.write("local.csv", "id,at\n1,2026-03-30 11:59:59\n2,2026-03-30 12:00:00\n");
  sandbox.write("arrived.csv", "id\n1\n");
  const day = ingest("bronze.days", {
    from: csv("days.csv"),
    columns: { id: integer(), day: date() },
    partitionBy: ["day"],
    keep: { for: "1 days", by: "day" },
  });
  const local = ingest("bronze.local", {
    from: csv("local.csv"),
    columns: { id: integer(), at: localTimestamp() },
    keep: { for: "24 h", by: "at" },
  });
  const arrived = ingest("bronze.arrived", {
    from: csv("arrived.csv"),
    columns: { id: integer(), came: arrival() },
    keep: { for: "1 h", by: "came" },
  });
  const ids = async (table: string) =>
    (await sandbox.rows(table, "id")).map((row) => Number(row.id));
  await sandbox.run([day, local, arrived], { clock: at(NOW) });
  // All of the 29th is more than a day ago, but not all of the 30th.
  assert.deepEqual(await ids("bronze.days"), [2, 3]);
  assert.deepEqual(await ids("bronze.local"), [2]);
  assert.deepEqual(await ids("bronze.arrived"), [1]);
  await sandbox.run([day, local, arrived], { clock: at(NOW + HOUR_MS + 1) });
  assert.deepEqual(await ids("bronze.arrived"), []);
});

test("what cannot tell the age of every row is refused where it is declared", () => {
  const declare =
    (columns: object, keep: object, more = {}) =>
    () =>
      ingest("a.b", { from: csv("x.csv"), columns, keep, ...more } as never);
  const at = timestamp();
  const bad = (fails: () => unknown, message: RegExp) => assert.throws(fails, { message });
  bad(declare({ at }, { for: "30 days", by: "ad" }), /goes by "ad", which is no column/);
  bad(declare({ at: text() }, { for: "30 days", by: "at" }), /option by of keep .* is "at"/);
  bad(declare({ at: at.optional() }, { for: "30 days", by: "at" }), /declared \.optional\(\)/);
  bad(declare({ at }, { for: "30 d", by: "at" }), /"30 d" is not a span of time/);
  bad(declare({ at }, { for: "1 h" }), /option keep .* is \{"for":"1 h"\}/);
  const properties = { "delta.appendOnly": "true" };
  bad(declare({ at }, { for: "1 h", by: "at" }, { properties }), /forbids to delete/);
});
