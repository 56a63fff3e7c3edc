/** A process that does one work on a table and kills itself when it passes a crash point for the n-th time. */

import type { Crash } from "../../src/base/crash-point.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";
import { realClock } from "../delta/lake.ts";
import { doWork, WORKS } from "./maintenance-work.ts";

const [root = "", table = "", wanted = "", point = "", nth = "1"] = process.argv.slice(2);

const work = WORKS.find((one) => one === wanted);
if (work === undefined) throw new Error(`no work ${wanted}`);
let left = Number(nth);
const crash: Crash = (here) => {
  if (here !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
};
const engine = await createDuckDB({ threads: 1 });
const storage = localStorage(root, { crash });
process.stdout.write("begun\n");
await doWork(work, { delta: { storage, parquet: engine, clock: realClock, crash }, engine }, table);
engine.close();
