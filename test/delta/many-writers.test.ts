/** Writers in processes of their own: racing for versions, and killed at every step. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CRASH_POINTS } from "../../src/base/crash-point.ts";
import { column, type Lake, openLake } from "./lake.ts";

const PROGRAM = join(import.meta.dirname, "writer-process.ts");

/** Runs one writer to its end; resolves to the signal that killed it, if any. */
function runWriter(root: string, ...args: readonly (string | number)[]): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, root, ...args.map(String)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (data) => {
      errors += data;
    });
    child.on("close", (code, signal) => {
      if (code === 0 || signal !== null) resolve(signal);
      else reject(new Error(errors));
    });
  });
}

const table = (interval: number) => ({
  fields: [column("writer", "string"), column("number", "long")],
  configuration: { "delta.checkpointInterval": String(interval) },
});

/** Each writer's numbers must be 1 to `count`, once each. */
async function checkNumbers(lake: Lake, writers: readonly string[], count: number): Promise<void> {
  const found = await lake.rows(await lake.open("t"), "writer, number");
  const wanted = writers.flatMap((writer) =>
    Array.from({ length: count }, (_, index) => ({ writer, number: BigInt(index + 1) })),
  );
  assert.deepEqual(found, wanted);
}

test("four processes that append 25 times each lose no row and double none", async () => {
  const racing = await openLake();
  await racing.create("t", table(10));
  const writers = ["a", "b", "c", "d"];
  await Promise.all(writers.map((writer) => runWriter(racing.root, writer, 25)));
  await checkNumbers(racing, writers, 25);
  assert.equal((await racing.open("t")).version, 100);
  assert.equal((await racing.open("t", { version: 57 })).rows, 57n);
  const data = readdirSync(join(racing.root, "t")).filter((name) => name.endsWith(".parquet"));
  assert.equal(data.length, 100);
  racing.close();
});

for (const point of CRASH_POINTS.filter((name) => /^(storage|delta)\//.test(name))) {
  test(`a writer killed at ${point} goes on where it stopped, and every row is there once`, async () => {
    const killed = await openLake();
    await killed.create("t", table(1));
    for (const skipped of [0, 2]) {
      assert.equal(await runWriter(killed.root, "a", 5, point, skipped), "SIGKILL");
    }
    assert.equal(await runWriter(killed.root, "a", 5), null);
    await checkNumbers(killed, ["a"], 5);
    assert.ok(readdirSync(join(killed.root, ".staging")).length <= 1);
    killed.close();
  });
}
