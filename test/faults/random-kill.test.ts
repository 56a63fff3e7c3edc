/** A process killed at any moment: whatever it was doing, nothing is lost and nothing comes twice. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openSandbox } from "../run/sandbox.ts";
import { flow, leftovers, outcomeOf, readAll, writeFirstFiles, writeMoreFiles } from "./flow.ts";
import { start } from "./process.ts";

const KILLS = 15;
const LONGEST_MS = 900;
const SEED = 20_220_103;

test("sixty files arrive while every run is killed at a random moment, and each is loaded once", async (t) => {
  const [sandbox, calm] = [openSandbox(t), openSandbox(t)];
  for (const one of [sandbox, calm]) writeFirstFiles(one);
  const random = randomFrom(SEED);
  for (let kill = 1; kill <= KILLS; kill++) {
    for (const round of [2 * kill - 1, 2 * kill]) {
      for (const one of [sandbox, calm]) writeMoreFiles(one, round);
    }
    const child = start("child.ts", sandbox.folder);
    await child.begun;
    await setTimeout(random() * LONGEST_MS);
    child.kill("SIGKILL");
    await child.ended;
    await readAll(sandbox);
  }
  await flow(sandbox);
  await flow(calm);
  assert.deepEqual(await outcomeOf(sandbox), await outcomeOf(calm));
  assert.deepEqual(leftovers(sandbox), []);
});

/** Marsaglia's xorshift of 32 bits, as numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
