/** Storage in memory: the contract, and that nothing of it is left on the disk. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { memoryStorage } from "../../src/storage/memory.ts";
import { testStorage } from "../contract/storage.ts";

testStorage("memory", async () => {
  const storage = memoryStorage();
  return { storage, close: () => storage.close() };
});

test("closing a storage in memory takes its local copies and staging away", async () => {
  const storage = memoryStorage();
  await storage.create("a", new Uint8Array([1]));
  const copy = await storage.localPath("a");
  const { folder } = await storage.openStaging();
  assert.equal(existsSync(copy) && existsSync(folder), true);
  await storage.close();
  assert.equal(existsSync(dirname(copy)) || existsSync(folder), false);
});
