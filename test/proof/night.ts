/**
 * `npm run test:night`: the random proofs for as long as the night is. `--minutes N` (480) of random sequences on every
 * storage and of damaged tables; before, `--kills N` (2000) of writers of a table, a quarter of them on an object store
 * that breaks its promises, and of runs of a project, a tenth as many. `--seed N` begins elsewhere, and `--steps N` (60)
 * is the length of a sequence. Ends in failure at the first thing that is wrong, with what it takes to see it again.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { tryDamage, tryLog } from "../delta/fuzz/trial.ts";
import { makeVictims, removeVictims } from "../delta/fuzz/victim.ts";
import { openLake } from "../delta/lake.ts";
import { DAILY_POINTS, surviveDays } from "../faults/days/survive.ts";
import { sandboxIn } from "../run/sandbox.ts";
import { type Survived, survive } from "./crash/kill.ts";
import { inBucket } from "./crash/place.ts";
import { prove } from "./model/prove.ts";
import { makeSequence } from "./model/sequence.ts";
import { STORAGES } from "./model/storages.ts";
import { anySeed, chanceFrom } from "./random.ts";

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
for (let left = Number(values.kills); left > 0; seed += 1) {
  const round = Math.min(left, KILLS_AT_ONCE);
  const inStore = Math.floor(round / 4);
  say(`kills with seed ${seed}, ${left} to go`);
  const how = { seed, longestMs: LONGEST_MS };
  tell(await survive({ ...how, kills: round - inStore }));
  if (inStore > 0) {
    await inBucket(seed, async (bucket) => tell(await survive({ ...how, kills: inStore, bucket })));
  }
  const { killed, days, reads } = await surviveAnyDays(Math.ceil(round / 10), seed);
  say(`  ${killed.length} runs killed in ${days} days, read ${reads} times`);
  left -= round;
}

function tell({ versions, reads }: Survived): void {
  say(`  ${versions} versions, read ${reads} times`);
}

/** Half of the kills at a named point, the others at any moment. */
async function surviveAnyDays(number: number, from: number) {
  const chance = chanceFrom(from);
  const folders = ["killed", "calm"].map((name) =>
    mkdtempSync(join(tmpdir(), `millrace-${name}-`)),
  );
  const [folder = "", calm = ""] = folders;
  const kills = Array.from({ length: number }, (_, index) =>
    index % 2 === 0 ? { point: chance.of(DAILY_POINTS), nth: 1 } : { withinMs: 3 * LONGEST_MS },
  );
  try {
    return await surviveDays({ folder }, sandboxIn(calm), { kills, chance });
  } finally {
    for (const one of folders) rmSync(one, { recursive: true, force: true });
  }
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
