/** Tests of the measurements of the lake: small ones come out right, whatever their numbers. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { append, writers } from "../../bench/lake/append.ts";
import { merge } from "../../bench/lake/merge.ts";
import { opening } from "../../bench/lake/opening.ts";
import type { Part, PartResult } from "../../bench/lake/part.ts";

async function run(t: TestContext, part: Part, scale: number): Promise<PartResult> {
  const root = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  t.after(() => rm(root, { recursive: true }));
  const [cache, folder] = [join(root, "cache"), join(root, "work")];
  for (const each of [cache, folder]) await mkdir(each);
  const findPeer = async () => undefined;
  return part.run({ cache, folder, rounds: 1, scale, findPeer, say: () => {} });
}

test("every way to open a log finds the files that its maker left in it", async (t) => {
  const { lines, targets } = await run(t, opening, 0.02);
  assert.equal(lines.length, 5);
  assert.ok(lines.every(({ usage }) => usage.wallMs > 0 && usage.peakBytes > 10_000_000));
  assert.equal(targets.length, 3);
});

test("small appends are all there, and a query gives the same after they are laid together", async (t) => {
  const { lines } = await run(t, append, 0.02);
  assert.equal(lines.length, 4);
});

test("eight writers lose nothing", async (t) => {
  const { targets } = await run(t, writers, 0.1);
  assert.ok(targets.find(({ what }) => what.startsWith("commits lost"))?.met);
});

test("merges, deletes and updates come to what DuckDB alone makes of the rows", async (t) => {
  const { lines, targets } = await run(t, merge, 0.002);
  assert.equal(lines.length, 12);
  assert.equal(targets.length, 3);
});
