/**
 * `npm run test:night`: the random proofs of the Delta log for as long as the night is. `--minutes N` (480) of random
 * sequences on every storage and of damaged tables, `--kills N` (2000) of writers before; `--seed N` begins elsewhere, and with `--steps N`
 * (60) the length of a sequence. Ends in failure at the first thing that is wrong, with what it takes to see it again.
 */

import { parseArgs } from "node:util";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { tryDamage, tryLog } from "../delta/fuzz/trial.ts";
import { makeVictims, removeVictims } from "../delta/fuzz/victim.ts";
import { openLake } from "../delta/lake.ts";
import { survive } from "./crash/kill.ts";
import { prove } from "./model/prove.ts";
import { makeSequence } from "./model/sequence.ts";
import { STORAGES } from "./model/storages.ts";
import { anySeed } from "./random.ts";

const KILLS_AT_ONCE = 100;
const LONGEST_MS = 800;
const DAMAGES_A_SEED = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "480" },
    kills: { type: "string", default: "2000" },
    seed: { type: "string", default: String(anySeed()) },
    steps: { type: "string", default: "60" },
  },
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

let seed = Number(values.seed);
for (let left = Number(values.kills); left > 0; left -= KILLS_AT_ONCE) {
  say(`kills with seed ${seed}, ${left} to go`);
  const kills = Math.min(left, KILLS_AT_ONCE);
  const { versions, reads } = await survive({ kills, seed, longestMs: LONGEST_MS });
  say(`  ${versions} versions, read ${reads} times`);
  seed += 1;
}

const end = Date.now() + Number(values.minutes) * 60_000;
const engine = await createDuckDB();
const lake = await openLake();
const victims = await makeVictims(lake);
for (; Date.now() < end; seed += 1) {
  for (const [where, onStorage] of Object.entries(STORAGES)) {
    say(`sequence ${seed} ${where}`);
    await prove(engine, makeSequence(seed, Number(values.steps)), onStorage);
  }
  say(`damage ${seed}`);
  for (let trial = 0; trial < DAMAGES_A_SEED; trial += 1) {
    await tryDamage(lake.engine, victims, seed * DAMAGES_A_SEED + trial);
    await tryLog(lake.engine, victims, seed * DAMAGES_A_SEED + trial);
  }
}
removeVictims(victims);
lake.close();
engine.close();
