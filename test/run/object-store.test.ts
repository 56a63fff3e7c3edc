/** A whole project with its lake in a bucket: the same as on a disk, also where the store fails all the time. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { csv, ingest, integer, sql, transform } from "../../src/index.ts";
import { flow, outcomeOf, writeFirstFiles, writeMoreFiles } from "../faults/flow.ts";
import type { Fault, S3Double } from "../storage/s3-double.ts";
import { openS3Place } from "../storage/s3-place.ts";
import { seed, seededRandom } from "../storage/seed.ts";
import { openSandbox, type Sandbox, sandboxIn } from "./sandbox.ts";

interface InStore {
  readonly sandbox: Sandbox;
  readonly double: S3Double;
}

/** Closed after the test, which fails where connections or local copies are left in use. */
async function openInStore(t: TestContext, pageKeys = 1000): Promise<InStore> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-run-s3-"));
  const { double, cacheFolder, close } = await openS3Place({ double: { pageKeys } });
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });
  const s3 = { endpoint: double.endpoint, cacheFolder, firstPauseMs: 1, silenceMs: 500 };
  const lakePath = `s3://${double.bucket}/some/lake`;
  return { sandbox: sandboxIn(folder, { lakePath, s3 }), double };
}

async function twoDays(
  sandbox: Sandbox,
  overnight: () => void = () => {},
): Promise<Readonly<Record<string, string>>> {
  writeFirstFiles(sandbox);
  await flow(sandbox);
  overnight();
  writeMoreFiles(sandbox, 1);
  await flow(sandbox);
  return outcomeOf(sandbox);
}

test(`a project does in a bucket what it does on a disk, also where every tenth request goes wrong (seed ${seed})`, async (t) => {
  const { sandbox, double } = await openInStore(t, 2);
  const random = seededRandom(seed);
  const faults: readonly Fault[] = ["500", "503", "reset", "done then reset", "done then 500"];
  const worsen = (): void =>
    double.breakBy(() =>
      random() < 0.1 ? faults[Math.floor(random() * faults.length)] : undefined,
    );
  assert.deepEqual(await twoDays(sandbox, worsen), await twoDays(openSandbox(t)));
  assert.deepEqual(await sandbox.tables(), tablesIn(double));
});

test("a run that is stopped while the store is silent ends, and the next one does the work", async (t) => {
  const { sandbox, double } = await openInStore(t);
  sandbox.write("n.csv", "n\n1\n2\n");
  const numbers = ingest("bronze.numbers", { from: csv("n.csv"), columns: { n: integer() } });
  const doubled = transform("silver.doubled", sql`select n * 2 as n from ${numbers}`);
  const stop = new AbortController();
  double.breakBy(({ what, key }) => {
    if (what !== "PUT" || !key.includes("/bronze/numbers/part-")) return undefined;
    setImmediate(() => stop.abort(new Error("Ctrl-C")));
    return "silence";
  });
  const stopped = await sandbox.run([numbers, doubled], { signal: stop.signal });
  assert.deepEqual(
    stopped.steps.map(({ state }) => state),
    ["stopped", "stopped"],
  );
  double.breakBy(() => undefined);
  const { state } = await sandbox.run([numbers, doubled]);
  assert.equal(state, "done");
  assert.deepEqual(await sandbox.rows("silver.doubled"), [{ n: 2 }, { n: 4 }]);
});

/** The tables whose logs the store holds. */
function tablesIn({ keys }: S3Double): string[] {
  const logs = keys.flatMap(
    (key) => key.match(/^some\/lake\/(.+)\/_delta_log\/0+\.json$/)?.[1] ?? [],
  );
  return logs.map((folder) => folder.split("/").map(decodeURIComponent).join(".")).toSorted();
}
