/** Conditions that pass files over: none may lose a row that the engine would find. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsNamed, conditionsOf, filtersOf, isStable } from "../../src/operation/condition.ts";
import { findDeleted } from "../../src/operation/find-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { column } from "../delta/lake.ts";
import { openBench } from "./table.ts";

const FIELDS = [
  column("i", "integer"),
  column("l", "long"),
  column("d", { kind: "decimal", precision: 12, scale: 2 }),
  column("f", "float"),
  column("x", "double"),
  column("s", "string"),
  column("b", "boolean"),
  column("day", "date"),
  column("moment", "timestamp"),
  column("wall", "timestamp_ntz"),
];

/** One row to a file, so that every value is a bound. */
const ROWS = [
  "(1, 9007199254740993, 1.10, 0.1, 0.1, '10', true, '2024-01-01', '2024-01-01 00:00:00Z', '2024-01-01 10:00:00')",
  "(2, 9007199254740992, -1.10, 0.2, 'nan', '9', false, '2024-01-02', '2024-01-01 15:00:00.000001Z', '2024-01-01 15:00:00.000001')",
  "(5, -5, 99.99, 'inf', -0.0, '05', NULL, '2023-12-31', '2023-12-31 23:00:00Z', '2023-12-31 23:00:00')",
  "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
  "(-3, 5, 0.00, 'nan', 0.0, '5', true, '2024-02-29', '2024-02-29 12:00:00Z', '2024-02-29 12:00:00')",
];

const CONDITIONS = [
  "i = 5",
  "5 > i",
  "i BETWEEN 1.5 AND 5",
  "i NOT BETWEEN 1 AND 2",
  "i IN (1, -3, 77)",
  "i NOT IN (1, 2)",
  "i = '5'",
  "NOT (i > 1)",
  "i IS NULL OR i = 1",
  "i IS NULL",
  "i IS NOT NULL AND s IS NOT NULL",
  "i IS NOT DISTINCT FROM 5",
  "l = 9007199254740993",
  "l < 9007199254740993",
  "d = 1.1 AND target.i = 1",
  "d >= 99.990",
  "d < -1.099",
  "f = 0.1",
  "f > 0.15",
  "x = 0",
  "x >= 0.1",
  "x > 1e300",
  "x < 0.05",
  "s = 5",
  "s = '5'",
  "s IN ('10', '9')",
  "s > '1'",
  "s COLLATE nocase = '10'",
  "b = true",
  "b",
  "NOT b",
  "b = CAST('yes' AS BOOLEAN)",
  "b = CAST('0' AS BOOLEAN)",
  "day = '2024-01-01'",
  "day >= DATE '2024-01-01'",
  "day < TIMESTAMP '2024-01-01 12:00:00'",
  "day = '2024-1-1'",
  "moment > TIMESTAMPTZ '2024-01-01 15:00:00Z'",
  "moment <= '2024-01-01 15:00:00.000001'",
  "moment = '2024-01-01 02:00:00+02'",
  "moment >= DATE '2024-01-01'",
  "moment < CAST('2024-01-01 23:00:00' AS DATE)",
  "wall > TIMESTAMP '2024-01-01 10:00:00'",
  "wall = '2024-01-01 15:00:00.000001'",
  "wall >= DATE '2024-01-02'",
  "(i = 1 AND s = '10') OR (i = 2 AND s = '9')",
  "lower(s) = '10' AND i > 0",
  "i + 0 = 5 AND l < 0",
  "i = (SELECT max(v) FROM (VALUES (5), (2)) AS t(v))",
  "true",
  "NULL",
];

test("every form of a condition finds the rows that the engine finds without passing files over", async (t) => {
  const { lake, context } = await openBench(t);
  let table = await lake.create("t", { fields: FIELDS });
  const names = FIELDS.map(({ name }) => name).join(", ");
  const types = [
    "INTEGER",
    "BIGINT",
    "DECIMAL(12, 2)",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "BOOLEAN",
    "DATE",
    "TIMESTAMPTZ",
    "TIMESTAMP",
  ];
  const casts = FIELDS.map(({ name }, index) => `CAST(${name} AS ${types[index]}) AS ${name}`);
  for (const row of ROWS) {
    table = await lake.append(
      table,
      `SELECT ${casts.join(", ")} FROM (VALUES ${row}) AS t(${names})`,
    );
  }
  let passedOver = 0;
  for (const where of CONDITIONS) {
    const wanted = (await lake.rows(table)).length;
    const all = await lake.engine.rows(
      `SELECT count(*) AS n FROM (${await everyRow(lake, table)}) AS target WHERE (${where})`,
    );
    const staging = await context.delta.storage.openStaging();
    const found = await findDeleted({ context, snapshot: table, folder: staging.folder }, where);
    const [edited] =
      found.edits.relation === undefined
        ? [{ n: 0n }]
        : await lake.engine.rows(`SELECT count(*) AS n FROM ${found.edits.relation}`);
    assert.equal(edited?.n, all[0]?.n, where);
    passedOver += wanted - found.target.files.length;
    await staging.close();
  }
  assert.ok(passedOver > 40, `only ${passedOver} files were passed over`);
});

async function everyRow(
  lake: Awaited<ReturnType<typeof openBench>>["lake"],
  table: Parameters<typeof lake.rows>[0],
): Promise<string> {
  const { scan } = await import("../../src/delta/table.ts");
  return `SELECT * FROM ${lake.engine.relation(await scan(lake.context, table))}`;
}

test("keys of every type find their rows, whatever type the source gives them", async (t) => {
  const { lake, context } = await openBench(t);
  const keys = [
    ["l", "SELECT unnest([9007199254740993, 5]) AS k"],
    ["i", "SELECT unnest([1, 5])::BIGINT AS k"],
    ["i", "SELECT unnest([1.0, 5.0])::DECIMAL(5, 1) AS k"],
    ["i", "SELECT unnest([1, 5])::DOUBLE AS k"],
    ["s", "SELECT unnest([5, 77]) AS k"],
    ["d", "SELECT unnest([1.1, 99.99]) AS k"],
    ["x", "SELECT unnest([0.1, 0.0])::DOUBLE AS k"],
    ["day", "SELECT unnest([DATE '2024-01-01', DATE '2024-02-29']) AS k"],
    ["day", "SELECT unnest([TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-02-29']) AS k"],
    ["moment", "SELECT TIMESTAMPTZ '2024-01-01 17:00:00.000001+02' AS k"],
    ["b", "SELECT true AS k"],
  ] as const;
  for (const [index, [name, source]] of keys.entries()) {
    const folder = `k${index}`;
    let table = await lake.create(folder, { fields: FIELDS });
    const names = FIELDS.map((field) => field.name).join(", ");
    for (const row of ROWS) {
      table = await lake.append(
        table,
        `SELECT i::INTEGER AS i, l::BIGINT AS l, d::DECIMAL(12, 2) AS d, f::FLOAT AS f, x::DOUBLE AS x, s::VARCHAR AS s, b::BOOLEAN AS b, day::DATE AS day, moment::TIMESTAMPTZ AS moment, wall::TIMESTAMP AS wall FROM (VALUES ${row}) AS t(${names})`,
      );
    }
    const [wanted] = await lake.engine.rows(
      `SELECT count(*) AS n FROM (${await everyRow(lake, table)}) AS target SEMI JOIN (${source}) AS source ON target.${name} = source.k`,
    );
    const { metrics } = await mergeRows(context, table, {
      source: `(${source})`,
      on: `target.${name} = source.k`,
      clauses: [{ when: "matched", do: "delete" }],
    });
    assert.equal(metrics.numTargetRowsDeleted, Number(wanted?.n), `${name} by ${source}`);
    assert.ok(Number(wanted?.n) > 0, `${name} by ${source} finds nothing`);
  }
});

test("conditions that chance or another table decides are known", async (t) => {
  const { context } = await openBench(t);
  const stable = async (text: string) => isStable(await conditionsOf(context.engine, text));
  assert.equal(await stable("p = 'a' AND upper(q) > 'B'"), true);
  assert.equal(await stable("p = 'a' AND random() < 0.5"), false);
  assert.equal(await stable("p IN (SELECT 1)"), false);
  const filters = filtersOf(
    await conditionsOf(context.engine, "other.i = 5 AND i.i = 3 AND i = 1"),
    columnsNamed(FIELDS, "target"),
  );
  assert.deepEqual(filters, [{ column: "i", op: "=", value: "1" }]);
});
