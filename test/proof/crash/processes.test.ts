/** Writers in processes of their own do random steps to one table: every version is what their words, in its order, make of it. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lintTable } from "../lint.ts";
import { readCommits } from "../log.ts";
import { checkVersion } from "../model/check.ts";
import { createTable, TABLE } from "../model/table.ts";
import { anySeed } from "../random.ts";
import { expectedVersions, hear, nothingSaid } from "./history.ts";
import { type Bucket, inBucket, openPlace } from "./place.ts";
import { start } from "./process.ts";

const WRITERS = 3;
const STEPS = 8;

test("three processes at one table on a disk make versions that follow from each other", (context) =>
  inFolder((root) => workTogether(context, root, anySeed())));

test("three processes at one table in an object store that breaks its promises do too", (context) =>
  inFolder(async (root) => {
    const seed = anySeed();
    await inBucket(seed, (bucket) => workTogether(context, root, seed, bucket));
  }));

async function inFolder(work: (root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "millrace-processes-"));
  try {
    await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function workTogether(
  context: TestContext,
  root: string,
  seed: number,
  bucket?: Bucket,
): Promise<void> {
  context.diagnostic(`seed ${seed}`);
  const place = await openPlace(root, bucket);
  try {
    await createTable(place, {
      "delta.checkpointInterval": "3",
      "delta.enableDeletionVectors": "true",
    });
    const said = nothingSaid();
    const where = bucket === undefined ? "" : JSON.stringify(bucket);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, number) => {
        const name = `w${number}`;
        const from = (number + 1) * 10_000;
        const writer = start("writer.ts", root, [name, seed + number, from, STEPS, where]);
        assert.deepEqual(await writer.ended, { end: 0, errors: "" });
        hear(said, name, writer.lines);
      }),
    );
    const { storage } = place.context;
    const versions = expectedVersions(await readCommits(storage, TABLE, 0), said);
    for (const [version, expected] of versions.entries()) {
      await checkVersion(place, version, expected);
    }
    assert.deepEqual(await lintTable(storage, TABLE, place.engine), []);
  } finally {
    await place.close();
  }
}
