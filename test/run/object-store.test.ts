/** A whole project with its lake in a bucket: the same as on a disk, also where the store fails all the time. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { csv, date, ingest, integer, sql, transform } from "../../src/index.ts";
import type { Storage } from "../../src/storage/storage.ts";
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

test("tables that merge, keep and follow changes do so in a bucket as on a disk", async (t) => {
  const { sandbox: inStore } = await openInStore(t, 2);
  const visits = ingest("bronze.visits", {
    from: csv("in/*.csv"),
    columns: { id: integer(), day: date(), n: integer() },
    write: { merge: "id", newest: "n" },
    keep: { for: "30 days", by: "day" },
  });
  const many = transform("silver.many", sql`select * from ${visits} where n > 1`, {
    write: "append",
  });
  const perDay = transform(
    "gold.per_day",
    sql`select day, sum(n)::int as n from ${visits} group by day`,
    {
      write: { merge: "day" },
    },
  );
  const clock: Clock = { now: () => new Date("2026-03-31T12:00:00Z"), sleep: async () => {} };
  const done = async (sandbox: Sandbox) => {
    const states: unknown[] = [];
    const files: number[] = [];
    for (const [name, rows] of [
      ["a", "1,2026-03-30,1\n2,2026-03-30,2\n3,2020-01-01,3\n"],
      ["b", "4,2026-03-31,4\n"],
      ["c", "1,2026-03-29,5\n2,2026-03-31,1\n"],
    ] as const) {
      sandbox.write(`in/${name}.csv`, `id,day,n\n${rows}`);
      const { steps } = await sandbox.run([visits, many, perDay], { clock });
      states.push(
        steps.map(({ state, version, ledger, notes, error }) => ({
          state,
          version,
          ledger,
          notes,
          error,
        })),
      );
      files.push(await sandbox.open(async ({ lake }) => dataFiles(lake.storage)));
    }
    const tables = ["bronze.visits", "silver.many", "gold.per_day"];
    return { states, files, rows: await Promise.all(tables.map((table) => sandbox.rows(table))) };
  };
  const stored = await done(inStore);
  assert.deepEqual(stored, await done(openSandbox(t)));
  assert.deepEqual(stored.rows[2], [
    { day: "2026-03-29", n: 5 },
    { day: "2026-03-30", n: 2 },
    { day: "2026-03-31", n: 4 },
  ]);
  // The old row went with the file that held it; what a merge replaced stays for readers.
  assert.deepEqual(stored.files, [1, 2, 3]);
});

async function dataFiles(storage: Storage): Promise<number> {
  const files = await Array.fromAsync(storage.list("bronze/visits"));
  return files.filter(({ path }) => path.endsWith(".parquet") && !path.includes("_delta_log"))
    .length;
}

/** The tables whose logs the store holds. */
function tablesIn({ keys }: S3Double): string[] {
  const logs = keys.flatMap(
    (key) => key.match(/^some\/lake\/(.+)\/_delta_log\/0+\.json$/)?.[1] ?? [],
  );
  return logs.map((folder) => folder.split("/").map(decodeURIComponent).join(".")).toSorted();
}
