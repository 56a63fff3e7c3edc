/** Several runs on one lake at once: each does its part or says why not, and every row stands once. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { openSandbox } from "../run/sandbox.ts";
import { flow, leftovers, outcomeOf, writeFirstFiles, writeMoreFiles } from "./flow.ts";
import { start } from "./process.ts";

/** Where one run has found out something that another may change before it is written down. */
const BETWEEN: readonly CrashPoint[] = [
  "ingest/files-chosen",
  "ingest/files-adopted",
  "ingest/committed",
  "replay/committed",
  "transform/written",
  "publish/written",
];

let undisturbed: Promise<Readonly<Record<string, string>>> | undefined;

suite("a run in whose midst another does everything", { concurrency: 2 }, () => {
  for (const point of BETWEEN) {
    test(`another run at ${point} takes nothing away and adds nothing`, async (t) => {
      undisturbed ??= firstDay(t);
      const sandbox = openSandbox(t);
      writeFirstFiles(sandbox);
      let isFirst = true;
      await flow(sandbox, {
        mayLose: true,
        crash: (here) => {
          if (here !== point || !isFirst) return;
          isFirst = false;
          runWhole(sandbox.folder);
        },
      });
      assert.equal(isFirst, false, `${point} was not passed`);
      await flow(sandbox);
      assert.deepEqual(await outcomeOf(sandbox), await undisturbed);
      assert.deepEqual(leftovers(sandbox), []);
    });
  }
});

test("four processes that run at once on one lake load every file once", async (t) => {
  const [sandbox, calm] = [openSandbox(t), openSandbox(t)];
  for (const one of [sandbox, calm]) writeFirstFiles(one);
  for (const round of [1, 2]) {
    for (const one of [sandbox, calm]) writeMoreFiles(one, round);
    const processes = [1, 2, 3, 4].map(() => start("child.ts", sandbox.folder, ["", "1", "lose"]));
    for (const { ended } of processes) {
      const { code, errors } = await ended;
      assert.equal(code, 0, errors);
    }
  }
  await flow(sandbox);
  await flow(calm);
  assert.deepEqual(await outcomeOf(sandbox), await outcomeOf(calm));
  assert.deepEqual(leftovers(sandbox), []);
});

async function firstDay(t: TestContext): Promise<Readonly<Record<string, string>>> {
  const sandbox = openSandbox(t);
  writeFirstFiles(sandbox);
  await flow(sandbox);
  return outcomeOf(sandbox);
}

/** Holds this process still meanwhile, in whatever it was doing. */
function runWhole(folder: string): void {
  const script = join(import.meta.dirname, "child.ts");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--conditions=millrace-source", script, folder, "", "1", "lose"],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
}
