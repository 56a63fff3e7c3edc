/** A day of a project of thirty assets that runs every five minutes, as its own tables see it: they stay small, and nothing is forgotten that matters. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { followTables } from "../../src/lake/follow.ts";
import { type Lake, openLake, relationOf } from "../../src/lake/lake.ts";
import type { StepInfo } from "../../src/lake/step-info.ts";
import { appendRows } from "../../src/lake/system-table.ts";
import { folderOf } from "../../src/schema/table.ts";
import { localStorage } from "../../src/storage/local.ts";
import { timedStorage } from "./timed-storage.ts";

const RUNS = 288;
const EVERY_MS = 5 * 60_000;
/** Of the thirty assets twelve are ingested and eight made of them; ten are outputs, of which one changes now and then. */
const TABLES = 20;
const OUTPUT_EVERY = 4;
const ASSETS = 30;
/** One of each kind is committed to for real, and one is followed; the others would be the same. */
const COMMITTED = ["bronze.orders", "gold.totals"];
const FOLLOWED = ["bronze.orders"];

interface Day {
  readonly root: string;
  readonly lake: Lake;
  pass(ms: number): void;
}

async function openDay(t: TestContext): Promise<Day> {
  // Nothing here is about the disk, whose flushes would take most of the time.
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "millrace-day-"));
  let now = Date.parse("2026-03-01T00:00:00Z");
  const clock: Clock = { now: () => new Date(now), sleep: async () => {} };
  const engine = await createDuckDB({ threads: 1 });
  const lake = openLake({ storage: timedStorage(localStorage(root), clock), engine, clock });
  t.after(async () => {
    await lake.close();
    rmSync(root, { recursive: true, force: true });
  });
  return {
    root,
    lake,
    pass: (ms) => {
      now += ms;
    },
  };
}

/** What one run commits, as a step writes it: a file of a table with all that its followers need. */
async function commitStep(
  lake: Lake,
  name: string,
  run: string,
  number: number,
): Promise<Snapshot> {
  const kind = name.startsWith("bronze.") ? "ingest" : "transform";
  const ledger = { read: 10, written: 10, quarantined: 0, deduplicated: 0, filtered: 0 };
  const source = "csv inbox/orders/*.csv";
  const info: StepInfo = {
    run,
    asset: name,
    kind,
    ledger: [{ source, ...ledger }],
    ...(kind === "transform"
      ? {}
      : {
          files: [
            {
              source,
              file: `inbox/orders/2026-03-01-${number}.csv`,
              size: 1234,
              modified: lake.clock.now().getTime(),
              hash: `xxh64:${randomUUID().slice(0, 16)}-1234`,
              state: "loaded",
            },
          ],
        }),
  };
  const before = await lake.find(name);
  const fields = ["number", "amount"].map((column) => ({
    name: column,
    type: "long" as const,
    nullable: true,
  }));
  const bounds = { number, amount: 17 };
  return commit(lake.delta, before ?? { folder: folderOf(name) }, {
    operation: before === undefined ? "CREATE TABLE AS SELECT" : "WRITE",
    parameters: { mode: "Append" },
    metrics: ledger,
    adopted: [
      {
        path: `part-${randomUUID()}.parquet`,
        partitionValues: {},
        size: 1500,
        modificationTime: lake.clock.now().getTime(),
        dataChange: true,
        stats: JSON.stringify({
          numRecords: 10,
          minValues: bounds,
          maxValues: bounds,
          nullCount: bounds,
        }),
      },
    ],
    ...(kind === "transform" && before !== undefined ? { remove: before.files } : {}),
    transactions: [{ appId: "millrace/files", version: BigInt(number) }],
    ...(before === undefined ? { schema: { name, fields } } : {}),
    info: { ...info },
  });
}

async function doRun(lake: Lake, number: number): Promise<void> {
  const run = randomUUID();
  const at = lake.clock.now().toISOString();
  const times = { started_at: at, ended_at: at };
  for (const name of COMMITTED) await commitStep(lake, name, run, number);
  await followTables(lake, FOLLOWED);
  if (number % OUTPUT_EVERY === 0) {
    await appendRows(lake, "system.outputs", [
      {
        run,
        asset: "output 1",
        definition: randomUUID(),
        input: randomUUID(),
        path: "/data/out/totals.csv",
        rows: 10,
        size: 1234,
        modified: lake.clock.now().getTime(),
        sha256: randomUUID(),
        recorded_at: at,
      },
    ]);
  }
  const steps = Array.from({ length: ASSETS }, (_, index) => ({
    run,
    asset: `bronze.table_${index}`,
    kind: "ingest",
    state: "done",
    version: number,
    ...times,
    error_code: null,
    error: null,
  }));
  await appendRows(lake, "system.steps", steps);
  await appendRows(lake, "system.runs", [
    { run, project: "shop", state: "done", ...times, parameters: "{}", engine: "duckdb" },
  ]);
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

test("thirty assets run every five minutes for a day leave less than 10 MB of metadata, and tables that open at once", async (t) => {
  const { root, lake, pass } = await openDay(t);
  for (let number = 1; number <= RUNS; number += 1) {
    pass(EVERY_MS);
    await doRun(lake, number);
  }
  const system = readdirSync(join(root, "system")).map((name) => `system.${name}`);
  assert.equal(system.length, 5);
  const systemBytes = sizeOf(join(root, "system"));
  const [bronze = 0, gold = 0] = COMMITTED.map((name) =>
    sizeOf(join(root, folderOf(name), "_delta_log")),
  );
  const logBytes = 12 * bronze + 8 * gold;
  assert.equal(12 + 8, TABLES);
  t.diagnostic(`system: ${systemBytes} bytes; logs of ${TABLES} tables: ${logBytes} bytes`);
  assert.ok(systemBytes < 5_000_000, `${systemBytes} bytes in system.*`);
  assert.ok(systemBytes + logBytes < 10_000_000, `${systemBytes + logBytes} bytes`);

  for (const name of system) {
    const fresh = openLake({ storage: localStorage(root), engine: lake.engine, clock: lake.clock });
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const begun = performance.now();
      await openSnapshot(fresh.delta, folderOf(name));
      times.push(performance.now() - begun);
    }
    t.diagnostic(`${name} opens in ${Math.min(...times).toFixed(1)} ms`);
    assert.ok(Math.min(...times) < 50, `${name}: ${Math.min(...times)} ms`);
    const snapshot = await fresh.find(name);
    assert.ok((snapshot?.files.length ?? 0) <= 80, `${snapshot?.files.length} files of ${name}`);
    assert.ok((snapshot?.state.tombstones.size ?? 0) <= 80);
  }

  // All rows are there, once, and the followers know how far they have come.
  const expected = {
    runs: RUNS,
    steps: RUNS * ASSETS,
    outputs: RUNS / OUTPUT_EVERY,
    loads: RUNS,
    ledger: RUNS,
  };
  for (const [name, count] of Object.entries(expected)) {
    const snapshot = await lake.find(`system.${name}`);
    assert.ok(snapshot !== undefined);
    const key = name === "steps" ? "(run, asset)" : "run";
    const [row] = await lake.engine.rows(
      `select count(*) as rows, count(distinct ${key}) as keys from ${await relationOf(lake, snapshot)}`,
    );
    assert.deepEqual(row, { rows: BigInt(count), keys: BigInt(count) }, name);
  }
  const ledger = await lake.find("system.ledger");
  for (const name of FOLLOWED) {
    const main = await lake.find(name);
    assert.equal(
      ledger?.transactions.get(`follow/${main?.metadata.id}`),
      BigInt(main?.version ?? -1),
    );
  }
  const version = ledger?.version;
  await followTables(lake, FOLLOWED);
  assert.equal((await lake.find("system.ledger"))?.version, version);
});

test("tables of a version of before become forgetful with the next append", async (t) => {
  const { lake, pass } = await openDay(t);
  const fields = [{ name: "run", type: "string" as const, nullable: true }];
  await commit(
    lake.delta,
    { folder: "system/runs" },
    {
      operation: "CREATE TABLE AS SELECT",
      schema: { name: "system.runs", fields },
    },
  );
  pass(EVERY_MS);
  for (const run of ["a", "b"]) await appendRows(lake, "system.runs", [{ run }]);
  const { metadata, rows, version } = (await lake.find("system.runs")) ?? {};
  assert.equal(metadata?.configuration["delta.logRetentionDuration"], "interval 2 hours");
  assert.equal(metadata?.fields.length, 7);
  assert.deepEqual([rows, version], [2n, 2]);
});
