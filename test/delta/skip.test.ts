/** Leaving out files: never one that holds a matching row, with and without a checkpoint. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import type { Filter, FilterValue } from "../../src/delta/filter.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { scan } from "../../src/delta/table.ts";
import type { DataType } from "../../src/schema/type.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

/** Values as SQL and as a filter gives them; each pair of neighbours becomes a file. */
const COLUMNS: readonly {
  name: string;
  type: DataType;
  sql: string;
  values: readonly (FilterValue | null)[];
}[] = [
  {
    name: "l",
    type: "long",
    sql: "BIGINT",
    values: [-9223372036854775808n, -1n, 0n, 9007199254740992n, 9007199254740993n, null],
  },
  { name: "i", type: "integer", sql: "INTEGER", values: [-5, 0, 7, 7, null, 2147483647] },
  {
    name: "m",
    type: { kind: "decimal", precision: 20, scale: 3 },
    sql: "DECIMAL(20,3)",
    values: ["-1.500", "0.000", "0.001", "99999999999999999.999", null, "1.000"],
  },
  { name: "f", type: "float", sql: "FLOAT", values: [0.1, 0.2, -0.5, "nan", null, "inf"] },
  { name: "d", type: "double", sql: "DOUBLE", values: ["-inf", -1.5, 0, 0.1, "nan", null] },
  {
    name: "x",
    type: "string",
    sql: "VARCHAR",
    values: ["", "a", "ab", "ü", "\u{ffff}", "\u{1f389}"],
  },
  {
    name: "z",
    type: "string",
    sql: "VARCHAR",
    values: ["a".repeat(31), "a".repeat(32), "a".repeat(33), `${"a".repeat(32)}b`, null, "b"],
  },
  { name: "b", type: "boolean", sql: "BOOLEAN", values: [true, true, false, false, null, null] },
  {
    name: "day",
    type: "date",
    sql: "DATE",
    values: ["1582-10-15", "1969-12-31", "1970-01-01", "2024-02-29", null, "9999-12-31"],
  },
  {
    name: "at",
    type: "timestamp",
    sql: "TIMESTAMPTZ",
    values: [
      "1899-12-31T23:59:59.999999Z",
      "1969-12-31T23:59:59.999999Z",
      "2024-01-01T00:00:00.000001Z",
      "2024-01-01T00:00:00.000999Z",
      "2024-01-01T00:00:00.001Z",
      null,
    ],
  },
  {
    name: "n",
    type: "timestamp_ntz",
    sql: "TIMESTAMP",
    values: [
      "1969-12-31 23:59:59.999999",
      "1970-01-01 00:00:00",
      "2024-01-01 00:00:00.000001",
      "2024-01-01 00:00:00.0005",
      null,
      "2262-04-12 00:00:00",
    ],
  },
];

const literal = (value: FilterValue | null, sql: string) =>
  value === null ? `NULL::${sql}` : `CAST(${quoteText(String(value))} AS ${sql})`;

const condition = (filter: Filter, sql: string) => {
  const name = quoteName(filter.column);
  if (filter.op === "in")
    return `${name} IN (${filter.values.map((value) => literal(value, sql)).join(", ")})`;
  return "value" in filter
    ? `${name} ${filter.op} ${literal(filter.value, sql)}`
    : `${name} ${filter.op}`;
};

function filtersOf({ name, values }: (typeof COLUMNS)[number]): Filter[] {
  const given = values.filter((value) => value !== null);
  return [
    ...given.flatMap((value) =>
      (["=", "<", "<=", ">", ">="] as const).map((op) => ({ column: name, op, value })),
    ),
    { column: name, op: "in", values: given.slice(0, 2) },
    { column: name, op: "in", values: [] },
    { column: name, op: "is null" },
    { column: name, op: "is not null" },
  ];
}

/** Every filter's rows from the chosen files must be its rows from all files. */
async function checkAll(snapshot: Snapshot, item: (typeof COLUMNS)[number]): Promise<number> {
  const all = await scan(lake.context, snapshot);
  let left = 0;
  for (const filter of filtersOf(item)) {
    const chosen = await scan(lake.context, snapshot, [filter]);
    left += all.files.length - chosen.files.length;
    if (filter.op === "in" && filter.values.length === 0) {
      assert.equal(chosen.files.length, 0);
      continue;
    }
    const where = condition(filter, item.sql);
    const [counts] = await lake.engine.rows(
      `SELECT (SELECT count(*) FROM ${lake.engine.relation(all)} WHERE ${where}) AS wanted, (SELECT count(*) FROM ${lake.engine.relation(chosen)} WHERE ${where}) AS found`,
    );
    assert.equal(counts?.found, counts?.wanted, `${where} in ${snapshot.folder}`);
  }
  return left;
}

for (const item of COLUMNS) {
  for (const isPartition of [false, true]) {
    const title = `${isPartition ? "partitions" : "files"} of ${item.name} (${item.sql}) left out by any filter hold no matching row`;
    test(title, async () => {
      const folder = `${isPartition ? "p" : "f"}_${item.name}`;
      let snapshot = await lake.create(folder, {
        fields: [column("row", "long"), column(item.name, item.type)],
        ...(isPartition ? { partitionColumns: [item.name] } : {}),
      });
      for (let at = 0; at < item.values.length; at += 2) {
        const values = item.values.slice(at, at + 2).map((value) => literal(value, item.sql));
        const query = `SELECT 1::BIGINT AS row, unnest([${values.join(", ")}]) AS ${quoteName(item.name)}`;
        snapshot = await lake.append(snapshot, query);
      }
      const left = await checkAll(snapshot, item);
      assert.ok(left > 0, "nothing was left out");
      await writeCheckpoint(lake.context, snapshot);
      assert.equal(await checkAll(await lake.open(folder), item), left);
    });
  }
}

test("a filter on a column the table does not have says which it has", async () => {
  const snapshot = await lake.create("named", {
    fields: [column("a", "long"), column("b", "long")],
  });
  await assert.rejects(
    scan(lake.context, snapshot, [{ column: "c", op: "is null" }]),
    (error: Error & { hint?: string }) =>
      /no column "c"/.test(error.message) && /a, b/.test(error.hint ?? ""),
  );
});
