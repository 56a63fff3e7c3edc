import assert from "node:assert/strict";
import { mkdtemp, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openLocalStaging, STAGING } from "../../src/storage/staging.ts";

const home = await mkdtemp(join(tmpdir(), "millrace-staging-"));
after(() => rm(home, { recursive: true }));

test("a staging folder is there, though others remove the empty one above it", async () => {
  let isDone = false;
  const clearing = (async () => {
    while (!isDone) await rmdir(join(home, STAGING)).catch(() => {});
  })();
  try {
    for (let i = 0; i < 300; i++) {
      const staging = await openLocalStaging(home);
      assert.ok((await stat(staging.folder)).isDirectory());
      await staging.close();
    }
  } finally {
    isDone = true;
    await clearing;
  }
});
