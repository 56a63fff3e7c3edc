/** Several writers changing rows of one table at once: each change is made once, on what is there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { type Bench, idsOf, openBench, tenEach, VECTORS } from "./table.ts";

async function asAnother(bench: Bench): Promise<Bench["context"]> {
  return { ...bench.context, engine: await bench.context.engine.session() };
}

for (const [how, configuration] of [
  ["by rewriting", {}],
  ["with deletion vectors", VECTORS],
] as const) {
  test(`updates of one file at the same time are all made, ${how}`, async (t) => {
    const bench = await openBench(t);
    const table = await tenEach(bench, 1, { configuration });
    const contexts = await Promise.all([1, 2, 3, 4].map(() => asAnother(bench)));
    await Promise.all(
      contexts.map((context, id) =>
        updateRows(context, table, { set: { v: `v || '-${id}'` }, where: `id <> ${id}` }),
      ),
    );
    const after = await bench.lake.open("t");
    assert.equal(after.version, table.version + 4);
    for (const { id, v } of await bench.lake.rows(after)) {
      const marks = String(v).split("-").slice(1).toSorted();
      assert.deepEqual(
        marks,
        ["0", "1", "2", "3"].filter((mark) => mark !== String(id)),
      );
    }
  });
}

test("a delete sees the rows that another appended meanwhile", async (t) => {
  const bench = await openBench(t);
  const old = await tenEach(bench, 1);
  await bench.lake.append(old, "SELECT 5::BIGINT AS id, 'late' AS v, 'p' AS p");
  const { snapshot } = await deleteRows(bench.context, old, { where: "id = 5" });
  assert.equal((await idsOf(bench, snapshot)).includes(5), false);
});

test("an append that cannot match is let by, and the plan stands", async (t) => {
  const bench = await openBench(t);
  const old = await tenEach(bench, 1);
  await bench.lake.append(old, "SELECT 500::BIGINT AS id, 'late' AS v, 'p' AS p");
  const { snapshot } = await deleteRows(bench.context, old, { where: "id = 5" });
  assert.equal(snapshot.version, old.version + 2);
  assert.equal(snapshot.state.info?.readVersion, old.version);
});

test("a merge whose keys came meanwhile updates them instead of adding them twice", async (t) => {
  const bench = await openBench(t);
  const old = await tenEach(bench, 1);
  await bench.lake.append(old, "SELECT 50::BIGINT AS id, 'late' AS v, 'p' AS p");
  const { snapshot, metrics } = await mergeRows(bench.context, old, {
    source: "(SELECT 50::BIGINT AS id, 'mine' AS v, 'p' AS p)",
    on: "target.id = source.id",
    clauses: [
      { when: "matched", do: "update", set: "all" },
      { when: "not matched", do: "insert", values: "all" },
    ],
  });
  assert.deepEqual([metrics.numTargetRowsUpdated, metrics.numTargetRowsInserted], [1, 0]);
  assert.equal((await idsOf(bench, snapshot)).filter((id) => id === 50).length, 1);
});

test("a transaction that another went on with is not done again", async (t) => {
  const bench = await openBench(t);
  const old = await tenEach(bench, 1);
  const change = { set: { v: "v || '!'" }, transactions: [{ appId: "step", version: 1n }] };
  await updateRows(bench.context, old, change);
  await assert.rejects(updateRows(bench.context, old, change), { code: "delta/conflict" });
  const [row] = await bench.lake.rows(await bench.lake.open("t"));
  assert.equal(row?.v, "v0!");
});
