/**
 * `npm run test:night`: the random proofs of the Delta log for as long as the night is. `--minutes N` (480) of random
 * sequences on every storage, `--kills N` (2000) of writers before; `--seed N` begins elsewhere, and with `--steps N`
 * (60) the length of a sequence. Ends in failure at the first thing that is wrong, with what it takes to see it again.
 */

import { parseArgs } from "node:util";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { survive } from "./crash/kill.ts";
import { prove } from "./model/prove.ts";
import { makeSequence } from "./model/sequence.ts";
import { STORAGES } from "./model/storages.ts";
import { anySeed } from "./random.ts";

const KILLS_AT_ONCE = 100;
const LONGEST_MS = 800;

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
for (; Date.now() < end; seed += 1) {
  for (const [where, onStorage] of Object.entries(STORAGES)) {
    say(`sequence ${seed} ${where}`);
    await prove(engine, makeSequence(seed, Number(values.steps)), onStorage);
  }
}
engine.close();
