/** Entries that are erased by hand are gone once, whoever dies or moves entries at the same time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { csv, ingest, integer, type Sql, sql, text } from "../../src/index.ts";
import { eraseEntries } from "../../src/ingest/erase.ts";
import { replay } from "../../src/run/replay.ts";
import { openSandbox, type Sandbox } from "../run/sandbox.ts";

const orders = (rules: Readonly<Record<string, Sql>> = {}) =>
  ingest("bronze.orders", {
    from: csv("in/*.csv"),
    columns: { id: integer(), who: text() },
    rules,
  });
const strict = orders({ "no eve": sql`who <> 'eve'` });

const whoIn = async (sandbox: Sandbox, table: string, column = "who") =>
  (await sandbox.rows(table, column)).map((row) => Object.values(row).join());

const entries = async (sandbox: Sandbox) =>
  whoIn(sandbox, "quarantine.bronze.orders", "json_extract_string(raw, '$.who') as who");

async function filled(sandbox: Sandbox): Promise<void> {
  sandbox.write("in/a.csv", "id,who\n1,ann\nx,bob\n2,eve\nx,kim\n");
  await sandbox.run([strict]);
}

const erase = (sandbox: Sandbox, who: string, crash?: (point: CrashPoint) => void) =>
  sandbox.open(
    ({ lake }) =>
      eraseEntries(
        { lake, signal: new AbortController().signal },
        { table: "bronze.orders", where: `raw like '%${who}%'` },
      ),
    crash === undefined ? {} : { crash },
  );

const POINTS: readonly CrashPoint[] = [
  "storage/adopted",
  "delta/before-commit",
  "storage/linked",
  "delta/committed",
];

for (const point of POINTS) {
  test(`stopped at ${point} it is done or not, and done when called again`, async (t) => {
    const sandbox = openSandbox(t);
    await filled(sandbox);
    let isPassed = false;
    const crash = (here: CrashPoint): void => {
      if (here !== point || isPassed) return;
      isPassed = true;
      throw new Error("killed here");
    };
    await assert.rejects(erase(sandbox, "bob", crash), /killed here/);
    assert.ok(isPassed);
    await sandbox.run([strict]);
    const left = (await entries(sandbox)).join();
    assert.ok(["bob,eve,kim", "eve,kim"].includes(left), left);
    await erase(sandbox, "bob");
    assert.deepEqual(await entries(sandbox), ["eve", "kim"]);
    assert.deepEqual(await whoIn(sandbox, "bronze.orders"), ["ann"]);
    assert.deepEqual(await erase(sandbox, "bob"), {
      rows: 0,
      version: await sandbox.version("quarantine.bronze.orders"),
    });
  });
}

test("two at once and a load between them take nothing from each other", async (t) => {
  const sandbox = openSandbox(t);
  await filled(sandbox);
  const lenient = await sandbox.project([orders()]);
  const { signal } = new AbortController();
  sandbox.write("in/b.csv", "id,who\nx,zoe\n");
  await Promise.all([erase(sandbox, "bob"), erase(sandbox, "kim"), sandbox.run([strict])]);
  assert.deepEqual(await entries(sandbox), ["eve", "zoe"]);
  const replayed = await sandbox.open((workspace) =>
    replay(lenient, workspace, { table: "bronze.orders", dryRun: false, signal }),
  );
  assert.deepEqual([replayed.tried, replayed.passing], [2, 1]);
  assert.deepEqual(await whoIn(sandbox, "bronze.orders"), ["ann", "eve"]);
  assert.deepEqual(await entries(sandbox), ["zoe"]);
});
