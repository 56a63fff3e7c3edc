/** Tests of scripts/reporter.ts: each failure once and in full, the counts as the last lines. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

test("a failure is told once with its place, and the counts come last", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-reporter-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "sample.test.mjs"),
    `import { test } from "node:test";
    test("good", () => {});
    test("outer", (t) => t.test("inner", () => { throw new Error("the reason"); }));`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--test", `--test-reporter=${resolve("scripts/reporter.ts")}`],
    { cwd: folder, encoding: "utf8", env },
  );
  assert.equal(status, 1);
  assert.deepEqual(stdout.match(/^not ok - .*$/gm), ["not ok - inner (sample.test.mjs:3)"]);
  assert.equal(stdout.split("Error: the reason").length, 2);
  assert.match(stdout, /\nnot ok sample\.test\.mjs: 1 of 3 passed, [\d.]+ s\n/);
  assert.match(
    stdout,
    /\n# tests 3\n# pass 1\n# fail 2\n# cancelled 0\n# skipped 0\n# todo 0\n# duration_ms \d+\n$/,
  );
});
