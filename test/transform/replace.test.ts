/** A table of which a step replaces a part holds the query's rows there, and elsewhere what it held. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { history } from "../../src/delta/history.ts";
import {
  csv,
  date,
  ingest,
  integer,
  param,
  rowCount,
  sql,
  transform,
  unique,
} from "../../src/index.ts";
import { loadTable } from "../../src/lake/lake.ts";
import { renderPlan } from "../../src/run/explain.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const asOf = param("as_of", { default: "2026-03-01" });
const sales = ingest("bronze.sales", {
  from: csv("in/*.csv"),
  columns: { id: integer(), day: date(), amount: integer() },
});
const daily = transform(
  "gold.daily",
  sql`select day, sum(amount)::integer as amount from ${sales} where day >= ${asOf}::date group by day`,
  {
    write: { replaceWhere: sql`day >= ${asOf}::date` },
    partitionBy: ["day"],
    checks: { "one row for each day": unique("day") },
  },
);
const byDay = transform("gold.by_day", sql`select id, day, amount from ${sales} where id > 0`, {
  write: "overwrite partitions",
  partitionBy: ["day"],
});

const write = (sandbox: Sandbox, name: string, rows: string): void =>
  sandbox.write(`in/${name}.csv`, `id,day,amount\n${rows}`);

const rowsOf = async (sandbox: Sandbox, table: string) =>
  (await sandbox.rows(table)).map((row) => Object.values(row).join(","));

const since = (as_of: string) => ({ params: { as_of } });

const removedBy = (sandbox: Sandbox, table: string) =>
  sandbox.open(async ({ lake }) => {
    const [last] = await history(lake.delta, (await loadTable(lake, table)).folder, { limit: 1 });
    return { parameters: last?.parameters, metrics: last?.metrics };
  });

test("the first run makes the table, later ones replace the rows that the condition is about", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
  await sandbox.run([sales, daily]);
  assert.deepEqual(await rowsOf(sandbox, "gold.daily"), ["2026-03-01,1", "2026-03-02,2"]);
  write(sandbox, "b", "3,2026-03-01,10\n4,2026-03-02,20\n5,2026-03-03,30\n");
  const assets = [sales, daily];
  const plan = await sandbox.plan(assets, since("2026-03-02"));
  assert.equal(stepOf(plan, "gold.daily").action, "replace");
  assert.match(
    renderPlan(plan),
    /replace +gold.daily +its definition or a parameter changed\n +replaces rows where day >= '2026-03-02'::date; the others stay/,
  );
  const ran = stepOf(await sandbox.run(assets, since("2026-03-02")), "gold.daily");
  assert.deepEqual([ran.state, ran.version, ran.ledger.written], ["done", 1, 2]);
  // The first of March is what it was when it was made.
  assert.deepEqual(await rowsOf(sandbox, "gold.daily"), [
    "2026-03-01,1",
    "2026-03-02,22",
    "2026-03-03,30",
  ]);
  const { parameters, metrics } = await removedBy(sandbox, "gold.daily");
  assert.equal(parameters?.predicate, "day >= '2026-03-02'::date");
  assert.deepEqual(
    [metrics?.numRemovedFiles, metrics?.numCopiedRows, metrics?.numDeletedRows].map(Number),
    [1, 0, 1],
  );
  assert.equal((await sandbox.run(assets, since("2026-03-02"))).state, "nothing to do");
  // An earlier day makes the rest good.
  await sandbox.run(assets, since("2026-01-01"));
  assert.deepEqual(await rowsOf(sandbox, "gold.daily"), [
    "2026-03-01,11",
    "2026-03-02,22",
    "2026-03-03,30",
  ]);
});

test("a row outside of the condition fails the step before anything is written, and is shown", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-02-01,1\n2,2026-03-02,2\n3,2026-02-03,3\n");
  const loose = transform("gold.daily", sql`select day, amount from ${sales}`, {
    write: { replaceWhere: sql`day >= ${asOf}::date` },
    partitionBy: ["day"],
  });
  const first = stepOf(await sandbox.run([sales, loose]), "gold.daily");
  assert.equal(first.error?.code, "transform/outside");
  assert.match(
    first.error?.message ?? "",
    /gives 2 rows outside of what it replaces \(day >= '2026-03-01'::date\), such as\n {2}\{"day":"2026-02-01","amount":1\}/,
  );
  assert.equal(await sandbox.version("gold.daily"), undefined);
  await sandbox.run([sales, daily]);
  const second = stepOf(await sandbox.run([sales, loose]), "gold.daily");
  assert.equal(second.error?.code, "transform/outside");
  assert.equal(await sandbox.version("gold.daily"), 0);
});

test("checks are judged on the whole version: also on the rows that stay", async (t) => {
  const sandbox = openSandbox(t);
  const checked = transform(
    "gold.checked",
    sql`select id, day, amount from ${sales} where day >= ${asOf}::date`,
    {
      write: { replaceWhere: sql`day >= ${asOf}::date` },
      checks: { "ids are unique": unique("id"), "few rows": rowCount({ max: 3 }) },
    },
  );
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
  await sandbox.run([sales, checked]);
  write(sandbox, "b", "1,2026-03-05,3\n");
  const ran = stepOf(await sandbox.run([sales, checked], since("2026-03-05")), "gold.checked");
  assert.equal(ran.error?.code, "transform/check");
  assert.match(ran.error?.message ?? "", /"ids are unique": 1 key stands more than once/);
  assert.equal(await sandbox.version("gold.checked"), 0);
});

test("rows that stay keep what another query made, and take new columns as null, but no other types", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
  await sandbox.run([sales, daily]);
  const other = (columns: string) =>
    transform(
      "gold.daily",
      { duckdb: sqlOf(columns), spark: sqlOf(columns) },
      { write: { replaceWhere: sql`day >= ${asOf}::date` }, partitionBy: ["day"] },
    );
  const sqlOf = (columns: string) =>
    sql`select day, ${{ kind: "sql", body: { texts: [columns], parts: [], origin: undefined } }} from ${sales} where day >= ${asOf}::date group by day`;
  const wider = other("sum(amount)::integer as amount, count(*) as sales");
  const planned = stepOf(await sandbox.plan([sales, wider], since("2026-03-02")), "gold.daily");
  assert.deepEqual(
    planned.columns.map(({ change, means }) => [change, means]),
    [["added", "long; older rows have null in it"]],
  );
  await sandbox.run([sales, wider], since("2026-03-02"));
  assert.deepEqual(await rowsOf(sandbox, "gold.daily"), ["2026-03-01,1,", "2026-03-02,2,1"]);
  for (const [columns, why] of [
    ["sum(amount)::double as amount, count(*) as sales", /"amount" is integer, not double/],
    ["sum(amount)::integer as amount", /they have a column "sales"/],
  ] as const) {
    const ran = stepOf(await sandbox.run([sales, other(columns)]), "gold.daily");
    assert.equal(ran.error?.code, "transform/kept-rows");
    assert.match(ran.error?.message ?? "", why);
  }
});

test("partitions that the result has are replaced, and those that it has not stay", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
  await sandbox.run([sales, byDay]);
  const recent = transform(
    "gold.by_day",
    sql`select id, day, amount * 10 as amount from ${sales} where day > '2026-03-01'`,
    { write: "overwrite partitions", partitionBy: ["day"] },
  );
  write(sandbox, "b", "3,2026-03-02,3\n4,2026-03-03,4\n");
  const plan = await sandbox.plan([sales, recent]);
  assert.deepEqual(stepOf(plan, "gold.by_day").notes, [
    "replaces the partitions by day that its query gives; the others stay as they are",
  ]);
  const ran = stepOf(await sandbox.run([sales, recent]), "gold.by_day");
  assert.deepEqual([ran.version, ran.ledger.read, ran.ledger.written], [1, 3, 3]);
  assert.deepEqual(await rowsOf(sandbox, "gold.by_day"), [
    "1,2026-03-01,1",
    "2,2026-03-02,20",
    "3,2026-03-02,30",
    "4,2026-03-03,40",
  ]);
  const { metrics } = await removedBy(sandbox, "gold.by_day");
  assert.equal(Number(metrics?.numRemovedFiles), 1);
  assert.equal((await sandbox.run([sales, recent])).state, "nothing to do");
});

test("a null partition and an empty result are taken for what they are", async (t) => {
  const sandbox = openSandbox(t);
  const where = param("most", { default: 9 });
  const halves = transform(
    "gold.halves",
    sql`select id, nullif(id % 2, 0) as odd from ${sales} where amount <= ${where}`,
    { write: "overwrite partitions", partitionBy: ["odd"] },
  );
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n4,2026-03-02,3\n");
  await sandbox.run([sales, halves]);
  write(sandbox, "b", "6,2026-03-03,0\n");
  await sandbox.run([sales, halves], { params: { most: "0" } });
  assert.deepEqual(await rowsOf(sandbox, "gold.halves"), ["1,1", "6,"]);
  const none = stepOf(
    await sandbox.run([sales, halves], { params: { most: "-1" } }),
    "gold.halves",
  );
  assert.deepEqual([none.state, none.ledger.written], ["done", 0]);
  assert.deepEqual(await rowsOf(sandbox, "gold.halves"), ["1,1", "6,"]);
});

test("a table that follows a replaced part holds what its query gives, by a step", async (t) => {
  const sandbox = openSandbox(t);
  const sums = transform(
    "gold.sums",
    sql`select day, sum(amount)::integer as amount, count(*) as days from ${daily} group by day`,
    { write: { merge: "day" } },
  );
  const counts = transform(
    "gold.counts",
    sql`select day, count(*) as n from ${byDay} group by day`,
    {
      write: { merge: "day" },
    },
  );
  const assets = [sales, daily, byDay, sums, counts];
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n3,2026-03-03,3\n");
  await sandbox.run(assets, since("2026-03-01"));
  write(sandbox, "b", "4,2026-03-02,20\n5,2026-03-04,40\n");
  for (const day of ["2026-03-02", "2026-03-04"]) {
    const ran = await sandbox.run(assets, since(day));
    assert.deepEqual([stepOf(ran, "gold.sums").notes, ran.state], [undefined, "done"]);
    const expected = await sandbox.rows("gold.daily", "day, amount, 1::bigint as days");
    assert.deepEqual(await sandbox.rows("gold.sums"), expected);
  }
  const expected = await sandbox.rows("gold.by_day", "day, count(*) as n", "group by day");
  assert.deepEqual(await sandbox.rows("gold.counts"), expected);
});

test("another writer's change makes the part again, and leaves the rest to them", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
  await sandbox.run([sales, daily]);
  await sandbox.run([sales, daily], since("2026-03-02"));
  await sandbox.open(async ({ lake }) => {
    const { deleteRows } = await import("../../src/operation/delete-rows.ts");
    const table = await loadTable(lake, "gold.daily");
    await deleteRows({ delta: lake.delta, engine: lake.engine }, table, { where: "true" });
  });
  const ran = await sandbox.run([sales, daily], since("2026-03-02"));
  assert.equal(stepOf(ran, "gold.daily").state, "done");
  assert.deepEqual(await rowsOf(sandbox, "gold.daily"), ["2026-03-02,2"]);
  assert.equal((await sandbox.run([sales, daily], since("2026-03-02"))).state, "nothing to do");
});

test("a merge leaves out a key whose newest row says that it was deleted, whatever came first", async (t) => {
  const sandbox = openSandbox(t);
  const latest = transform("silver.latest", sql`select id, day, amount from ${sales}`, {
    write: { merge: "id", newest: "day", deleteWhere: sql`amount < 0` },
  });
  write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-01,2\n3,2026-03-05,-1\n");
  await sandbox.run([sales, latest]);
  assert.deepEqual(await rowsOf(sandbox, "silver.latest"), ["1,2026-03-01,1", "2,2026-03-01,2"]);
  // One is deleted; three comes late, older than its deletion; two had been deleted before.
  write(sandbox, "b", "1,2026-03-02,-1\n3,2026-03-02,3\n2,2026-02-01,-1\n");
  const ran = stepOf(await sandbox.run([sales, latest]), "silver.latest");
  assert.deepEqual([ran.state, ran.notes], ["done", undefined]);
  assert.deepEqual(await rowsOf(sandbox, "silver.latest"), ["2,2026-03-01,2"]);
  write(sandbox, "c", "1,2026-03-03,7\n");
  await sandbox.run([sales, latest]);
  assert.deepEqual(await rowsOf(sandbox, "silver.latest"), ["1,2026-03-03,7", "2,2026-03-01,2"]);
});

test("what cannot be written so is refused where it is declared or planned", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,2026-03-01,1\n");
  const query = sql`select id, day from ${sales}`;
  const refused = (write: unknown, message: RegExp): void => {
    assert.throws(() => transform("gold.x", query, { write: write as "append" }), message);
  };
  refused("overwrite partitions", /say partitionBy|"overwrite partitions"/);
  refused({ replaceWhere: "day > 1" }, /replaceWhere of write of transform\("gold.x"\)/);
  refused({ replaceWhere: sql`true`, newest: "id" }, /has no option "newest"/);
  refused({ merge: "id", absent: "delete" }, /has no option "absent"/);
  for (const write of [
    { replaceWhere: sql`days > 1` },
    { merge: "id", deleteWhere: sql`days > 1` },
  ] as const) {
    const wrong = transform("gold.x", query, { write });
    await assert.rejects(
      sandbox.plan([sales, wrong]),
      /the option (replace|delete)Where of gold.x fails at .*replace.test.ts:\d+: .*days/,
    );
  }
});

const POINTS: readonly CrashPoint[] = [
  "transform/written",
  "operation/changes-staged",
  "operation/rows-written",
  "storage/adopted",
  "delta/files-adopted",
  "delta/before-commit",
  "storage/linked",
  "delta/committed",
  "transform/committed",
];

for (const [asset, points] of [
  [daily, POINTS],
  [byDay, POINTS.filter((point) => !point.startsWith("operation/"))],
] as const) {
  for (const point of points) {
    test(`${asset.name} stopped at ${point} holds what it held or what it shall hold, and is right after the next run`, async (t) => {
      const sandbox = openSandbox(t);
      const assets = [sales, asset];
      const given = asset === daily ? since("2026-03-02") : {};
      write(sandbox, "a", "1,2026-03-01,1\n2,2026-03-02,2\n");
      await sandbox.run(assets);
      const before = await rowsOf(sandbox, asset.name);
      write(sandbox, "b", "3,2026-03-02,3\n4,2026-03-03,4\n");
      await sandbox.run([sales]);
      let isPassed = false;
      const crash = (here: CrashPoint): void => {
        if (here !== point || isPassed) return;
        isPassed = true;
        throw new Error("killed here");
      };
      await sandbox.run(assets, { ...given, crash }).catch(() => undefined);
      assert.ok(isPassed, `${point} was not passed`);
      const between = await rowsOf(sandbox, asset.name);
      await sandbox.run(assets, given);
      const after = await rowsOf(sandbox, asset.name);
      assert.ok([before.join(), after.join()].includes(between.join()));
      assert.deepEqual(after, AFTER[asset.name]);
      assert.equal((await sandbox.run(assets, given)).state, "nothing to do");
    });
  }
}

const AFTER: Readonly<Record<string, readonly string[]>> = {
  "gold.daily": ["2026-03-01,1", "2026-03-02,5", "2026-03-03,4"],
  "gold.by_day": ["1,2026-03-01,1", "2,2026-03-02,2", "3,2026-03-02,3", "4,2026-03-03,4"],
};
