/** Which queries can follow the changes of their inputs, and by what text they do: what is not known to be right is not done. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { appendIncrement, mergeIncrement } from "../../src/transform/increment.ts";

let engine: Engine;
before(async () => {
  engine = await createDuckDB({ threads: 1 });
  await engine.run(`create table "b.a" (id int, k int, v int, items int[], "on" date)`);
  await engine.run(`create table "b.c" (id int, k int, name varchar)`);
});
after(() => engine.close());

const A = '"b.a"';
const C = '"b.c"';

/** Undefined where a row of `b.a` makes its own rows. */
async function whyNotAppend(text: string, input = "b.a"): Promise<string | undefined> {
  return (await appendIncrement({ session: engine, text, columns: [] })).whyWhole(input);
}

async function whyNotMerge(text: string, key = ["k"], input = "b.a"): Promise<string | undefined> {
  const columns = (await engine.describe(text)).map(({ name }) => name);
  const increment = await mergeIncrement({ session: engine, text, columns }, key);
  const why = increment.whyWhole(input);
  if (why === undefined) {
    // What is made of the query must be SQL that binds.
    const keys = await increment.keys(input);
    assert.ok(keys !== undefined);
    await engine.run(`create or replace temp table touched as ${keys}`);
    const fresh = await engine.describe(await increment.fresh("touched"));
    assert.deepEqual(
      fresh.map(({ name }) => name),
      columns,
    );
  }
  return why;
}

describe("a row of the input makes its own rows of the result", () => {
  const queries = [
    `from ${A}`,
    `select id, v + 1 as w from ${A} where v > 3 order by id;`,
    `select *, unnest(items) from ${A}, lateral (select v * 2 as twice)`,
    `with big as (select * from ${A} where v > 9) select b.*, c.name from big b left join ${C} c using (k)`,
    `select a.* from ${A} a semi join ${C} c on a.k = c.k where id not in (select id from ${C})`,
    `select a.id, (select max(name) from ${C} c where c.k = a.k) as name from ${A} a`,
    `select c.name, a.v from ${C} c right join ${A} a on a.k = c.k`,
    `select id from ${A} where v > 0 union all select -id from ${A}`,
    `select id, list_sum(items) as s, max(v) over () as nothing from (select * from ${C}) c(id, v, x), (select [1] as items) order by 1`,
    `select a.* from ${A} a asof join ${C} c on a.k = c.k and a.id >= c.id`,
    `select id from ${A} union all select id from ${C}`,
  ];
  for (const text of queries) {
    test(text.replaceAll("\n", " "), async () => assert.equal(await whyNotAppend(text), undefined));
  }
});

describe("a query that looks at several rows is not followed row by row", () => {
  const queries: readonly (readonly [string, RegExp])[] = [
    [`select k, sum(v) from ${A} group by k`, /groups rows/],
    [`select count(*) from ${A}`, /gathers rows with count_star\(\)/],
    [`select k, first(v) from ${A} group by all`, /groups rows/],
    [`select distinct k from ${A}`, /DISTINCT/],
    [`from ${A} limit 3`, /LIMIT/],
    [
      `select * from ${A} qualify row_number() over (partition by k order by id) = 1`,
      /row_number\(\) over/,
    ],
    [`select *, lag(v) over (order by id) from ${A}`, /lag\(\) over/],
    [`from ${A} tablesample 10 percent`, /sample/],
    [`from ${A} x join ${A} y using (id)`, /with itself/],
    [`with x as (from ${A}) select * from x a, x b`, /with itself/],
    [`from ${C} left join ${A} using (k)`, /right side of a LEFT JOIN/],
    [`from ${A} full join ${C} using (k)`, /left side of a FULL JOIN/],
    [`from ${C} anti join ${A} using (k)`, /right side of a ANTI JOIN/],
    [`from ${C} positional join ${A}`, /POSITIONAL/],
    [`from ${C} where k in (select k from ${A})`, /inside of an expression/],
    [`select *, (select max(v) from ${A}) from ${A}`, /inside of an expression/],
    [
      `from ${A} a where v > (with q as (from ${A}) select avg(v) from q)`,
      /inside of an expression/,
    ],
    [`select id from ${A} union select id from ${C}`, /compares/],
    [`select id from ${A} except all select id from ${C}`, /compares/],
    [`select * from (select id from ${A} union all select id from ${C})`, /does not read b\.a/],
    [
      `with recursive r as (select id from ${A} union all select id + 1 from r where id < 9) from r`,
      /no plain SELECT/,
    ],
    [`pivot ${A} on k in (1, 2) using sum(v)`, /PIVOT/],
    [`select id from ${A} union all (select id from ${A} order by id limit 1)`, /LIMIT/],
  ];
  for (const [text, why] of queries) {
    test(text, async () => assert.match((await whyNotAppend(text)) ?? "followed", why));
  }
});

test("the side of a UNION ALL that does not read the input is left out", async () => {
  const text = `with big as (from ${A} where v > 1) select id, k as "the k" from ${C} union all select v, id from big union all select 1, 2`;
  const increment = await appendIncrement({ session: engine, text, columns: ["id", "the k"] });
  await engine.run(`insert into ${A} values (1, 2, 3, null, null), (4, 5, 1, null, null)`);
  await engine.run(`insert into ${C} values (7, 8, 'x')`);
  const rows = await engine.rows((await increment.rows("b.a")) ?? "");
  assert.deepEqual(rows, [{ id: 3, "the k": 1 }]);
  assert.deepEqual(await engine.rows((await increment.rows("b.c")) ?? ""), [{ id: 7, "the k": 8 }]);
  assert.equal(await increment.rows("b.other"), undefined);
  await engine.run(`delete from ${A}`);
  await engine.run(`delete from ${C}`);
});

describe("a key that no changed row has keeps its rows", () => {
  const queries: readonly (readonly [string, string[]?])[] = [
    [`select k, sum(v) as s from ${A} group by k`],
    [`select k % 10 as k, count(*) filter (v > 1) as n from ${A} group by all having n > 1`],
    [`select date_trunc('month', "on") as k, sum(v) from ${A} where v > 0 group by 1`],
    [`select * from ${A} qualify row_number() over (partition by k order by id desc) = 1`],
    [`select t.k as k, max(v) over (partition by K) from ${A} as T`],
    [`select distinct on (k) k, v from ${A} order by k, v`],
    [`select distinct k, v from ${A}`],
    [`select id, k, v from ${A}`, ["id", "k"]],
    [
      `with x as (select k + 1 as k, v from ${A}) select x.k, c.name, sum(v) from x join ${C} c on c.k = x.k group by x.k, c.name`,
      ["k", "name"],
    ],
    [`select k, id from ${A} union all select k, id from ${C}`],
    [`select 1 as k, count(*) as n from ${A}`],
    [
      `select k, array_agg({'id': id, 'v': v} order by id) as l, any_value(1.50::decimal(4, 2)) as d from ${A} group by k`,
    ],
  ];
  for (const [text, key] of queries) {
    test(text, async () => assert.equal(await whyNotMerge(text, key), undefined));
  }
});

describe("a query in which rows of several keys meet is not followed by key", () => {
  const queries: readonly (readonly [string, RegExp, string[]?])[] = [
    [`select max(k) as k, v from ${A} group by v`, /no value of one row/],
    [`select row_number() over (order by id) as k from ${A}`, /no value of one row/],
    [`select uuid() as k, id from ${A}`, /another each time/],
    [`select k, v from ${A} order by v limit 3`, /LIMIT/],
    [`select k, sum(v) over (order by k) from ${A}`, /not partitioned by the key/],
    [`select k, sum(v) over (partition by 'k') from ${A}`, /not partitioned by the key/],
    [`select distinct on (v) k, v from ${A}`, /DISTINCT/],
    [`select k, sum(v) from ${A} group by rollup (k)`, /several ways/],
    [`select k, n from (select k, count(*) as n from ${A} group by k)`, /groups rows/],
    [`select k, sum(v) from ${C} left join ${A} using (k) group by k`, /right side of a LEFT JOIN/],
    [`select k, sum(v) from ${A} tablesample 10 percent group by 1`, /sample/],
  ];
  for (const [text, why, key] of queries) {
    test(text, async () => assert.match((await whyNotMerge(text, key)) ?? "followed", why));
  }
});
