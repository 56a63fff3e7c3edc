/** Kills by the dozen: whatever the writers were doing, nothing is lost, nothing comes twice, and a reader never fails. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { anySeed } from "../random.ts";
import { survive } from "./kill.ts";
import { inBucket } from "./place.ts";

const KILLS = 100;
const KILLS_IN_STORE = 20;
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

test("a table in an object store that breaks its promises outlives kills of its writers too", {
  timeout: 600_000,
}, async (context) => {
  const seed = anySeed();
  context.diagnostic(`seed ${seed}`);
  await inBucket(seed, async (bucket) => {
    const how = { kills: KILLS_IN_STORE, seed, longestMs: 2 * LONGEST_MS, bucket };
    const { versions, reads } = await survive(how);
    context.diagnostic(`${versions} versions, read ${reads} times`);
    assert.ok(versions > 0 && reads > 0);
  });
});
