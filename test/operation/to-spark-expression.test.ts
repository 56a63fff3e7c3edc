/** Tests of conditions put into the words of Spark SQL: what comes back is the same condition, and what could differ is refused. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { fromSparkExpression } from "../../src/operation/spark-expression.ts";
import { toSparkExpression } from "../../src/operation/to-spark-expression.ts";
import { CONDITIONS, FIELDS, ROWS } from "./spark-condition.ts";

let engine: Engine;
before(async () => {
  engine = await createDuckDB({ threads: 1 });
});
after(() => engine.close());

const translate = (sql: string): Promise<string> =>
  toSparkExpression(engine, { name: "the constraint", sql, fields: FIELDS });

describe("a condition comes back from the words of Spark as the same condition", () => {
  for (const [sql, spark] of CONDITIONS) {
    test(sql, async () => {
      const text = await translate(sql);
      assert.equal(text, spark);
      // What is kept is put the same way again.
      assert.equal(await translate(fromSparkExpression(text)), spark);
      const differs = `((${sql}\n)) is distinct from ((${fromSparkExpression(text)}))`;
      assert.deepEqual(await engine.rows(`select * from ${ROWS} where ${differs}`), []);
      const some = await engine.rows(`select distinct (${sql}\n) as held from ${ROWS}`);
      assert.ok(some.length > 1, "the rows tell it from a constant");
    });
  }
});

describe("what engines could take for different things is refused", () => {
  const refused: readonly (readonly [sql: string, why: RegExp])[] = [
    ["a / 2 > 1", /operator \//],
    ["a // 2 > 1", /operator \/\//],
    ["a > '1'", /a is a number and '1' a text/],
    ["name > 1", /text.*number/],
    ["began > date '2020-01-01'", /instant.*day/],
    ["wall > began", /local time.*instant/],
    ["began > '2020-01-01'", /instant.*text/],
    ["lower(name) = name", /lower\(\)/],
    ["regexp_matches(name, 'x')", /regexp_matches\(\)/],
    ["name ilike 'x'", /operator ~~\*/],
    ["name like 'a\\_b'", /backslash/],
    ["name like name", /LIKE/],
    ["a::varchar = '1'", /casts/],
    ["a = 123456789012345678901234567890", /constant of type hugeint/],
    ["a", /gives a number/],
    ["name and true", /name is no truth/],
    ["a > (select 1)", /a query inside/],
    ["sum(a) over () > 1", /a window/],
    ["count(*) > 1", /count_star|calls/],
    ["c > 0", /"c" is none of its columns/],
    ["tags = ['x']", /no plain values/],
    ["length(a) > 1", /length\(\)/],
    ["a >", /no condition of one row/],
    ["true) group by (1", /no condition of one row/],
    ["true) order by (1", /no condition of one row/],
    ["random() > 0.5", /random\(\)/],
  ];
  for (const [sql, why] of refused) {
    test(sql, async () => {
      await assert.rejects(translate(sql), { code: "operation/no-common-meaning", message: why });
    });
  }
});
