/** Doing many things, a few at once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mapInOrder } from "../../src/base/parallel.ts";

test("results come in the order of the items, with never more than the limit under way", async () => {
  let running = 0;
  let most = 0;
  const results = await mapInOrder([5, 1, 4, 2, 3], 2, async (item, index) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    running -= 1;
    return `${index}:${item}`;
  });
  assert.deepEqual(results, ["0:5", "1:1", "2:4", "3:2", "4:3"]);
  assert.equal(most, 2);
  assert.deepEqual(await mapInOrder([], 3, async () => 1), []);
});

test("after a failure nothing more is started, and the failure is what the caller gets", async () => {
  const started: number[] = [];
  const work = mapInOrder([0, 1, 2, 3, 4, 5], 2, async (item) => {
    started.push(item);
    await Promise.resolve();
    if (item === 1) throw new Error("no");
  });
  await assert.rejects(work, /no/);
  await Promise.resolve();
  assert.ok(started.length < 6);
});
