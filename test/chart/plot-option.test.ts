/** Tests of bar and line charts: from a query to what is drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { chart } from "../../src/chart/chart.ts";
import { chartOption } from "../../src/chart/option.ts";
import { from, optionOf, part, rowsOf } from "./bench.ts";

const bar = (how: object = {}) => chart.bar({ from, x: "x", y: "y", ...how });
const line = (how: object = {}) => chart.line({ from, x: "x", y: "y", ...how });

test("an option is plain JSON, and the same for the same rows", async () => {
  const rows = await rowsOf(bar(), "select 'a' as x, 1 as y");
  const option = chartOption(bar(), rows);
  assert.deepEqual(JSON.parse(JSON.stringify(option)), option);
  assert.deepEqual(chartOption(bar(), rows), option);
});

test("categories stand in the order of the query, dates and numbers ascend", async () => {
  const text = "select * from (values ('b', 1), ('a', 2)) t(x, y)";
  assert.deepEqual(part(await optionOf(bar(), text), "xAxis.data"), ["b", "a"]);
  const days = "select * from (values (date '2024-01-02', 1), (date '2024-01-01', 2)) t(x, y)";
  assert.deepEqual(part(await optionOf(bar(), days), "xAxis.data"), ["2024-01-01", "2024-01-02"]);
  const years = "select * from (values (2024, 1), (999, 2), (12345, 3)) t(x, y)";
  const labels = ["999", "2024", "12\u202f345"];
  assert.deepEqual(part(await optionOf(bar(), years), "xAxis.data"), labels);
});

test("a query's ORDER BY is kept among many rows", async () => {
  const ranked = "select i as x, row_number() over (order by hash(i)) as y from range(4000) t(i)";
  const query = `select 'n' || x as x, y from (${ranked}) order by y`;
  const places = Array.from({ length: 4000 }, (_, index) => index + 1);
  assert.deepEqual(part(await optionOf(bar(), query), "series.0.data"), places);
});

test("several columns, and each value of by, are series", async () => {
  const query = "select * from (values ('a', 'ios', 1, 2), ('a', null, 3, 4)) t(x, p, y, z_total)";
  const names = async (how: object): Promise<unknown> => {
    const series = part(await optionOf(bar(how), query), "series");
    return Array.isArray(series) ? series.map(({ name }) => name) : series;
  };
  assert.deepEqual(await names({ by: "p" }), ["ios", "no p"]);
  assert.deepEqual(await names({ by: "p", y: ["y", "z_total"] }), [
    "ios · y",
    "ios · z_total",
    "no p · y",
    "no p · z_total",
  ]);
  const one = await optionOf(bar({ y: ["y", "z_total"] }), "select 'a' as x, 1 as y, 2 as z_total");
  assert.deepEqual(part(one, "legend.data"), ["y", "z total"]);
});

test("everyDay keeps a place for each day without a row, and breaks a line there", async () => {
  const query = "select * from (values (date '2024-02-28', 1), (date '2024-03-02', 2)) t(x, y)";
  const days = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"];
  assert.deepEqual(part(await optionOf(bar({ everyDay: true }), query), "xAxis.data"), days);
  const drawn = await optionOf(line({ everyDay: true }), query);
  assert.deepEqual(
    part(drawn, "series.0.data"),
    days.map((day, index) => [Date.parse(day), [1, null, null, 2][index]]),
  );
  await assert.rejects(optionOf(line({ everyDay: true }), "select 'a' as x, 1 as y"), {
    code: "chart/no-dates",
  });
  const wide = "select * from (values (date '1024-01-01', 1), (date '2024-01-01', 2)) t(x, y)";
  await assert.rejects(optionOf(line({ everyDay: true }), wide), { code: "chart/too-many-points" });
});

test("instants and wall-clock times stand where UTC has them", async () => {
  const query =
    "select * from (values ('2024-01-01 09:00:00+09', 1), ('2024-01-01 12:00:00+00', 2)) t(x, y)";
  const drawn = await optionOf(line(), `select x::timestamptz as x, y from (${query})`);
  assert.deepEqual(part(drawn, "series.0.data"), [
    [Date.UTC(2024, 0, 1, 0), 1],
    [Date.UTC(2024, 0, 1, 12), 2],
  ]);
  assert.equal(part(drawn, "xAxis.type"), "time");
  const local = "select timestamp '2024-01-01 09:30:00' as x, 1 as y";
  assert.deepEqual(part(await optionOf(bar(), local), "xAxis.data"), ["2024-01-01 09:30"]);
});

test("a row without a place is a category of its own, or is counted below the title", async () => {
  const query = "select * from (values (1, 5), (2, 6), (null, 7)) t(x, y)";
  assert.deepEqual(part(await optionOf(bar(), query), "xAxis.data"), ["1", "2", "no x"]);
  const drawn = await optionOf(line(), query);
  assert.equal(part(drawn, "title.subtext"), "Not drawn: 1 row without x");
  assert.deepEqual(part(drawn, "series.0.data"), [
    [1, 5],
    [2, 6],
  ]);
});

test("a value that is not finite is not drawn, and said", async () => {
  const drawn = await optionOf(
    bar(),
    "select * from (values ('a', 'nan'::double), ('b', 1)) t(x, y)",
  );
  assert.equal(part(drawn, "series.0.data.0"), null);
  assert.match(String(part(drawn, "title.subtext")), /^Not drawn: 1 value that is infinite/);
});

test("two values at one place are refused, with what to group by", async () => {
  const query = "select * from (values ('a', 1), ('a', 2)) t(x, y)";
  await assert.rejects(optionOf(bar({ title: "Sales" }), query), {
    code: "chart/two-values",
    message: '"Sales" has two values of "y" at x a',
    hint: /^Group by x in its query, or name the column/,
  });
});

test("a line breaks at a null, and goes on over places that only other series have", async () => {
  const query =
    "select * from (values (1, 'a', 5), (2, 'b', 6), (3, 'a', null), (4, 'a', 7), (4, 'b', 8)) t(x, s, y)";
  const drawn = await optionOf(line({ by: "s" }), query);
  assert.deepEqual(part(drawn, "series.0.data"), [
    [1, 5],
    [3, null],
    [4, 7],
  ]);
  assert.deepEqual(part(drawn, "series.1.data"), [
    [2, 6],
    [4, 8],
  ]);
});

test("a point between two gaps of a long line has a mark", async () => {
  const query =
    "select i as x, case when i in (40, 42) then null else i end as y from range(90) t(i)";
  const drawn = await optionOf(line(), query);
  assert.equal(part(drawn, "series.0.symbol"), "none");
  assert.deepEqual(part(drawn, "series.0.data.41"), {
    value: [41, 41],
    symbol: "circle",
    symbolSize: 5,
  });
});

test("too many points or series are refused with what to do", async () => {
  await assert.rejects(optionOf(line(), "select i as x, i as y from range(5001) t(i)"), {
    code: "chart/too-many-points",
    hint: /^Aggregate/,
  });
  assert.ok(await optionOf(line(), "select i as x, i as y from range(5000) t(i)"));
  const query = "select 1 as x, i as y, i as s from range(22) t(i)";
  await assert.rejects(optionOf(line({ by: "s" }), query), { code: "chart/too-many-series" });
});

test("no rows give a chart that says so", async () => {
  const drawn = await optionOf(bar({ title: "Sales" }), "select 1 as x, 1 as y where false");
  assert.equal(part(drawn, "title.0.text"), "Sales");
  assert.equal(part(drawn, "title.1.text"), "No rows");
  assert.equal(part(drawn, "series"), undefined);
});

test("bars with long names lie, and their values are written at their ends", async () => {
  const query =
    "select 'a country with quite a long name ' || i as x, 1234.5 * (i - 1) as y from range(6) t(i)";
  const drawn = await optionOf(bar(), query);
  assert.equal(part(drawn, "yAxis.type"), "category");
  assert.equal(part(drawn, "series.0.data.0.label.formatter"), "−1\u202f235");
  assert.equal(part(drawn, "series.0.data.0.label.position"), "left");
  assert.equal(part(drawn, "series.0.data.2.label.position"), "right");
});

test("texts with control characters and broken surrogates become what every renderer takes", async () => {
  const drawn = await optionOf(
    bar({ title: "a\nb\u0000c\ud800" }),
    "select 'x' || chr(10) || chr(1) || 'y' as x, 1 as y",
  );
  assert.equal(part(drawn, "title.text"), "a b c\ufffd");
  assert.deepEqual(part(drawn, "xAxis.data"), ["x y"]);
});
