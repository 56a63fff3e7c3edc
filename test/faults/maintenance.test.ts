/** Looking after a table, killed at every step: readers never notice, and the next call ends what was begun. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type CrashPoint, MAINTENANCE_CRASH_POINTS } from "../../src/base/crash-point.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { localStorage } from "../../src/storage/local.ts";
import { realClock } from "../delta/lake.ts";
import {
  copyTable,
  doWork,
  KEPT_VERSION,
  makeTable,
  ROWS,
  readTable,
  type Tools,
  type Work,
} from "./maintenance-work.ts";
import { type Running, start } from "./process.ts";

/** Where each work is killed, and at which passing of the point. */
const KILLS: Readonly<Record<Work, readonly (readonly [CrashPoint, number])[]>> = {
  optimize: [
    ["optimize/written", 1],
    ["storage/adopted", 1],
    ["storage/adopted", 3],
    ["optimize/adopted", 1],
    ["delta/before-commit", 1],
    ["storage/temp-file-written", 1],
    ["storage/linked", 1],
    ["delta/committed", 1],
    ["optimize/adopted", 2],
    ["delta/committed", 2],
    ["delta/checkpoint-written", 1],
    ["delta/last-checkpoint-written", 1],
  ],
  vacuum: [
    ["delta/before-commit", 1],
    ["delta/committed", 1],
    ["vacuum/started", 1],
    ["vacuum/file-removed", 1],
    ["delta/before-commit", 2],
    ["delta/committed", 2],
  ],
  checkpoint: [
    ["storage/adopted", 1],
    ["storage/adopted", 2],
    ["delta/sidecars-written", 1],
    ["storage/adopted", 4],
    ["delta/checkpoint-written", 1],
    ["storage/temp-file-written", 1],
    ["delta/last-checkpoint-written", 1],
  ],
  "clean-up": [1, 2, 3].map((nth) => ["delta/log-file-removed", nth] as const),
};

let root = "";
let engine: Engine;
let tools: Tools;
let reader: Running;
let [newest, kept] = ["", ""];

before(async () => {
  root = mkdtempSync(join(tmpdir(), "millrace-maintenance-"));
  engine = await createDuckDB({ threads: 1 });
  tools = { delta: { storage: localStorage(root), parquet: engine, clock: realClock }, engine };
  await makeTable(tools, "template");
  newest = await readTable(tools, "template");
  kept = await readTable(tools, "template", KEPT_VERSION);
  reader = start("maintenance-reader.ts", root, [newest, kept]);
  await reader.begun;
});

after(() => {
  engine.close();
  reader.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

test("each of its own points is one to be killed at", () => {
  const points = Object.values(KILLS).flatMap((kills) => kills.map(([point]) => point));
  for (const point of MAINTENANCE_CRASH_POINTS) assert.ok(points.includes(point), point);
});

test("the table is of some age", async () => {
  assert.match(newest, new RegExp(`^${ROWS} rows`));
  assert.match(kept, new RegExp(`^${KEPT_VERSION - 1} rows`));
});

let tables = 0;

suite("looking after a table", { concurrency: 2 }, () => {
  for (const [work, kills] of Object.entries(KILLS) as [Work, (typeof KILLS)[Work]][]) {
    for (const [point, nth] of kills) {
      test(`${work} killed at ${point} (${nth}) is ended by the next call`, async () => {
        tables += 1;
        const table = `table-${tables}`;
        copyTable(join(root, "template"), join(root, table));
        const args = [table, work, point, String(nth)];
        const { signal, errors } = await start("maintenance-child.ts", root, args).ended;
        assert.equal(signal, "SIGKILL", `not passed ${nth} times: ${errors}`);
        assert.equal(await readTable(tools, table), newest);
        assert.equal(await readTable(tools, table, KEPT_VERSION), kept);
        await doWork(work, tools, table);
        await doWork(work, tools, table).catch((error) => {
          assert.match(String(error), work === "checkpoint" ? /exists/ : /never/);
        });
        assert.equal(await readTable(tools, table), newest);
        assert.equal(await readTable(tools, table, KEPT_VERSION), kept);
        await checkDone(work, table);
      });
    }
  }
});

async function checkDone(work: Work, table: string): Promise<void> {
  const folder = join(root, table);
  const snapshot = await openSnapshot(tools.delta, table);
  const live = new Set(snapshot?.files.map(({ path }) => path));
  const log = readdirSync(join(folder, "_delta_log")).toSorted();
  switch (work) {
    case "optimize":
      assert.ok(live.size <= 9, `${live.size} files`);
      break;
    case "vacuum": {
      const data = readdirSync(folder).filter((name) => name.endsWith(".parquet"));
      assert.deepEqual(data.toSorted(), [...live].toSorted());
      break;
    }
    case "checkpoint":
      assert.ok(
        log.some(
          (name) => name.startsWith(digits(snapshot?.version ?? -1)) && name.includes("checkpoint"),
        ),
      );
      assert.ok(existsSync(join(folder, "_delta_log", "_last_checkpoint")));
      break;
    case "clean-up":
      assert.equal(log.find((name) => /^\d/.test(name))?.slice(0, 20), digits(10));
      break;
  }
}

function digits(version: number): string {
  return String(version).padStart(20, "0");
}

test("a process that read all the time never failed, and nothing is left in staging", async () => {
  reader.kill("SIGTERM");
  const { code, errors } = await reader.ended;
  assert.equal(code, 0, errors);
  const reads = Number(/^(\d+) reads$/.exec(errors)?.[1]);
  assert.ok(reads > 100, errors);
  assert.deepEqual(readdirSync(join(root, ".staging")), []);
});
