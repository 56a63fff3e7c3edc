/** The quick conversion against the strict one: no text that they would judge differently, made at random from right ones. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { convert } from "../../src/ingest/convert.ts";
import { quickConvert } from "../../src/ingest/quick-convert.ts";
import type { ColumnType } from "../../src/schema/column.ts";

const SEED = (Date.now() % 1000) / 1000;
const TEXTS = 20_000;

const TIMES = [
  "2023-04-05T06:07:08.123",
  "2023-04-05 06:07:08",
  "2024-02-29T23:59:59.123456",
  "2023-04-05T00:00:00",
  "2023-04-05T24:00:00",
  "0023-04-05 06:07",
];
const NUMBERS = [
  "12345",
  "-7",
  "0",
  "9223372036854775807",
  "12.50",
  "-0.5",
  "1e5",
  "12.3e-3",
  "0xFF",
];

const CASES: readonly (readonly [ColumnType, readonly string[]])[] = [
  [{ kind: "integer" }, NUMBERS],
  [{ kind: "bigint" }, NUMBERS],
  [{ kind: "decimal", precision: 12, scale: 2 }, NUMBERS],
  [{ kind: "decimal", precision: 6, scale: 0 }, NUMBERS],
  [{ kind: "decimal", precision: 2, scale: 2 }, ["0.5", ".50", "-.25", "0.25"]],
  [{ kind: "float" }, [...NUMBERS, "1e999", "inf", "nan"]],
  [{ kind: "boolean" }, ["true", "False", "t", "1"]],
  [{ kind: "date", formats: [] }, ["2023-04-05", "0023-04-05", "1000-01-01", "9999-12-31"]],
  [{ kind: "local timestamp", formats: [] }, TIMES],
  [{ kind: "local timestamp", formats: ["%Y-%m-%d %H:%M:%S"] }, TIMES],
];

/** Characters that casts pass over, or that mean something to one of them. */
const CHARACTERS = `[' ', chr(9), chr(10), chr(12), chr(160), '+', '-', '/', '.', ':', '_', '0', '1', '2', '3', '4', '5', '6', '9', 'a', 'e', 'x', 'Z', 'T', 'é', '', '24']`;

test(`a text is exact for the quick conversion where it is for the strict one (seed ${SEED})`, async () => {
  const engine = await createDuckDB({ memoryLimit: "500MB", threads: 2 });
  try {
    await engine.run(`select setseed(${SEED})`);
    for (const [type, right] of CASES) {
      await engine.run(
        `create or replace table texts as select ${JSON.stringify(right).replaceAll('"', "'")}[1 + i % ${right.length}] as x from range(${TEXTS}) t(i)`,
      );
      for (const share of [1, 0.6, 0.4]) await change(engine, share);
      await engine.run(
        `insert into texts from (values ${right.map((one) => `('${one}')`).join(", ")})`,
      );
      const quick = quickConvert(type, "x");
      const wrong = await engine.rows(`
        select x, strict, value from (select x, ${convert(type, "x")} as strict, ${quick.value} as value from texts)
        where coalesce(${quick.isExact("value")}, false) <> (strict is not null)
          or (coalesce(${quick.isSurelyExact("value")}, false) and strict is null)
          or (strict is not null and strict is distinct from value) limit 5`);
      assert.deepEqual(wrong, [], JSON.stringify(type));
      const [surely] = await engine.rows(
        `select count(*) as n from (select x, ${quick.value} as value from texts) where ${quick.isSurelyExact("value")}`,
      );
      assert.ok(Number(surely?.n) > 0, `nothing is surely exact for ${JSON.stringify(type)}`);
    }
  } finally {
    engine.close();
  }
});

/** Replaces, inserts or removes at most one character of a share of the texts. */
async function change(
  engine: Awaited<ReturnType<typeof createDuckDB>>,
  share: number,
): Promise<void> {
  await engine.run(
    `create or replace table places as select x, (random() * strlen(x))::int as place, (random() < 0.85)::int as gone, random() < ${share} as is_changed, (random() * 26)::int as which from texts`,
  );
  await engine.run(
    `create or replace table texts as select case when is_changed then left(x, place) || (${CHARACTERS})[1 + which] || substr(x, place + 1 + gone) else x end as x from places`,
  );
}
