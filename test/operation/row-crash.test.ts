/** Changes of rows killed at every step: the table shows the version before or the one after, and doing it again does it once. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ROW_CRASH_POINTS } from "../../src/base/crash-point.ts";
import { FEED, openBench, tenEach, VECTORS } from "./table.ts";

const KINDS = [
  { act: "merge", kind: "rewritten", configuration: FEED },
  { act: "delete", kind: "with vectors", configuration: { ...FEED, ...VECTORS } },
] as const;
const POINTS = [
  ...ROW_CRASH_POINTS,
  "storage/adopted",
  "storage/linked",
  "delta/before-commit",
  "delta/committed",
] as const;

suite("a change of rows that is killed", { concurrency: 2 }, () => {
  for (const { act, kind, configuration } of KINDS) {
    for (const point of POINTS) {
      if (point === "delta/vectors-written" && kind !== "with vectors") continue;
      test(`a ${act} ${kind}, killed at ${point}, is not done or done, and then done once`, async (t) => {
        const bench = await openBench(t);
        const { lake } = bench;
        const before = await tenEach(bench, 2, { configuration });
        const old = await lake.rows(before);
        assert.equal(await run(lake.root, act, point), "SIGKILL");
        const between = await lake.open("t");
        const shown = await lake.rows(between);
        assert.equal(await run(lake.root, act), null);
        const after = await lake.open("t");
        assert.equal(after.version, before.version + 1);
        const now = await lake.rows(after);
        assert.deepEqual(shown, between.version === before.version ? old : now);
        const touched = now.filter(({ v }) => v === "new").length;
        assert.deepEqual([now.length, touched], act === "delete" ? [15, 0] : [25, 10]);
      });
    }
  }
});

function run(root: string, act: string, point = ""): Promise<NodeJS.Signals | null> {
  const script = join(import.meta.dirname, "row-killed.ts");
  const child = spawn(
    process.execPath,
    ["--conditions=millrace-source", script, root, act, point],
    { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, TMPDIR: root } },
  );
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => resolve(signal));
  });
}
