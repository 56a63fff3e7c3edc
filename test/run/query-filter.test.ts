/** Queries open only files that may hold their rows, and give the same rows as if they opened all. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { commit } from "../../src/delta/write.ts";
import type { Row } from "../../src/engine/engine.ts";
import type { Lake } from "../../src/lake/lake.ts";
import { openQuery } from "../../src/run/query.ts";
import { folderOf } from "../../src/schema/table.ts";
import { anySeed, type Chance, chanceFrom } from "../proof/random.ts";
import { openSandbox, type Sandbox } from "./sandbox.ts";

const TRIALS = 120;

interface Asked {
  readonly rows: readonly string[];
  /** Data files that the engine was told of. */
  readonly files: number;
}

/** Tables of few rows in many files: partitions by day and none, texts, numbers and nulls. */
async function fill(lake: Lake): Promise<void> {
  for (const [name, partitionColumns] of [
    ["bronze.a", ["day"]],
    ["bronze.b", []],
  ] as const) {
    const fields = (
      [
        ["day", "date"],
        ["id", "integer"],
        ["k", "string"],
        ["t", { kind: "struct", fields: [{ name: "id", type: "long", nullable: true }] }],
        ["ts", "timestamp"],
      ] as const
    ).map(([column, type]) => ({ name: column, type, nullable: true }));
    let table = await commit(
      lake.delta,
      { folder: folderOf(name) },
      { operation: "CREATE TABLE", schema: { fields, partitionColumns } },
    );
    for (let file = 0; file < 6; file += 1) {
      const day = file === 5 ? "NULL" : `date '2026-03-0${1 + (file % 3)}'`;
      const staging = await lake.storage.openStaging();
      const add = await lake.engine.write(
        `select ${day}::date as day, id::integer as id, case id % 4 when 3 then null else chr(97 + ${file}) || id end as k,
          {'id': 10 - id} as t, timestamptz '2026-03-01 00:00:00+00' + interval (6 * id) hour as ts
         from range(${2 * file}, ${2 * file + 3}) as r(id)`,
        { folder: staging.folder, partitionBy: [...partitionColumns] },
      );
      table = await commit(lake.delta, table, { operation: "WRITE", add });
      await staging.close();
    }
  }
}

async function inLake(
  sandbox: Sandbox,
  use: (ask: (sql: string) => Promise<Asked>) => Promise<void>,
) {
  await sandbox.open(async ({ lake }) => {
    await fill(lake);
    const { engine, clock, stores } = lake;
    const place = { engine, clock, stores, here: sandbox.folder, lake: () => lake };
    await use(async (sql) => {
      const query = await openQuery(place, sql);
      try {
        const rows = (await query.session.rows(`from ${query.relation}`)).map(textOf).toSorted();
        const views = await query.session.rows("select sql from duckdb_views() where not internal");
        const named = views.flatMap(
          (view) => String(view.sql).match(/part-[^/']*\.parquet/g) ?? [],
        );
        return { rows, files: new Set(named).size };
      } finally {
        await query.close();
      }
    });
  });
}

function textOf(row: Row): string {
  return JSON.stringify(row, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

test("a query with conditions on days, numbers, texts and times opens few files", async (t) => {
  const sandbox = openSandbox(t);
  await inLake(sandbox, async (ask) => {
    const scan = `delta_scan('${join(sandbox.lakePath, "bronze", "a")}')`;
    const files = async (sql: string) => (await ask(sql)).files;
    assert.equal(await files("from bronze.a"), 6);
    assert.equal(await files("from bronze.a where day = '2026-03-01'"), 2);
    assert.equal(await files(`select count(*) from ${scan} where day = '2026-03-01'`), 2);
    assert.equal(await files(`from ${scan} as x where x.day is null and id between 1 and 20`), 1);
    assert.equal(await files("from bronze.b as x where x.id < 2"), 1);
    assert.equal(await files("with c as (from bronze.b where k in ('a0', 'b2')) from c"), 2);
    assert.equal(await files("from bronze.b where ts > timestamptz '2026-03-03 12:00:00Z'"), 2);
    assert.equal(await files("from bronze.b at (version => 2) where id >= 3"), 1);
    const both =
      "from bronze.a x join bronze.b y using (id) where x.day = '2026-03-02' and y.id < 4";
    assert.equal(await files(both), 4);
    // One view stands for both.
    assert.equal(
      await files("select (select max(id) from bronze.b) from bronze.b where id < 1"),
      6,
    );
  });
});

/** Every second one is no filter, is one only in part, or stands where none may be taken from it. */
const SHAPES: readonly ((where: string) => string)[] = [
  (where) => `from bronze.a as t where ${where}`,
  (where) => `select count(*), max(t.k) from bronze.b t where ${where} group by day`,
  (where) => `select id + 1 as id, 'a0' as k from bronze.b t where ${where}`,
  (where) =>
    `select t.id, u.id from bronze.b u, bronze.a t where ${qualified(where)} and u.id = t.id`,
  (where) => `from bronze.a t left join bronze.b u on t.id = u.id where ${qualified(where)}`,
  (where) => `from bronze.b u left join bronze.a t on t.id = u.id where ${qualified(where)}`,
  (where) => `from bronze.b u right join bronze.a t on t.id = u.id + 1 where ${qualified(where)}`,
  (where) => `from bronze.b u full join bronze.a t on t.id = u.id + 1 where ${qualified(where)}`,
  (where) =>
    `from bronze.b u join bronze.a t using (id, day) where ${where.replaceAll(/\bk\b/g, "t.k").replaceAll(/\bts\b/g, "t.ts")}`,
  (where) =>
    `from bronze.a u anti join bronze.b t on t.id = u.id where ${qualified(where).replaceAll("t.", "u.")}`,
  (where) => `from bronze.b u positional join bronze.a t where ${qualified(where)}`,
  (where) =>
    `from bronze.b u where exists (from bronze.a t where ${qualified(where)} and t.id = u.id)`,
  (where) =>
    `with c as (from bronze.b t where ${where}) select * from c union all select * from bronze.a`,
  (where) =>
    `from bronze.a as t(k, ts, id, day) where id is not null and not (${where.replaceAll(/\b(day|k|ts)\b/g, "id")})`,
  (where) => `select t.id, t.id.x from (select {'x': id} as id from bronze.b where ${where}) t`,
  (where) => `from bronze.b as t where t.id in (select id from bronze.b as t where ${where})`,
];

function qualified(where: string): string {
  return where.replaceAll(/\b(id|day|k|ts)\b/g, "t.$1");
}

function condition(chance: Chance, depth = 0): string {
  if (depth < 2 && chance.oneIn(3)) {
    const [a, b] = [condition(chance, depth + 1), condition(chance, depth + 1)];
    return chance.of([`${a} and ${b}`, `(${a} or ${b})`, `(not ${a}) and ${b}`]);
  }
  const op = chance.of(["=", "<", "<=", ">", ">=", "<>", "is not distinct from"]);
  const day = `'2026-03-0${1 + chance.below(4)}'`;
  return chance.of([
    `day ${op} ${day}`,
    `day ${op} date ${day}`,
    `${day} ${op} day`,
    `day is ${chance.of(["", "not "])}null`,
    `id ${op} ${chance.below(14) - 1}`,
    `id ${op} ${chance.below(12)}.5`,
    `id + 0 ${op} ${chance.below(12)}`,
    `id between ${chance.below(6)} and ${chance.below(12)}`,
    `id in (${chance.below(12)}, ${chance.below(12)}, null)`,
    `k ${op} '${chance.of(["a0", "b2", "c", "f12"])}'`,
    `k in ('a0', 'c5')`,
    `k like 'b%'`,
    `k is null`,
    `ts ${op} timestamptz '2026-03-0${1 + chance.below(4)} 06:00:00Z'`,
    `ts ${op} ${day}`,
  ]);
}

test("whatever a query asks, it gives the rows that it gives where every file is opened", async (t) => {
  const seed = anySeed();
  t.diagnostic(`seed ${seed}`);
  const chance = chanceFrom(seed);
  let fewer = 0;
  await inLake(openSandbox(t), async (ask) => {
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const sql = chance.of(SHAPES)(condition(chance));
      // A table in brackets with nothing beside it is opened whole.
      const whole = sql.replaceAll(
        /bronze\.([ab])( as)?( [tu]\b)?/g,
        (_, table, _as, alias) =>
          `(from bronze.${table})${alias === undefined ? ` as ${table}` : ` as${alias}`}`,
      );
      const unpruned = await ask(whole).catch(() => undefined);
      // Not all of them make sense, such as a text that is less than a number.
      if (unpruned === undefined) continue;
      const pruned = await ask(sql);
      assert.deepEqual(pruned.rows, unpruned.rows, sql);
      if (pruned.files < unpruned.files) fewer += 1;
    }
  });
  assert.ok(fewer > TRIALS / 10, `${fewer} of them opened fewer files`);
});
