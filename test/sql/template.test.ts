/** SQL values keep text, references and literals apart, and become text that says what was meant. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { literal } from "../../src/sql/literal.ts";
import { paramsOf, renderSql, tablesOf } from "../../src/sql/render.ts";
import { loadSql } from "../../src/sql/sql-file.ts";
import { env, param, type Sql, sql, sqlFile } from "../../src/sql/template.ts";
import { namesIn, tokens } from "../../src/sql/token.ts";

const orders = { kind: "table", name: "bronze.orders" } as const;
const column = { kind: "column" } as const;
const day = param("day", { default: "2024-01-01" });

function render(value: Sql): { text: string; lines: (number | undefined)[] } {
  const { text, origins } = renderSql(value, {
    table: ({ name }) => `"${name}"`,
    column: () => "c0",
    param: ({ default: value }) => value,
  });
  assert.equal(origins.length, text.split("\n").length);
  return { text, lines: origins.map((origin) => origin?.line) };
}

test("tables, columns, parameters, values and more SQL stand where they were put", () => {
  const inner = sql`day = ${day}`;
  const { text } = render(
    sql`select ${column}, ${1}, ${-2n}, ${"it's"}, ${true}, ${null}, ${new Date(0)} from ${orders} where ${inner}`,
  );
  assert.equal(
    text,
    `select c0, 1, (-2), 'it''s', true, null, '1970-01-01T00:00:00.000Z'::timestamptz from "bronze.orders" where day = '2024-01-01'`,
  );
});

test("every line knows where it was written, also inside other SQL", () => {
  const here = Number(/:(\d+):\d+\)?$/m.exec(new Error().stack ?? "")?.[1]);
  const inner = sql`b
    and c`;
  const outer = sql`select a
    where ${inner}
    order by d`;
  assert.deepEqual(render(outer).lines, [here + 3, here + 4, here + 2, here + 5]);
  const { origins } = renderSql(outer, { table: () => "", column: () => "", param: () => 1 });
  assert.equal(basename(origins[0]?.file ?? ""), basename(import.meta.filename));
});

test("tables and parameters are each found once, however deep", () => {
  const inner = sql`${orders} ${day}`;
  const outer = sql`${inner} ${sql`${inner} ${orders}`} ${day}`;
  assert.deepEqual(tablesOf(outer), [orders]);
  assert.deepEqual(paramsOf(outer), [day]);
});

test("what SQL cannot hold is refused where it is written", () => {
  const wrong: readonly unknown[] = [env("PASSWORD"), undefined, [1, 2], {}, () => 1, Symbol("x")];
  for (const part of wrong) {
    assert.throws(() => sql`select ${part as never}`, { code: "project/bad-sql-part" });
    assert.throws(() => sqlFile("a.sql", { part: part as never }), {
      code: "project/bad-sql-part",
    });
  }
  assert.throws(() => param("no-name", { default: 1 }), { code: "project/bad-name" });
});

test("every literal comes back from the engine as it was", async () => {
  const engine = await createDuckDB({ threads: 1 });
  try {
    for (const value of [
      0,
      -0.5,
      1e300,
      1e15,
      -7,
      0.1,
      2 ** 53,
      10n ** 18n,
      -(10n ** 18n),
      true,
      "a'\\\"\n",
      null,
    ]) {
      const [row] = await engine.rows(
        `select ${literal(value)} as v, 2 - ${literal(typeof value === "number" ? value : 0)} as d`,
      );
      assert.equal(typeof row?.v === "bigint" ? row.v : (row?.v ?? null), value);
    }
    const [row] = await engine.rows(`select ${literal(new Date(1.7e12 + 123))} as v`);
    assert.equal(row?.v, "2023-11-14T22:13:20.123000Z");
  } finally {
    engine.close();
  }
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => literal(value), { code: "project/bad-sql-part" });
});

test("the tokens of SQL are code, strings, names and comments, and joined they are the text", () => {
  const text = `select $a, 'it''s $b', "q""$c", $$ $d $$, $x$ $e $$ $x$ -- $f
  /* $g /* nested */ $g */ e'a\\'' $h 'open`;
  const found = tokens(text);
  assert.equal(found.map((token) => token.text).join(""), text);
  const code = found.filter(({ kind }) => kind === "code").map((token) => token.text);
  assert.deepEqual(code.join("").match(/\$\w/g), ["$a", "$h"]);
  assert.deepEqual(
    [...namesIn(`Select "My ""Col""", b.größe, 'no' -- not`)],
    ["select", 'my "col"', "b", "größe"],
  );
});

test("a name in a SQL file becomes its part, in code and nowhere else", () => {
  const text = `-- $day is not it
select '$day', "$day", $$ $day $$, $1
from $orders
where day = $day and
  x = $day;
`;
  const loaded = loadSql(sqlFile("q.sql", { orders, day }), () => ({ file: "q.sql", text }));
  const rendered = render(loaded);
  assert.equal(
    rendered.text.trimEnd(),
    `-- $day is not it
select '$day', "$day", $$ $day $$, $1
from "bronze.orders"
where day = '2024-01-01' and
  x = '2024-01-01'`,
  );
  assert.deepEqual(rendered.lines, [1, 2, 3, 4, 5]);
});

test("a SQL file inside other SQL keeps its own lines", () => {
  const part = sqlFile("part.sql");
  const loaded = loadSql(sql`select ${part}`, () => ({ file: "part.sql", text: "a,\nb" }));
  const { origins } = renderSql(loaded, { table: () => "", column: () => "", param: () => 1 });
  assert.deepEqual(origins[1], { file: "part.sql", line: 2 });
});
