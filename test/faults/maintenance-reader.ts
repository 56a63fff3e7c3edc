/** A process that reads every table of a root again and again, the newest version and a kept one, and ends with an error when one is not as it was. */

import { readdirSync } from "node:fs";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";
import { realClock } from "../delta/lake.ts";
import { KEPT_VERSION, readTable } from "./maintenance-work.ts";

const [root = "", newest = "", kept = ""] = process.argv.slice(2);

const engine = await createDuckDB({ threads: 1 });
const tools = {
  delta: { storage: localStorage(root), parquet: engine, clock: realClock },
  engine,
};
let isTold = false;
process.once("SIGTERM", () => {
  isTold = true;
});
process.stdout.write("begun\n");
let reads = 0;
while (!isTold) {
  for (const table of readdirSync(root).filter((name) => /^table-\d+$/.test(name))) {
    for (const [version, expected] of [
      [undefined, newest],
      [KEPT_VERSION, kept],
    ] as const) {
      const found = await readTable(tools, table, version);
      if (found !== expected) throw new Error(`${table} at ${version}: ${found}, not ${expected}`);
      reads += 1;
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stderr.write(`${reads} reads`);
engine.close();
