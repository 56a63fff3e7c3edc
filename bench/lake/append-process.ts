/** A process that appends to a table, commit after commit for so long or so many, together with others or alone. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";

const [lake = "", writer = "0", rows = "1", most = "1", seconds = "1e6", gate = ""] =
  process.argv.slice(2);
/** Numbers of rows that one writer may make. */
const SPAN = 1e9;

const engine = await createDuckDB({ threads: 1, tempFolder: lake });
const clock = {
  now: () => new Date(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
const storage = localStorage(lake);
const context = { storage, parquet: engine, clock };
let snapshot = await openSnapshot(context, "t");
if (snapshot === undefined) throw new Error("there is no table");
if (gate !== "") {
  writeFileSync(join(gate, `ready-${writer}`), "");
  while (!existsSync(join(gate, "go"))) await clock.sleep(5);
}
const cpuBefore = process.cpuUsage();
const began = performance.now();
const end = began + Number(seconds) * 1000;
let commits = 0;
for (; commits < Number(most) && performance.now() < end; commits += 1) {
  const first = Number(writer) * SPAN + commits * Number(rows);
  const staging = await storage.openStaging();
  const add = await engine.write(
    `SELECT i AS id, i % 977 AS customer_id, 'SKU-' || i % 50000 AS sku, (i % 90000 / 100)::DECIMAL(12, 2) AS price FROM range(${first}, ${first} + ${rows}) AS r(i)`,
    { folder: staging.folder },
  );
  snapshot = await commit(context, snapshot, { operation: "WRITE", add });
  await staging.close();
}
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
const usage = process.resourceUsage();
process.stdout.write(
  JSON.stringify({
    commits,
    wallMs,
    cpuMs: (user + system) / 1000,
    peakBytes: usage.maxRSS * 1024,
  }),
);
engine.close();
