/** Deleting and updating rows: which files are touched, and how. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rowCount } from "../../src/delta/statistics-text.ts";
import { commit } from "../../src/delta/write.ts";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { readChanges } from "../../src/operation/read-changes.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { column } from "../delta/lake.ts";
import { FEED, idsOf, openBench, tenEach, VECTORS } from "./table.ts";

const pathsOf = ({ files }: { readonly files: readonly { readonly path: string }[] }) =>
  files.map(({ path }) => path);

test("only the files that hold a matching row are written anew", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 3);
  const { snapshot, metrics } = await deleteRows(bench.context, before, { where: "id = 15" });
  const [, second] = pathsOf(before);
  const stays = pathsOf(before).filter((path) => path !== second);
  assert.deepEqual(
    stays.every((path) => pathsOf(snapshot).includes(path)),
    true,
  );
  assert.equal(pathsOf(snapshot).includes(second ?? ""), false);
  assert.equal(metrics.numDeletedRows, 1);
  assert.equal(metrics.numCopiedRows, 9);
  assert.equal(metrics.numRemovedFiles, 1);
  assert.equal((await idsOf(bench, snapshot)).length, 29);
});

test("a file all of whose rows go is removed without a new one", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 3);
  const { snapshot, metrics } = await deleteRows(bench.context, before, {
    where: "id >= 10 AND id < 21",
  });
  assert.equal(snapshot.files.length, 2);
  assert.equal(metrics.numRemovedFiles, 2);
  assert.equal(metrics.numAddedFiles, 1);
  assert.equal(metrics.numDeletedRows, 11);
});

test("a condition on partitions alone opens no file", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 3, { partitionColumns: ["p"] });
  rmSync(join(bench.lake.root, "t", "p=p1"), { recursive: true });
  const { snapshot, metrics } = await deleteRows(bench.context, before, {
    where: "upper(p) = 'P1'",
  });
  assert.equal(metrics.numDeletedRows, 10);
  assert.equal(metrics.numAddedFiles, 0);
  assert.equal((await idsOf(bench, snapshot)).length, 20);
});

test("where chance decides, each row has its own, also if only partitions are named", async (t) => {
  const bench = await openBench(t);
  const table = await bench.lake.append(
    await tenEach(bench, 0, { partitionColumns: ["p"] }),
    "SELECT CAST(range AS BIGINT) AS id, 'v' AS v, 'p0' AS p FROM range(200)",
  );
  const { snapshot } = await deleteRows(bench.context, table, {
    where: "p = 'p0' AND random() < 0.5",
  });
  const left = (await idsOf(bench, snapshot)).length;
  assert.ok(left > 0 && left < 200, `${left} of 200 rows are left`);
});

test("rows for which the condition is null stay", async (t) => {
  const bench = await openBench(t);
  const table = await bench.lake.append(
    await tenEach(bench, 1),
    "SELECT CAST(NULL AS BIGINT) AS id, 'x' AS v, 'p' AS p",
  );
  const { snapshot } = await deleteRows(bench.context, table, { where: "id >= 0" });
  assert.deepEqual(await bench.lake.rows(snapshot, "v"), [{ v: "x" }]);
});

test("nothing to delete makes no version, unless a transaction has to be kept", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 1);
  const nothing = await deleteRows(bench.context, before, { where: "id = 99" });
  assert.deepEqual([nothing.committed, nothing.snapshot.version], [false, before.version]);
  const kept = await deleteRows(bench.context, before, {
    where: "id = 99",
    transactions: [{ appId: "app", version: 4n }],
  });
  assert.equal(kept.snapshot.version, before.version + 1);
  assert.equal(kept.snapshot.transactions.get("app"), 4n);
});

test("an append-only table keeps its rows", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1, { configuration: { "delta.appendOnly": "true" } });
  await assert.rejects(deleteRows(bench.context, table, { where: "id = 1" }), {
    code: "delta/append-only",
  });
});

test("deletion vectors hide the rows, keep the file and widen its statistics", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 3, { configuration: VECTORS });
  const { snapshot, metrics } = await deleteRows(bench.context, before, {
    where: "id IN (3, 15, 25)",
  });
  assert.deepEqual(pathsOf(snapshot).toSorted(), pathsOf(before).toSorted());
  assert.equal(metrics.numDeletionVectorsAdded, 3);
  const bins = readdirSync(join(bench.lake.root, "t")).filter((name) => name.endsWith(".bin"));
  assert.equal(bins.length, 1, "the vectors of one commit share a file");
  for (const file of snapshot.files) {
    const stats = JSON.parse(file.stats ?? "{}") as Record<string, unknown>;
    assert.equal(stats.numRecords, 10);
    assert.equal(stats.tightBounds, false);
    assert.equal(rowCount(file), 9n);
  }
  const again = await deleteRows(bench.context, snapshot, { where: "id IN (4, 24)" });
  assert.equal(again.metrics.numDeletionVectorsUpdated, 2);
  assert.deepEqual(
    await idsOf(bench, again.snapshot),
    Array.from({ length: 30 }, (_, id) => id).filter((id) => ![3, 15, 25, 4, 24].includes(id)),
  );
  const log = readFileSync(
    join(
      bench.lake.root,
      "t/_delta_log",
      `${String(again.snapshot.version).padStart(20, "0")}.json`,
    ),
    "utf8",
  );
  const removes = log.split("\n").filter((line) => line.startsWith('{"remove"'));
  assert.ok(removes.length === 2 && removes.every((line) => line.includes("deletionVector")));
});

test("a file of which more than half would be hidden is written anew", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 2, { configuration: VECTORS });
  const { snapshot, metrics } = await deleteRows(bench.context, before, {
    where: "id < 6 OR id = 15",
  });
  assert.equal(metrics.numDeletionVectorsAdded, 1);
  assert.equal(metrics.numCopiedRows, 4);
  assert.equal((await idsOf(bench, snapshot)).length, 13);
});

test("digits of statistics survive a deletion vector", async (t) => {
  const bench = await openBench(t);
  const big = "9223372036854775806";
  const table = await bench.lake.append(
    await tenEach(bench, 0, { configuration: VECTORS }),
    `SELECT CAST(x AS BIGINT) AS id, 'v' AS v, 'p' AS p FROM (VALUES (${big}), (1), (2)) AS t(x)`,
  );
  const { snapshot } = await deleteRows(bench.context, table, { where: "id = 2" });
  assert.ok(snapshot.files[0]?.stats?.includes(big), snapshot.files[0]?.stats);
});

test("an update may move rows to another partition", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 2, {
    partitionColumns: ["p"],
    configuration: { ...VECTORS, ...FEED },
  });
  const { snapshot } = await updateRows(bench.context, before, {
    set: { p: "'p1'", V: "v || '!'" },
    where: "id = 3",
  });
  assert.deepEqual(
    await bench.lake
      .rows(snapshot, "*", [{ column: "id", op: "=", value: 3 }])
      .then((rows) => rows.filter(({ id }) => id === 3n)),
    [{ id: 3n, v: "v3!", p: "p1" }],
  );
  await assert.rejects(updateRows(bench.context, snapshot, { set: { w: "1" } }), {
    code: "operation/no-such-column",
  });
});

test("the history tells the operation as Delta's own writers do", async (t) => {
  const bench = await openBench(t);
  const before = await tenEach(bench, 1);
  const { snapshot } = await updateRows(bench.context, before, {
    set: { v: "'x'" },
    where: "id = 1",
  });
  const info = snapshot.state.info ?? {};
  assert.equal(info.operation, "UPDATE");
  assert.deepEqual(info.operationParameters, { predicate: '["id = 1"]' });
  const metrics = info.operationMetrics as Record<string, string>;
  assert.deepEqual([metrics.numUpdatedRows, metrics.numCopiedRows], ["1", "9"]);
  assert.equal(info.isBlindAppend, false);
});

test("nested values of mapped columns survive being moved, hidden and told", async (t) => {
  const bench = await openBench(t);
  const list = { kind: "array", element: "integer", containsNull: true } as const;
  const fields = [
    column("id", "long"),
    column("a b", { kind: "struct", fields: [column("x y", "long"), column("l", list)] }),
    column("m", { kind: "map", key: "string", value: list, valueContainsNull: true }),
    column("d", { kind: "decimal", precision: 38, scale: 10 }),
    column("at", "timestamp"),
    column("f", "double"),
  ];
  for (const configuration of [FEED, { ...FEED, ...VECTORS }]) {
    const folder = `nested${Object.keys(configuration).length}`;
    const created = await bench.lake.create(folder, { fields, configuration });
    const table = await bench.lake.append(
      created,
      `SELECT range AS id, {'x y': range, 'l': [1, NULL]} AS "a b", MAP {'k': [range::INTEGER]} AS m, (range / 3)::DECIMAL(38, 10) AS d, TIMESTAMPTZ '2024-01-01 00:00:00.123456Z' AS at, 'nan'::DOUBLE AS f FROM range(6)`,
    );
    const before = await bench.lake.rows(table);
    const { snapshot } = await updateRows(bench.context, table, {
      set: { "a b": "{'x y': \"a b\".\"x y\" + 100, 'l': NULL}" },
      where: '"a b"."x y" = 2 AND isnan(f)',
    });
    const expected = before.map((row) =>
      row.id === 2n ? { ...row, "a b": { "x y": 102n, l: null } } : row,
    );
    assert.deepEqual(await bench.lake.rows(snapshot), expected);
    const { relation } = await readChanges(bench.context, folder, { from: snapshot.version });
    const told = await bench.lake.engine.rows(
      `SELECT _change_type AS type, "a b" AS s FROM ${relation} ORDER BY ALL`,
    );
    assert.deepEqual(told, [
      { type: "update_postimage", s: { "x y": 102n, l: null } },
      { type: "update_preimage", s: { "x y": 2n, l: [1, null] } },
    ]);
  }
});

test("rows of a file that tells nothing of itself are counted in the file", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1, { configuration: VECTORS });
  const untold = table.files.map(({ stats: _, ...file }) => file);
  const { delta } = bench.context;
  const before = await commit(delta, table, {
    operation: "OPTIMIZE",
    adopted: untold,
    dataChange: false,
  });
  assert.equal(before.rows, undefined);
  const { snapshot } = await deleteRows(bench.context, before, { where: "id = 4" });
  const [file] = snapshot.files;
  assert.deepEqual(JSON.parse(file?.stats ?? ""), { numRecords: 10, tightBounds: false });
  const gone = await deleteRows(bench.context, snapshot, { where: "id >= 0" });
  assert.deepEqual([gone.snapshot.files.length, gone.metrics.numDeletedRows], [0, 9]);
});
