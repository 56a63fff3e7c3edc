/** Settling: files that are still being written wait for the next run. */

import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { listFiles } from "../../src/source/discover.ts";
import { settle } from "../../src/source/settle.ts";

const NOW = new Date("2024-05-01T12:00:00Z");
let root = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "settle-"));
});
after(() => rm(root, { recursive: true }));

/** Does something to the files instead of waiting. */
function clockThat(meanwhile: () => Promise<void>, slept: number[] = []): Clock {
  return {
    now: () => NOW,
    async sleep(ms) {
      slept.push(ms);
      await meanwhile();
    },
  };
}

async function write(name: string, ageMs: number): Promise<void> {
  const time = new Date(NOW.getTime() - ageMs);
  await writeFile(join(root, name), name);
  await utimes(join(root, name), time, time);
}

test("files left alone for long enough are settled without waiting", async () => {
  await write("old.csv", 60_000);
  const { files } = await listFiles("old.csv", root);
  const slept: number[] = [];
  const { settled, unsettled } = await settle(files, {
    settleMs: 2000,
    clock: clockThat(async () => {}, slept),
  });
  assert.deepEqual([settled, unsettled, slept], [files, [], []]);
});

test("young files and files from the future are watched together, and those that change wait", async () => {
  await write("young.csv", 100);
  await write("future.csv", -3_600_000);
  await write("growing.csv", 100);
  await write("touched.csv", 100);
  await write("gone.csv", 100);
  const { files } = await listFiles("{young,future,growing,touched,gone}.csv", root);
  const slept: number[] = [];
  const clock = clockThat(async () => {
    await appendFile(join(root, "growing.csv"), "more");
    await utimes(join(root, "touched.csv"), NOW, NOW);
    await rm(join(root, "gone.csv"));
  }, slept);
  const { settled, unsettled } = await settle(files, { settleMs: 2000, clock });
  assert.deepEqual(
    settled.map((file) => file.name),
    ["future.csv", "young.csv"],
  );
  assert.deepEqual(
    unsettled.map(({ file, message }) => `${file.name} ${message}`),
    [
      "gone.csv went away while it was watched",
      "growing.csv is still being written: 11 bytes, then 15",
      "touched.csv is still being written: its time of change moved",
    ],
  );
  assert.deepEqual(slept, [2000]);
});

test("with nothing to wait for, every file is settled", async () => {
  await write("now.csv", 0);
  const { files } = await listFiles("now.csv", root);
  const clock = clockThat(() => assert.fail("it waited"));
  assert.deepEqual((await settle(files, { settleMs: 0, clock })).settled, files);
});
