/** A process that reads every table of the project all the time, and ends in failure at the first thing that is wrong. */

import { setTimeout } from "node:timers/promises";
import { systemCodeOf } from "../../../src/base/error.ts";
import type { Lake } from "../../../src/lake/lake.ts";
import { relationOf } from "../../../src/lake/lake.ts";
import { KEYS, sandboxAt } from "./project.ts";

const [folder = "", where = "{}"] = process.argv.slice(2);

let isTold = false;
process.once("SIGTERM", () => {
  isTold = true;
});
const last = new Map<string, number>();
let reads = 0;
await sandboxAt({ folder, ...JSON.parse(where) }).open(async ({ lake }) => {
  process.stdout.write("begun\n");
  while (!isTold) {
    for (const [table, key] of Object.entries(KEYS)) await read(lake, table, key);
    // Leaves the processor to the writers, who are to be killed at work.
    await setTimeout(100);
  }
});
process.stderr.write(`${reads} reads`);

async function read(lake: Lake, table: string, key: string): Promise<void> {
  const snapshot = await lake.find(table);
  if (snapshot === undefined) {
    if (last.has(table)) throw new Error(`${table} is gone`);
    return;
  }
  const { version, rows } = snapshot;
  if (version < (last.get(table) ?? 0)) throw new Error(`${table} went back to ${version}`);
  last.set(table, version);
  try {
    const [row] = await lake.engine.rows(
      `select count(*) as held, count(distinct "${key}") as keys from ${await relationOf(lake, snapshot)}`,
    );
    if (row?.held !== rows || row?.keys !== rows) {
      throw new Error(`${table} at ${version}: ${rows}, but ${row?.held} rows, ${row?.keys} keys`);
    }
    reads += 1;
  } catch (error) {
    if (!(await isReplaced(lake, table, version, error))) throw error;
  }
}

/** What is kept for some time only takes the files of older versions with it, at once. */
async function isReplaced(
  lake: Lake,
  table: string,
  version: number,
  error: unknown,
): Promise<boolean> {
  const isGone = ["engine/file-missing", "storage/not-found"].includes(systemCodeOf(error) ?? "");
  if (!isGone || table !== "bronze.visits") return false;
  const newer = await lake.find(table);
  return newer !== undefined && newer.version > version;
}
