/** A process that reads a table all the time, the newest version and others, and ends in failure at the first thing that is wrong. */

import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { openScan, openSnapshot, scan } from "../../../src/delta/table.ts";
import { TABLE } from "../model/table.ts";
import { chanceFrom } from "../random.ts";
import { openPlace } from "./place.ts";

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
while (!isOver) {
  const at = chance.oneIn(4) ? { version: chance.below(last + 1) } : {};
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
  }
  reads += 1;
  // Leaves the processor to the writers, who are to be killed at work.
  await setTimeout(10);
}
writeSync(1, `${reads}\n`);
await place.close();
