/** A run that is told to stop ends at a safe point, says so, and the next one goes on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { csv, files, ingest, integer, publish, sql, transform } from "../../src/index.ts";
import { openSandbox, stepOf } from "../run/sandbox.ts";
import { leftovers } from "./flow.ts";

const a = ingest("bronze.a", { from: csv("a.csv"), columns: { id: integer() } });
const b = transform("silver.b", sql`select id + 1 as id from ${a}`);
const ALL = [a, b, publish(b, files("out", { format: "csv" }))];

const POINTS: readonly CrashPoint[] = [
  "ingest/files-chosen",
  "ingest/data-written",
  "ingest/committed",
  "transform/written",
  "transform/committed",
  "publish/written",
];

for (const point of POINTS) {
  test(`told to stop at ${point}, a run stops there and the next one goes on`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("a.csv", "id\n1\nx\n");
    const controller = new AbortController();
    const result = await sandbox.run(ALL, {
      signal: controller.signal,
      crash: (here) => {
        if (here === point) controller.abort(new Error("told to stop"));
      },
    });
    assert.ok(["stopped", "done"].includes(result.state), result.state);
    assert.equal(
      result.steps.some(({ state }) => state === "failed"),
      false,
    );
    if (point.startsWith("ingest/")) assert.equal(result.state, "stopped");
    if (point === "ingest/data-written") assert.equal(await sandbox.version("bronze.a"), undefined);
    await sandbox.run(ALL);
    assert.equal((await sandbox.run(ALL)).state, "nothing to do");
    assert.deepEqual(await sandbox.rows("silver.b"), [{ id: 2 }]);
    assert.equal((await sandbox.rows("quarantine.bronze.a")).length, 1);
    assert.deepEqual(leftovers(sandbox), []);
  });
}

test("a long query is interrupted within the time of a breath", async (t) => {
  const sandbox = openSandbox(t);
  const long = transform(
    "gold.long",
    sql`select sum(a.range * b.range) as n from range(200000) a, range(200000) b`,
  );
  const controller = new AbortController();
  const run = sandbox.run([long], {
    signal: controller.signal,
    on: ({ type }) => {
      if (type === "started") setTimeout(() => controller.abort(), 50);
    },
  });
  const result = await run;
  assert.equal(stepOf(result, "gold.long").state, "stopped");
  assert.equal(await sandbox.version("gold.long"), undefined);
});
