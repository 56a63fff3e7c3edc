/** Tests of the SQL that bins values: every row is in one bin, or counted by why it is in none. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { chart } from "../../src/chart/chart.ts";
import { from, rowsOf } from "./bench.ts";

/** `low..high: rows` of each bin, and `part: rows` of what is in none. */
async function binned(
  query: string,
  how: { edges?: readonly number[]; by?: string } = {},
): Promise<string[]> {
  const rows = await rowsOf(chart.histogram({ from, value: "v", ...how }), query);
  return rows.map(({ part, low, high, series, rows }) =>
    part === "bin" ? `${series} ${low}..${high}: ${rows}`.trim() : `${part}: ${rows}`,
  );
}

const values = (...list: (number | string)[]): string =>
  `select unnest([${list.map((value) => (typeof value === "string" ? `'${value}'::double` : value)).join(", ")}]) as v`;

test("a bin holds its lower edge, and the last one its upper edge too", async () => {
  assert.deepEqual(
    await binned(values(0, 2.4, 2.5, 3.5, 4.5, 5), { edges: [0, 2.5, 3.5, 4.5, 5] }),
    ["0..2.5: 2", "2.5..3.5: 1", "3.5..4.5: 1", "4.5..5: 2"],
  );
});

test("what lies outside the edges, is null or no number is counted", async () => {
  const query = `${values(-1, 0.5, 6, "inf", "-inf", "nan")} union all select null`;
  assert.deepEqual(await binned(query, { edges: [0, 1, 2] }), [
    "above: 2",
    "below: 2",
    "0..1: 1",
    "1..2: 0",
    "nan: 1",
    "null: 1",
  ]);
});

test("every series has every bin", async () => {
  const query = "select * from (values (1, 'a'), (1, 'a'), (3, 'b'), (3, null)) t(v, s)";
  assert.deepEqual(await binned(query, { edges: [0, 2, 4], by: "s" }), [
    "a 0..2: 2",
    "a 2..4: 0",
    "b 0..2: 0",
    "b 2..4: 1",
    "no s 0..2: 0",
    "no s 2..4: 1",
  ]);
});

test("edges that nobody declared are round, and hold all values", async () => {
  assert.deepEqual(await binned(values(0.1, 0.2, 0.3, 0.35, 0.9)), [
    "0..0.2: 1",
    "0.2..0.4: 3",
    "0.4..0.6: 0",
    "0.6..0.8: 0",
    "0.8..1: 1",
  ]);
  const thousands = await binned("select i / 1000 - 0.0005 as v from range(-50000, 50000) t(i)");
  assert.equal(thousands.length, 21);
  assert.equal(thousands[0], "-55..-50: 1");
  assert.equal(thousands.at(-1), "45..50: 4999");
});

test("whole numbers that span little have a bin each", async () => {
  assert.deepEqual(
    await binned(values(1, 2, 3, 4, 5, 6, 6)),
    [1, 2, 3, 4, 5, 6].map((face) => `${face}..${face + 1}: ${face === 6 ? 2 : 1}`),
  );
});

test("a single value, no value and values of no size have their bins", async () => {
  assert.deepEqual(await binned(values(3.7)), ["3..4: 1"]);
  assert.deepEqual(await binned(values(0)), ["0..1: 1"]);
  assert.deepEqual(await binned("select null as v"), ["null: 1"]);
  assert.deepEqual(await binned("select 1 as v where false"), []);
  assert.deepEqual(await binned(values("inf", "nan")), ["above: 1", "nan: 1"]);
  assert.deepEqual(await binned(values(1e-9, 5.5e-9)), [
    "1e-9..2e-9: 1",
    "2e-9..3e-9: 0",
    "3e-9..4e-9: 0",
    "4e-9..5e-9: 0",
    "5e-9..6e-9: 1",
  ]);
});

test("no row is lost or counted twice, whatever the values", async () => {
  const shapes = [
    "random()",
    "exp(random() * 20)",
    "-exp(random() * 9)",
    "(random() * 1e15)::bigint",
    "1e9 + random()",
    "random() - 0.5",
    "ln(random())",
  ];
  for (const shape of shapes) {
    const counts = await rowsOf(
      chart.histogram({ from, value: "v" }),
      `select ${shape} as v from range(3000)`,
    );
    assert.equal(
      counts.reduce((sum, { rows }) => sum + Number(rows), 0),
      3000,
      shape,
    );
    assert.ok(
      counts.every(({ part }) => part === "bin"),
      shape,
    );
    assert.ok(counts.length >= 2 && counts.length <= 62, `${shape}: ${counts.length} bins`);
  }
});

test("decimals, big integers and columns with odd names are binned", async () => {
  const histogram = chart.histogram({ from, value: 'the "v"', edges: [0, 10] });
  for (const type of ["decimal(20, 3)", "hugeint", "ubigint", "float"]) {
    const rows = await rowsOf(
      histogram,
      `select 5::${type} as "the ""v""" -- a comment at the end`,
    );
    assert.equal(rows[0]?.rows, 1);
  }
});
