/** Partitions that new rows are in are replaced whole; others, and what another writer does meanwhile, are left alone. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { commit } from "../../src/delta/write.ts";
import { overwritePartitions } from "../../src/operation/overwrite-partitions.ts";
import type { WrittenFile } from "../../src/schema/table-files.ts";
import { column } from "../delta/lake.ts";
import { type Bench, FEED, idsOf, openBench, tenEach } from "./table.ts";

async function staged(
  t: TestContext,
  { lake }: Bench,
  query: string,
  partitionBy: readonly string[],
): Promise<WrittenFile[]> {
  const staging = await lake.context.storage.openStaging();
  t.after(() => staging.close());
  return lake.engine.write(query, { folder: staging.folder, partitionBy });
}

test("a partition is known by its value, however another writer wrote it down", async (t) => {
  const bench = await openBench(t);
  const { lake, context } = bench;
  const fields = [column("id", "long"), column("at", "timestamp"), column("x", "double")];
  let table: Snapshot = await lake.create("t", { fields, partitionColumns: ["at", "x"] });
  const rows = (ids: string, x: string) =>
    `SELECT id::BIGINT AS id, '2026-03-01T00:00:00Z'::TIMESTAMPTZ AS at, ${x}::DOUBLE AS x FROM (VALUES ${ids}) AS t(id)`;
  table = await lake.append(table, rows("(1), (2)", "1"));
  table = await lake.append(table, rows("(3)", "2.5"));
  table = await lake.append(table, rows("(4)", "NULL"));
  const [first] = table.files;
  assert.ok(first);
  // As Spark writes it.
  const adopted = [{ ...first, partitionValues: { at: "2026-03-01 00:00:00", x: "1.00" } }];
  table = await commit(context.delta, table, { operation: "WRITE", adopted, remove: [first] });
  const files = await staged(t, bench, rows("(7), (8)", "1"), ["at", "x"]);
  table = await overwritePartitions(context, table, { files });
  assert.deepEqual((await idsOf(bench, table)).toSorted(), [3, 4, 7, 8]);
  const nulls = await staged(t, bench, rows("(9)", "NULL"), ["at", "x"]);
  table = await overwritePartitions(context, table, { files: nulls });
  assert.deepEqual((await idsOf(bench, table)).toSorted(), [3, 7, 8, 9]);
});

test("the change feed tells the rows that went and those that came", async (t) => {
  const bench = await openBench(t);
  const { context } = bench;
  const table = await tenEach(bench, 2, { partitionColumns: ["p"], configuration: FEED });
  const files = await staged(t, bench, "SELECT 99::BIGINT AS id, 'new' AS v, 'p1' AS p", ["p"]);
  const after = await overwritePartitions(context, table, { files });
  const { readChanges } = await import("../../src/operation/read-changes.ts");
  const changes = await readChanges(context, after.folder, {
    from: after.version,
    to: after.version,
  });
  const counted = await bench.lake.engine.rows(
    `SELECT _change_type AS type, count(*) AS n FROM ${changes.relation} GROUP BY ALL ORDER BY ALL`,
  );
  assert.deepEqual(
    counted.map(({ type, n }) => [type, Number(n)]),
    [
      ["delete", 10],
      ["insert", 1],
    ],
  );
});

test("another writer's rows that came meanwhile are a lost race, and nothing is changed", async (t) => {
  const bench = await openBench(t);
  const { lake, context } = bench;
  const table = await tenEach(bench, 2, { partitionColumns: ["p"] });
  const query = "SELECT 50::BIGINT AS id, 'v' AS v, 'p0' AS p";
  const files = await staged(t, bench, query, ["p"]);
  const newer = await lake.append(table, query);
  await assert.rejects(overwritePartitions(context, table, { files }), {
    code: "delta/conflict",
    retryable: true,
  });
  assert.equal((await idsOf(bench, newer)).length, 21);
});
