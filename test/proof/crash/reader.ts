/** A process that reads a table all the time, the newest version and others, and ends in failure at the first thing that is wrong. */

import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { openScan, openSnapshot, scan } from "../../../src/delta/table.ts";
import { TABLE } from "../model/table.ts";
import { chanceFrom } from "../random.ts";
import { KEEPS_MS, openPlace } from "./place.ts";

const [root = "", seed = "0", bucket = ""] = process.argv.slice(2);

let isOver = false;
process.stdin.once("data", () => {
  isOver = true;
});
const place = await openPlace(root, bucket === "" ? undefined : JSON.parse(bucket));
const { context, engine } = place;
const chance = chanceFrom(Number(seed));
let reads = 0;
let last = 0;
/** Which version was the newest, and when: what it was made of is kept for some time from then on. */
let seen: readonly { readonly version: number; readonly time: number }[] = [];
while (!isOver) {
  const oldest = seen[0]?.version ?? 0;
  const at = chance.oneIn(4) ? { version: oldest + chance.below(last - oldest + 1) } : {};
  const snapshot = await openSnapshot(context, TABLE, at);
  if (snapshot === undefined) throw new Error("the table is gone");
  const files = chance.oneIn(2)
    ? await scan(context, snapshot)
    : (await openScan(context, TABLE, [], { version: snapshot.version }))?.table;
  if (files === undefined) throw new Error("the table is gone");
  const [row] = await engine.rows(
    `SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM ${engine.relation(files)}`,
  );
  if (row?.rows !== snapshot.rows || row?.ids !== snapshot.rows) {
    throw new Error(
      `version ${snapshot.version} counts ${snapshot.rows} rows and has ${row?.rows}, of ${row?.ids} ids`,
    );
  }
  if (at.version === undefined) {
    if (snapshot.version < last) throw new Error(`version ${snapshot.version} came after ${last}`);
    last = snapshot.version;
    const now = Date.now();
    seen = [...seen, { version: last, time: now }].filter(({ time }) => now - time < KEEPS_MS / 2);
  }
  reads += 1;
  // Leaves the processor to the writers, who are to be killed at work.
  await setTimeout(10);
}
writeSync(1, `${reads}\n`);
await place.close();
