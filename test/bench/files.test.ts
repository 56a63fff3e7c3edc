/** Tests of the measurement of files: it notices wrong results, and a small one comes out right. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lakeOf, rawFile, runMillrace, runRaw, type Work } from "../../bench/files/contender.ts";
import { type OrderFiles, orderFiles } from "../../bench/files/data.ts";
import type { Format } from "../../bench/files/order.ts";
import { readLake, readRaw } from "../../bench/files/verdict.ts";
import { CHECKOUT } from "../../bench/measure/installed.ts";

const ROWS = 20_000;

async function make(t: TestContext): Promise<{ folder: string; files: OrderFiles }> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, files: await orderFiles(folder, { rows: ROWS, seed: 1 }) };
}

function workOn({ folder, files }: Awaited<ReturnType<typeof make>>, format: Format): Work {
  const file = files.paths[format];
  return { root: CHECKOUT, format, file, folder, memoryLimit: "1GB", threads: 2 };
}

for (const format of ["csv", "ndjson"] as const) {
  test(`Millrace and the engine alone find the same good rows in ${format}, and every refused row has its line`, async (t) => {
    const made = await make(t);
    const work = workOn(made, format);
    const expected = { format, contract: "checked", rows: ROWS } as const;
    const raw = await runRaw(work, "typed");
    assert.deepEqual(await readRaw(rawFile(made.folder), expected), {
      good: made.files.good,
      hash: made.files.hash,
    });
    const millrace = await runMillrace(work, "checked");
    assert.deepEqual(await readLake(lakeOf(made.folder), expected), {
      good: made.files.good,
      hash: made.files.hash,
      refused: ROWS - made.files.good,
    });
    for (const { usage } of [raw, millrace]) {
      assert.ok(usage.cpuMs > 0 && usage.wallMs > 0 && usage.peakBytes > 10_000_000);
    }
  });
}

test("a quarantine with a wrong line, a row too few or a row too many is noticed", async (t) => {
  const made = await make(t);
  await runMillrace(workOn(made, "csv"), "checked");
  const lake = lakeOf(made.folder);
  const expected = { format: "csv", contract: "checked", rows: ROWS } as const;
  // The lines of the other format lie one off.
  await assert.rejects(readLake(lake, { ...expected, format: "ndjson" }), /found_line/);
  await assert.rejects(readLake(lake, { ...expected, rows: ROWS + 100 }), /"row":"20037"/);
  await assert.rejects(readLake(lake, { ...expected, rows: ROWS - 100 }), /"found_row":"19937"/);
});

test("made files are the same for the same rows and seed, and others for another seed", async (t) => {
  const { folder, files } = await make(t);
  const again = await orderFiles(join(folder, "again"), { rows: ROWS, seed: 1 });
  const other = await orderFiles(folder, { rows: ROWS, seed: 2 });
  assert.equal(again.hash, files.hash);
  assert.notEqual(other.hash, files.hash);
});
