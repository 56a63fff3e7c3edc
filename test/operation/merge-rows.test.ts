/** Merging rows: which match, which clause applies, which files are touched, and what is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { overwriteWhere } from "../../src/operation/overwrite-where.ts";
import { idsOf, openBench, tenEach, VECTORS } from "./table.ts";

const UPSERT = [
  { when: "matched", do: "update", set: "all" },
  { when: "not matched", do: "insert", values: "all" },
] as const;
const BY_ID = "target.id = source.id";

const rowsOf = (...ids: readonly (number | string)[]): string =>
  `(SELECT CAST(id AS BIGINT) AS id, 'new' AS v, 'q' AS p FROM (VALUES ${ids.map((id) => `(${id})`).join(", ")}) AS t(id))`;

test("keys at both ends of a table touch no file between them", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 5);
  const { snapshot, metrics } = await mergeRows(bench.context, before, {
    source: rowsOf(2, 45, 100),
    on: BY_ID,
    clauses: UPSERT,
  });
  assert.equal(metrics.numTargetFilesRemoved, 2);
  assert.equal(metrics.numTargetRowsUpdated, 2);
  assert.equal(metrics.numTargetRowsInserted, 1);
  const kept = before.files.slice(1, 4).map(({ path }) => path);
  assert.ok(kept.every((path) => snapshot.files.some((file) => file.path === path)));
});

test("two source rows for one target row are refused, and the key is shown", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 1);
  await assert.rejects(
    mergeRows(bench.context, before, { source: rowsOf(3, 4, 4), on: BY_ID, clauses: UPSERT }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "operation/ambiguous-merge");
      assert.match(error.message, /\{"id":4\}/);
      return true;
    },
  );
  assert.equal((await bench.lake.open("t")).version, before.version);
});

test("two source rows are no matter where only one may change the row, or both only delete it", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 1, { configuration: VECTORS });
  const one = await mergeRows(bench.context, before, {
    source: "(SELECT 4::BIGINT AS id, unnest(['a', 'b']) AS v)",
    on: BY_ID,
    clauses: [
      { when: "matched", do: "update", set: { v: "source.v" }, condition: "source.v = 'b'" },
    ],
  });
  assert.equal(one.metrics.numTargetRowsUpdated, 1);
  const gone = await mergeRows(bench.context, one.snapshot, {
    source: rowsOf(5, 5, 5),
    on: BY_ID,
    clauses: [{ when: "matched", do: "delete" }],
  });
  assert.equal(gone.metrics.numTargetRowsDeleted, 1);
  assert.equal((await idsOf(bench, gone.snapshot)).includes(5), false);
});

test("null keys match nothing and are inserted", async (t) => {
  const bench = await openBench(t);
  const before = await bench.lake.append(
    await tenEach(bench, 1),
    "SELECT CAST(NULL AS BIGINT) AS id, 'old' AS v, 'p' AS p",
  );
  const { snapshot, metrics } = await mergeRows(bench.context, before, {
    source: rowsOf("NULL", 3),
    on: BY_ID,
    clauses: UPSERT,
  });
  assert.equal(metrics.numTargetRowsInserted, 1);
  const nulls = (await bench.lake.rows(snapshot)).filter(({ id }) => id === null);
  assert.deepEqual(nulls.map(({ v }) => v).toSorted(), ["new", "old"]);
});

test("keys of another type than the table's are compared as the engine does", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 3);
  const { metrics } = await mergeRows(bench.context, before, {
    source: "(SELECT unnest(['07', '21']) AS id, 'x' AS v, 'p' AS p)",
    on: "target.id = CAST(source.id AS INTEGER)",
    clauses: [{ when: "matched", do: "update", set: { v: "source.v" } }],
  });
  assert.equal(metrics.numTargetRowsUpdated, 2);
});

test("a source of no rows, and a merge into an empty table, do what they say", async (t) => {
  const bench = await openBench(t);
  const empty = await tenEach(bench, 0);
  const filled = await mergeRows(bench.context, empty, {
    source: rowsOf(1, 2),
    on: BY_ID,
    clauses: UPSERT,
  });
  assert.deepEqual(await idsOf(bench, filled.snapshot), [1, 2]);
  const none = await mergeRows(bench.context, filled.snapshot, {
    source: `(SELECT * FROM ${rowsOf(1)} WHERE false)`,
    on: BY_ID,
    clauses: [
      ...UPSERT,
      { when: "not matched by source", do: "delete", condition: "target.id = 2" },
    ],
  });
  assert.deepEqual(await idsOf(bench, none.snapshot), [1]);
});

test("a source column that is only ever null is null", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 1);
  const { snapshot } = await mergeRows(bench.context, before, {
    source: "(SELECT 3::BIGINT AS id, NULL AS v, 'q' AS p)",
    on: BY_ID,
    clauses: UPSERT,
  });
  const [row] = (await bench.lake.rows(snapshot)).filter(({ id }) => id === 3n);
  assert.deepEqual(row, { id: 3n, v: null, p: "q" });
});

test("clauses that can never apply and columns that are missing are refused", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1);
  const refused = (source: string, clauses: Parameters<typeof mergeRows>[2]["clauses"]) =>
    assert.rejects(mergeRows(bench.context, table, { source, on: BY_ID, clauses }), {
      code: "operation/bad-merge",
    });
  await refused(rowsOf(1), []);
  await refused(rowsOf(1), [{ when: "matched", do: "delete" }, ...UPSERT]);
  await refused("(SELECT 1::BIGINT AS id)", UPSERT);
});

test("new rows outside the condition of an overwrite are refused, and one is shown", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 2, { partitionColumns: ["p"] });
  await assert.rejects(
    overwriteWhere(bench.context, before, { rows: rowsOf(1), where: "p = 'p1'" }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "operation/rule-broken");
      assert.match(error.message, /condition \(p = 'p1'\).*"p":"q"/);
      return true;
    },
  );
  const { snapshot } = await overwriteWhere(bench.context, before, {
    rows: "(SELECT 77::BIGINT AS id, 'p1' AS p)",
    where: "p = 'p1'",
  });
  assert.deepEqual((await idsOf(bench, snapshot)).slice(-2), [9, 77]);
});

test("rows that match by their partition stay in it, whatever else they take over", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 2, { partitionColumns: ["p"] });
  const { snapshot, metrics } = await mergeRows(bench.context, before, {
    source: "(SELECT unnest([3, 15])::BIGINT AS id, 'new' AS v, unnest(['p0', 'p0']) AS p)",
    on: "target.id = source.id AND source.p = target.p",
    clauses: UPSERT,
  });
  assert.deepEqual([metrics.numTargetRowsUpdated, metrics.numTargetRowsInserted], [1, 1]);
  const rows = (await bench.lake.rows(snapshot)).filter(({ v }) => v === "new");
  assert.deepEqual(rows, [
    { id: 3n, v: "new", p: "p0" },
    { id: 15n, v: "new", p: "p0" },
  ]);
  assert.deepEqual(snapshot.files.map(({ partitionValues }) => partitionValues.p).toSorted(), [
    "p0",
    "p0",
    "p1",
  ]);
});
