/** The change feed: what it tells for each operation, and what it says where it cannot tell. */

import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import type { TableChanges } from "../../src/operation/read-changes.ts";
import { readChanges } from "../../src/operation/read-changes.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { type Bench, FEED, openBench, tenEach, VECTORS } from "./table.ts";

async function told({ lake }: Bench, { relation }: TableChanges): Promise<string[]> {
  const rows = await lake.engine.rows(
    `SELECT _commit_version AS version, _change_type AS type, id, v FROM ${relation} ORDER BY ALL`,
  );
  return rows.map(({ version, type, id, v }) => `${version} ${type} ${id} ${v}`);
}

const feedFiles = ({ lake }: Bench): string[] => {
  try {
    return readdirSync(join(lake.root, "t/_change_data"));
  } catch {
    return [];
  }
};

for (const [how, configuration] of [
  ["rewriting", FEED],
  ["deletion vectors", { ...FEED, ...VECTORS }],
] as const) {
  test(`by ${how}, a merge tells every row as it was and as it is`, async (t) => {
    const bench = await openBench(t);
    const table = await tenEach(bench, 1, { configuration });
    const { snapshot } = await mergeRows(bench.context, table, {
      source: "(SELECT unnest([1, 2, 50])::BIGINT AS id, 'new' AS v, 'p0' AS p)",
      on: "target.id = source.id",
      clauses: [
        { when: "matched", do: "delete", condition: "source.id = 2" },
        { when: "matched", do: "update", set: { v: "source.v" } },
        { when: "not matched", do: "insert", values: "all" },
      ],
    });
    const changes = await readChanges(bench.context, "t", { from: snapshot.version });
    assert.deepEqual(await told(bench, changes), [
      "2 delete 2 v2",
      "2 insert 50 new",
      "2 update_postimage 1 new",
      "2 update_preimage 1 v1",
    ]);
    assert.equal(changes.appendsOnly, false);
  });
}

test("appends and whole files that go need no files of changes, and are told all the same", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 2, { configuration: FEED });
  const { snapshot } = await deleteRows(bench.context, table, { where: "id < 10" });
  assert.deepEqual(feedFiles(bench), []);
  const changes = await readChanges(bench.context, "t", { from: 1 });
  assert.equal((await told(bench, changes)).length, 30);
  const last = await readChanges(bench.context, "t", { from: snapshot.version });
  assert.deepEqual((await told(bench, last)).slice(0, 1), ["3 delete 0 v0"]);
  const first = await readChanges(bench.context, "t", { from: 1, to: 2 });
  assert.deepEqual([first.to, first.appendsOnly], [2, true]);
});

test("files that go whole are told with the others where some rows change", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 2, { configuration: FEED });
  const { snapshot } = await deleteRows(bench.context, table, { where: "id < 11" });
  assert.equal(feedFiles(bench).length, 1);
  const changes = await readChanges(bench.context, "t", { from: snapshot.version });
  assert.equal((await told(bench, changes)).length, 11);
});

test("without a feed changes are told only where they may be inferred", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1, { configuration: VECTORS });
  await deleteRows(bench.context, table, { where: "id IN (3, 4)" });
  await assert.rejects(readChanges(bench.context, "t", { from: 1 }), {
    code: "operation/no-change-feed",
  });
  const inferred = await readChanges(bench.context, "t", { from: 2, inferred: true });
  assert.deepEqual(await told(bench, inferred), ["2 delete 3 v3", "2 delete 4 v4"]);
  const none = await readChanges(bench.context, "t", { from: 3, inferred: true });
  assert.deepEqual([await told(bench, none), none.appendsOnly], [[], true]);
});

test("a feed switched on later is told from then on", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1);
  const on = await bench.lake.append(table, "SELECT 77::BIGINT AS id, 'w' AS v, 'p' AS p", {
    schema: { fields: table.metadata.fields, configuration: FEED },
  });
  const { snapshot } = await updateRows(bench.context, on, { set: { v: "'x'" }, where: "id = 77" });
  await assert.rejects(readChanges(bench.context, "t", { from: 1 }), {
    code: "operation/no-change-feed",
  });
  const changes = await readChanges(bench.context, "t", { from: snapshot.version });
  assert.equal((await told(bench, changes)).length, 2);
});

test("what is gone from the log or the disk is said to be gone", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 2, { configuration: FEED });
  const { snapshot } = await updateRows(bench.context, table, {
    set: { v: "'x'" },
    where: "id = 3",
  });
  rmSync(join(bench.lake.root, "t/_change_data"), { recursive: true });
  const gone = { code: "operation/changes-gone" };
  await assert.rejects(readChanges(bench.context, "t", { from: snapshot.version }), gone);
  rmSync(join(bench.lake.root, "t/_delta_log", `${"1".padStart(20, "0")}.json`));
  await assert.rejects(readChanges(bench.context, "t", { from: 1, inferred: true }), {
    code: /operation\/changes-gone|delta\/.*/,
  });
});
