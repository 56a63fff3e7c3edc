/**
 * Damages tables without end: `node --conditions=millrace-source test/delta/fuzz/night.ts [--minutes N] [--seed N]`.
 * Ends in failure at the first damage that is not answered clearly, with its seed. The seed is told
 * before each trial, so that it is known too where the process itself does not survive.
 */

import { parseArgs } from "node:util";
import { anySeed } from "../../proof/random.ts";
import { openLake } from "../lake.ts";
import { tryDamage, tryLog } from "./trial.ts";
import { makeVictims, removeVictims } from "./victim.ts";

const LOGS_BETWEEN = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "480" },
    seed: { type: "string", default: String(anySeed()) },
  },
});

const lake = await openLake();
const victims = await makeVictims(lake);
const end = Date.now() + Number(values.minutes) * 60_000;
try {
  for (let seed = Number(values.seed); Date.now() < end; seed += 1) {
    process.stdout.write(`seed ${seed}\n`);
    await tryDamage(lake.engine, victims, seed);
    for (let more = 0; more < LOGS_BETWEEN; more += 1) {
      await tryLog(lake.engine, victims, seed + more);
    }
  }
} finally {
  removeVictims(victims);
  lake.close();
}
