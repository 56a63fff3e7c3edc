/** A hundred kills: whatever the writers were doing, nothing is lost, nothing comes twice, and a reader never fails. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { anySeed } from "../random.ts";
import { survive } from "./kill.ts";

const KILLS = 100;
const LONGEST_MS = 400;

test("a table outlives a hundred kills of its writers, and its reader sees nothing of them", {
  timeout: 600_000,
}, async (context) => {
  const seed = anySeed();
  context.diagnostic(`seed ${seed}`);
  const { versions, reads } = await survive({ kills: KILLS, seed, longestMs: LONGEST_MS });
  context.diagnostic(`${versions} versions, read ${reads} times`);
  assert.ok(versions > 0 && reads > 0);
});
