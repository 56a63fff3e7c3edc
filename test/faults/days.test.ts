/** Tables that merge, that keep what is young and that follow others, under real kills: every day ends as it should. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { breakAtRandom } from "../proof/model/storages.ts";
import { anySeed, chanceFrom } from "../proof/random.ts";
import { openSandbox } from "../run/sandbox.ts";
import { openS3Place } from "../storage/s3-place.ts";
import { DAILY_POINTS, surviveDays } from "./days/survive.ts";

const MOMENTS = 3;
const WITHIN_MS = 1500;

test("killed wherever a table merges, keeps or follows, and at any moment, the days end as without a kill", {
  timeout: 600_000,
}, async (t) => {
  const seed = anySeed();
  const chance = chanceFrom(seed);
  const sandbox = openSandbox(t);
  const kills = [
    ...DAILY_POINTS.map((point) => ({ point, nth: 1 })),
    ...Array.from({ length: MOMENTS }, () => ({ withinMs: WITHIN_MS })),
  ];
  const { killed, days, reads } = await surviveDays({ folder: sandbox.folder }, openSandbox(t), {
    kills,
    chance,
  });
  t.diagnostic(`seed ${seed}: ${killed.length} kills in ${days} days, read ${reads} times`);
  assert.ok(reads > 0);
});

test("a lake in an object store that breaks its promises outlives kills of its writers too", {
  timeout: 600_000,
}, async (t) => {
  const seed = anySeed();
  const chance = chanceFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), "millrace-days-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { double, close } = await openS3Place({ double: { pageKeys: 7 } });
  double.breakBy(breakAtRandom(chance));
  t.after(close);
  const elsewhere = {
    lakePath: `s3://${double.bucket}/some/lake`,
    s3: { endpoint: double.endpoint, firstPauseMs: 1 },
  };
  const kills = Array.from({ length: MOMENTS }, () => ({ withinMs: WITHIN_MS }));
  const { killed, days, reads } = await surviveDays({ folder, elsewhere }, openSandbox(t), {
    kills,
    chance,
  });
  t.diagnostic(`seed ${seed}: ${killed.length} kills in ${days} days, read ${reads} times`);
  assert.ok(reads > 0);
});
