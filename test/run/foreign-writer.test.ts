/** Other Delta writers on the tables of a project: what they add is kept or said, and nothing is decided on what is gone. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { csv, ingest, integer, sql, text, transform } from "../../src/index.ts";
import { openSandbox, stepOf } from "../run/sandbox.ts";
import { writeForeign } from "./foreign-writer.ts";

const items = ingest("bronze.items", { from: csv("inbox/*.csv"), columns: { id: integer() } });
const doubled = transform("gold.doubled", sql`select id * 2 as id from ${items}`);
const ALL = [items, doubled];

const WRITER = join(import.meta.dirname, "foreign-writer.ts");

for (const what of ["row", "column"] as const) {
  test(`a ${what} that another writer adds to an input makes what is made of it stale`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("inbox/a.csv", "id\n1\n");
    await sandbox.run(ALL);
    await writeForeign(sandbox, "bronze.items", what);
    assert.match(stepOf(await sandbox.plan(ALL), "gold.doubled").because, /from version 0 to 1/);
    assert.equal((await sandbox.run(ALL)).state, "done");
    sandbox.write("inbox/b.csv", "id\n2\n");
    assert.equal((await sandbox.run(ALL)).state, "done");
    assert.deepEqual(
      (await sandbox.rows("gold.doubled")).map(({ id }) => id),
      what === "row" ? [2, 4, 200] : [2, 4],
    );
    assert.equal(
      (await sandbox.rows("system.ledger", "*", "where asset = 'bronze.items'")).length,
      2,
    );
  });

  test(`a ${what} that another writer adds to a transformed table is gone with its next version`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("inbox/a.csv", "id\n1\n");
    await sandbox.run(ALL);
    await writeForeign(sandbox, "gold.doubled", what);
    const plan = stepOf(await sandbox.plan(ALL), "gold.doubled");
    assert.equal(plan.because, "another writer changed it");
    assert.equal((await sandbox.run(ALL)).state, "done");
    assert.deepEqual(await sandbox.rows("gold.doubled"), [{ id: 2 }]);
    assert.equal((await sandbox.run(ALL)).state, "nothing to do");
  });

  test(`a ${what} that comes while a step runs is met by trying again`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("inbox/a.csv", "id\n1\n");
    await sandbox.run(ALL);
    sandbox.write("inbox/b.csv", "id\n2\n");
    const met = new Set<string>();
    const result = await sandbox.run(ALL, {
      crash: (point) => {
        const table = {
          "ingest/data-written": "bronze.items",
          "transform/written": "gold.doubled",
        }[point as string];
        if (table === undefined || met.has(table)) return;
        met.add(table);
        const { status, stderr } = spawnSync(
          process.execPath,
          ["--conditions=millrace-source", WRITER, sandbox.folder, table, what],
          { encoding: "utf8" },
        );
        assert.equal(status, 0, stderr);
      },
    });
    assert.equal(met.size, 2);
    assert.equal(result.state, "done", JSON.stringify(result.steps));
    assert.deepEqual(
      (await sandbox.rows("gold.doubled")).map(({ id }) => id),
      what === "row" ? [2, 4, 200] : [2, 4],
    );
    assert.equal((await sandbox.run(ALL)).state, "nothing to do");
  });
}

test("a schema that another writer changed is refused where rows do not fit any more", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", "id\n1\n");
  await sandbox.run([items]);
  const other = ingest("bronze.items", { from: csv("inbox/*.csv"), columns: { id: text() } });
  sandbox.write("inbox/b.csv", "id\n2\n");
  assert.equal(
    stepOf(await sandbox.run([other]), "bronze.items").error?.code,
    "ingest/incompatible-column",
  );
  assert.deepEqual(await sandbox.rows("bronze.items"), [{ id: 1 }]);
});
