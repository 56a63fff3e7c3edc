/** What a person hears of statements while they run. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { watched } from "../../src/lake/watch.ts";

test("a later statement that begins at its beginning does not take back what was told", async () => {
  const fractions = [undefined, 0.5, 0.2, undefined, 0.8];
  const told: unknown[] = [];
  const session = { progress: () => ({ fraction: fractions[told.length], rows: 7n }) };
  const work = { bytes: 1000, rowsBefore: 3, bytesBefore: 100 };
  let stop = (): void => {};
  const ended = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const context = {
    progress(one: unknown): void {
      told.push(one);
      if (told.length === fractions.length) stop();
    },
  };
  await watched(context, session, work, () => ended);
  assert.deepEqual(told, [
    { rows: 3, bytes: 100 },
    { rows: 3, bytes: 600, fraction: 0.5 },
    { rows: 3, bytes: 600, fraction: 0.5 },
    { rows: 3, bytes: 600, fraction: 0.5 },
    { rows: 3, bytes: 900, fraction: 0.8 },
  ]);
});
