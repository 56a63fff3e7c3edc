/** A table that follows the changes of its inputs holds what its query gives over them, whatever happens to them. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { history } from "../../src/delta/history.ts";
import { type Asset, bigint, csv, ingest, integer, sql, text, transform } from "../../src/index.ts";
import type { Lake } from "../../src/lake/lake.ts";
import { loadTable, openView, relationOf } from "../../src/lake/lake.ts";
import { restore } from "../../src/operation/restore.ts";
import { vacuum } from "../../src/operation/vacuum.ts";
import { applyPlan } from "../../src/run/apply.ts";
import { planRun } from "../../src/run/plan.ts";
import { folderOf } from "../../src/schema/table.ts";
import { settled } from "../../src/transform/merged-row.ts";
import { renderQuery } from "../../src/transform/query.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";
import { addRows, moveRows, overwriteRows, rewriteFile } from "./change-rows.ts";

const events = ingest("bronze.events", {
  from: csv("events/*.csv"),
  columns: { id: bigint(), kind: integer(), amount: integer().optional() },
});
const kinds = ingest("bronze.kinds", {
  from: csv("kinds/*.csv"),
  columns: { kind: integer(), name: text().optional() },
});
const INPUTS: readonly Asset[] = [events, kinds];

const positive = transform(
  "silver.positive",
  sql`select id, amount * 2 as twice from ${events} where amount > 0 order by id`,
  { write: "append", columns: { id: bigint(), twice: integer() } },
);
const named = transform(
  "silver.named",
  sql`select e.id, k.name, amount as "the amount" from ${events} e join ${kinds} k using (kind)`,
  { write: "append", partitionBy: ["name"] },
);
const both = transform(
  "silver.both",
  sql`select id, kind from ${events} union all select -kind, kind from ${kinds}`,
  { write: "append" },
);
const counts = transform(
  "gold.counts",
  sql`select kind, count(*) as events, sum(amount) as amount from ${events} group by kind`,
  { write: "append" },
);
const APPENDED = [positive, named, both, counts];

const perKind = transform(
  "gold.per_kind",
  sql`select kind, count(*) as events, sum(amount) as amount from ${events} group by kind having count(*) > 1`,
  {
    write: { merge: "kind" },
    columns: { kind: integer(), events: bigint(), amount: integer().optional() },
  },
);
const perName = transform(
  "gold.per_name",
  sql`with loud as (select * from ${events} where amount is not null)
    select k.name, count(distinct e.id) as ids, max(amount) as most from loud e join ${kinds} k using (kind) group by all`,
  { write: { merge: "name" }, partitionBy: ["ids"] },
);
const latest = transform("silver.latest", sql`select *, kind as k2 from ${events}`, {
  write: { merge: "id", newest: "amount" },
});
const last = transform(
  "silver.last",
  sql`select * from ${events} qualify row_number() over (partition by kind order by id desc, amount desc nulls last) = 1`,
  { write: { merge: ["kind"] }, properties: { "delta.enableDeletionVectors": "true" } },
);
const sum = transform(
  "silver.sum",
  sql`select id, kind from ${events} union all select -kind, kind from ${kinds}`,
  { write: { merge: "id", newest: "kind" }, properties: { "delta.enableChangeDataFeed": "true" } },
);
const MERGED = [perKind, perName, latest, last, sum];
type AnyTransformed = (typeof APPENDED)[number] | (typeof MERGED)[number];

/** Runs in one lake that stays open, so that many runs take little time. */
interface Runs {
  readonly lake: Lake;
  plan(): ReturnType<typeof planRun>;
  run(): ReturnType<typeof applyPlan>;
}

async function withRuns(
  sandbox: Sandbox,
  assets: readonly Asset[],
  use: (runs: Runs) => Promise<void>,
): Promise<void> {
  const project = await sandbox.project(assets);
  await sandbox.open(async (workspace) => {
    const plan = () => planRun(project, workspace);
    const signal = new AbortController().signal;
    const run = async () => applyPlan(await plan(), project, workspace, { signal });
    await use({ lake: workspace.lake, plan, run });
  });
}

/** Fails unless the table holds exactly the rows that its query gives now. */
async function assertTrue(
  lake: Lake,
  asset: (typeof APPENDED)[number],
  seed: string,
): Promise<void> {
  const session = await lake.engine.session();
  try {
    for (const { name } of INPUTS as readonly { name: string }[])
      await openView(lake, session, name, await loadTable(lake, name));
    const { text: given } = renderQuery({ param: () => "" }, asset.definition.query.duckdb);
    const fields = await session.describe(given);
    const { query } = settled(
      given,
      { merge: asset.definition.merge, deleteWhere: undefined },
      fields,
    );
    const table = await relationOf(lake, await loadTable(lake, asset.name));
    const surplus = await session.rows(`(from ${table}) except all (from (${query})) limit 3`);
    const missing = await session.rows(`(from (${query})) except all (from ${table}) limit 3`);
    assert.deepEqual({ surplus, missing }, { surplus: [], missing: [] }, `${asset.name}, ${seed}`);
  } finally {
    session.close();
  }
}

test("new rows of an input are taken in by one commit each, and the plan says so", async (t) => {
  const sandbox = openSandbox(t);
  await withRuns(sandbox, [...INPUTS, ...APPENDED], async ({ lake, plan, run }) => {
    await run();
    await addRows(lake, "bronze.events", "select 1 as id, 7 as kind, 5 as amount");
    await addRows(
      lake,
      "bronze.events",
      "select * from (values (2, 7, -5), (3, 8, 9)) t(id, kind, amount)",
    );
    const planned = await plan();
    assert.deepEqual(
      planned.steps.slice(2).map(({ name, action, because }) => [name, action, because]),
      [
        ["silver.positive", "update", "bronze.events went from version 0 to 2"],
        ["silver.named", "update", "bronze.events went from version 0 to 2"],
        ["silver.both", "update", "bronze.events went from version 0 to 2"],
        ["gold.counts", "rebuild", "bronze.events changed, and it groups rows"],
      ],
    );
    assert.deepEqual(stepOf(planned, "gold.counts").notes, [
      "it is made anew whenever bronze.events changes: it groups rows",
    ]);
    const result = await run();
    assert.deepEqual(
      result.steps.slice(2).map(({ version, ledger, notes }) => [version, ledger.written, notes]),
      [
        [1, 2, undefined],
        [1, 0, undefined],
        [1, 3, undefined],
        [1, 2, ["made anew: bronze.events changed, and it groups rows"]],
      ],
    );
    assert.equal((await run()).state, "nothing to do");
    await addRows(lake, "bronze.kinds", "select 7 as kind, 'seven' as name");
    assert.equal(stepOf(await run(), "silver.positive").state, "up to date");
    for (const asset of APPENDED) await assertTrue(lake, asset, "by hand");
    const { files } = await loadTable(lake, "silver.positive");
    assert.equal(files.length, 1);
  });
});

test("an input whose rows were updated, overwritten or moved makes an appended table anew, or not", async (t) => {
  const sandbox = openSandbox(t);
  await withRuns(sandbox, [...INPUTS, positive], async ({ lake, plan, run }) => {
    await run();
    const because = async () => {
      const { action, because: why } = stepOf(await plan(), "silver.positive");
      await run();
      await assertTrue(lake, positive, why);
      return [action, why];
    };
    await addRows(lake, "bronze.events", "select 1 as id, 7 as kind, 5 as amount");
    await because();
    const amounts = (rows: string) => `select * replace (amount + 1 as amount) from ${rows}`;
    await rewriteFile(lake, "bronze.events", { at: 0, query: amounts });
    assert.deepEqual(await because(), ["rebuild", "rows of bronze.events were updated or deleted"]);
    await moveRows(lake, "bronze.events");
    assert.deepEqual(await because(), ["nothing", ""]);
    await overwriteRows(lake, "bronze.events", "select 9 as id, 9 as kind, 9 as amount");
    assert.deepEqual(await because(), ["rebuild", "bronze.events was overwritten in version 4"]);
    const context = { delta: lake.delta, engine: lake.engine };
    await restore(context, folderOf("bronze.events"), { version: 1 });
    assert.deepEqual(await because(), ["rebuild", "bronze.events was restored in version 5"]);
    await addRows(lake, "bronze.events", "select 10 as id, 9 as kind, 9 as amount");
    await moveRows(lake, "bronze.events");
    assert.deepEqual(await because(), ["update", "bronze.events went from version 5 to 7"]);
    await addRows(lake, "bronze.events", "select 11 as id, 9 as kind, 9 as amount");
    await moveRows(lake, "bronze.events");
    await vacuum(context, await loadTable(lake, "bronze.events"), { retentionMs: 0, force: true });
    assert.deepEqual(await because(), [
      "rebuild",
      "bronze.events has had files vacuumed that were not taken in yet",
    ]);
  });
});

test("keys that changed rows have are computed again, and all others stay where they are", async (t) => {
  const sandbox = openSandbox(t);
  await withRuns(sandbox, [...INPUTS, perKind, latest], async ({ lake, plan, run }) => {
    await run();
    const rows =
      "select * from (values (1, 1, 5), (2, 1, 6), (3, 2, 7), (4, 2, 8)) t(id, kind, amount)";
    await addRows(lake, "bronze.events", rows);
    await run();
    const [before] = (await loadTable(lake, "gold.per_kind")).files;
    await rewriteFile(lake, "bronze.events", {
      at: 0,
      query: (from) => `select * replace (amount + 1 as amount) from ${from} where id <> 4`,
    });
    const { action, because } = stepOf(await plan(), "gold.per_kind");
    assert.deepEqual([action, because], ["update", "bronze.events went from version 1 to 2"]);
    const step = stepOf(await run(), "gold.per_kind");
    // Of kind 2 one row is left, which is less than the query wants.
    assert.deepEqual([step.version, step.ledger.written, step.notes], [2, 1, undefined]);
    for (const asset of [perKind, latest]) await assertTrue(lake, asset, "by hand");
    await addRows(lake, "bronze.events", "select 9 as id, 3 as kind, 1 as amount");
    await run();
    const { files } = await loadTable(lake, "gold.per_kind");
    assert.ok(before !== undefined && files.length === 1);
    const [last] = await history(lake.delta, folderOf("gold.per_kind"), { limit: 1 });
    assert.deepEqual([last?.operation, last?.addedFiles, last?.removedFiles], ["MERGE", 0, 0]);
    assert.equal((await run()).state, "nothing to do");
  });
});

test("a query that gives a key twice is refused, by a step too, and the old version stays", async (t) => {
  const sandbox = openSandbox(t);
  const twice = transform("gold.twice", sql`select kind, id from ${events}`, {
    write: { merge: "kind" },
  });
  await withRuns(sandbox, [...INPUTS, twice], async ({ lake, run }) => {
    await run();
    await addRows(lake, "bronze.events", "select 1 as id, 1 as kind, 5 as amount");
    await run();
    await addRows(lake, "bronze.events", "select 2 as id, 1 as kind, 5 as amount");
    const { error } = stepOf(await run(), "gold.twice");
    assert.equal(error?.code, "transform/key-twice");
    assert.match(error?.message ?? "", /"kind":1,"rows":2/);
    assert.equal((await loadTable(lake, "gold.twice")).rows, 1n);
  });
});

const POINTS: readonly CrashPoint[] = [
  "transform/written",
  "operation/changes-staged",
  "operation/rows-written",
  "delta/before-commit",
  "delta/committed",
  "transform/committed",
];

test("a step that dies anywhere is taken once by the next run, or was taken before", async (t) => {
  const sandbox = openSandbox(t);
  const assets = [...INPUTS, positive, latest];
  await sandbox.run(assets);
  let id = 0;
  for (const point of POINTS) {
    id += 1;
    const rows = `select * from (values (${id}, 1, 5), (1, 1, ${id})) t(id, kind, amount)`;
    await sandbox.open(({ lake }) => addRows(lake, "bronze.events", rows));
    let isDead = false;
    const crash = (reached: CrashPoint): void => {
      if (isDead || reached !== point) return;
      isDead = true;
      throw new Error("killed");
    };
    assert.equal((await sandbox.run(assets, { crash })).state, "failed", point);
    await sandbox.run(assets);
    await sandbox.open(async ({ lake }) => {
      for (const asset of [positive, latest]) await assertTrue(lake, asset, point);
    });
  }
});

test("two runs at once take a step once, and say so or go on", async (t) => {
  const sandbox = openSandbox(t);
  const assets = [...INPUTS, positive, latest];
  await sandbox.run(assets);
  for (let round = 1; round <= 3; round += 1) {
    const rows = `select * from (values (${round}, 1, 5), (1, 1, ${round})) t(id, kind, amount)`;
    await sandbox.open(({ lake }) => addRows(lake, "bronze.events", rows));
    const results = await Promise.all([sandbox.run(assets), sandbox.run(assets)]);
    const codes = results.flatMap(({ steps }) => steps.flatMap(({ error }) => error?.code ?? []));
    assert.deepEqual(codes, []);
    await sandbox.open(async ({ lake }) => {
      for (const asset of [positive, latest]) await assertTrue(lake, asset, `round ${round}`);
      const [last] = await history(lake.delta, folderOf("silver.positive"), { limit: 1 });
      assert.equal(last?.version, round);
    });
  }
});

for (const [what, assets] of [
  ["appended", APPENDED],
  ["merged", MERGED],
] as const) {
  test(`random changes of the inputs leave every ${what} table with what its query gives`, (t) =>
    changeAtRandom(t, assets));
}

async function changeAtRandom(t: TestContext, assets: readonly AnyTransformed[]): Promise<void> {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const sandbox = openSandbox(t);
  await withRuns(sandbox, [...INPUTS, ...assets], async ({ lake, run }) => {
    const rowsOf = (table: string): string => {
      const count = random(5);
      const list = Array.from({ length: count }, () =>
        table === "bronze.events"
          ? `(${random(9)}, ${random(4)}, ${random(3) === 0 ? "null" : random(9) - 4})`
          : `(${random(4)}, ${random(3) === 0 ? "null" : `'n${random(3)}'`})`,
      );
      const names = table === "bronze.events" ? "id, kind, amount" : "kind, name";
      const nothing = table === "bronze.events" ? "(0, 0, 0)" : "(0, null)";
      if (count === 0) return `select * from (values ${nothing}) t(${names}) where false`;
      return `select * from (values ${list.join(", ")}) t(${names})`;
    };
    /** The first are more likely. */
    const acts: readonly ((table: string) => Promise<void>)[] = [
      (table) => addRows(lake, table, rowsOf(table)),
      (table) => moveRows(lake, table),
      (table) =>
        rewriteFile(lake, table, {
          at: random(5),
          query: (rows) => `select * from ${rows} where kind <> ${random(4)}`,
        }),
      (table) =>
        rewriteFile(lake, table, {
          at: random(5),
          query: (rows) => `select * replace ((kind + 1) % 4 as kind) from ${rows}`,
        }),
      (table) => overwriteRows(lake, table, rowsOf(table)),
    ];
    await run();
    const end = performance.now() + Number(process.env.TIME_MS ?? 5000);
    for (let round = 0; round < 1000 && performance.now() < end; round += 1) {
      const changes = random(3) + 1;
      for (let index = 0; index < changes; index += 1) {
        const act = acts[Math.min(random(acts.length), random(acts.length), random(acts.length))];
        await act?.(random(3) === 0 ? "bronze.kinds" : "bronze.events");
      }
      const result = await run();
      const failed = result.steps.find(({ error }) => error !== undefined);
      assert.equal(failed?.error, undefined, `SEED=${seed}`);
      for (const asset of assets) await assertTrue(lake, asset, `SEED=${seed}, round ${round}`);
    }
    const versions = await Promise.all(
      assets.map(({ name }) => history(lake.delta, folderOf(name), { limit: 1000 })),
    );
    const operations = versions.flat().map(({ operation }) => operation);
    const steps = operations.filter((operation) => /WRITE|MERGE/.test(operation)).length;
    t.diagnostic(`${steps} steps among ${operations.length} versions`);
  });
}
