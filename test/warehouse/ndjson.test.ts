/** Tests of NDJSON files: one JSON object for each row, with every digit. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBench } from "./bench.ts";

const ndjson = { format: "ndjson" } as const;

test("numbers keep every digit, and what JSON has no number for is text", async (t) => {
  const { text } = await openBench(t);
  const query = `select 9223372036854775807::bigint as long, 170141183460469231731687303715884105727::hugeint as huge,
    0.123456789012345678::decimal(18, 18) as small, -12345678901234567890.10::decimal(38, 2) as exact, 0.1::float as single, 1e300 as big,
    'nan'::double as nan, '-inf'::double as low, 'inf'::float as high, null::int as nothing`;
  assert.equal(
    await text(query, ndjson),
    '{"long":9223372036854775807,"huge":170141183460469231731687303715884105727,"small":0.123456789012345678,"exact":-12345678901234567890.10,"single":0.1,"big":1e+300,"nan":"NaN","low":"-Infinity","high":"Infinity","nothing":null}\n',
  );
});

test("every line is JSON, whatever the texts, keys and nested values hold", async (t) => {
  const { text } = await openBench(t);
  const query = `select 'a"b\\c' || chr(10) || chr(0) || chr(1) || '🙂,;''#' as "ke""y", [{n: 'x', d: [date '2022-01-01', null]}, null] as list,
    map {1: {b: 'a'::blob}, 2: null} as map, map {date '2022-01-01': 0.5::decimal(2, 2)} as days, [[true]] as deep, {"odd ""name""": 1} as struct, '[1]'::json as json`;
  const lines = (await text(`${query} union all ${query}`, ndjson)).split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], lines[1]);
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    'ke"y': "a\"b\\c\n\0\u0001🙂,;'#",
    list: [{ n: "x", d: ["2022-01-01", null] }, null],
    map: { 1: { b: "YQ==" }, 2: null },
    days: { "2022-01-01": 0.5 },
    deep: [[true]],
    struct: { 'odd "name"': 1 },
    json: "[1]",
  });
});

test("null and empty nested values are told apart", async (t) => {
  const { text } = await openBench(t);
  const query =
    "select null::int[] as a, []::int[] as b, null::struct(x int) as c, {x: null::int} as d, map {}::map(varchar, int) as e, null::map(varchar, int) as f";
  assert.equal(
    await text(query, ndjson),
    '{"a":null,"b":[],"c":null,"d":{"x":null},"e":{},"f":null}\n',
  );
});

test("instants are ISO 8601 with Z, wall-clock times without", async (t) => {
  const { text } = await openBench(t);
  const query =
    "select timestamptz '2022-01-01 09:30:00.000001+09' as at, timestamp '2022-01-01 00:30:00' as local, [timestamptz '2022-01-01 00:00:00+00'] as many";
  assert.equal(
    await text(query, ndjson),
    '{"at":"2022-01-01T00:30:00.000001Z","local":"2022-01-01T00:30:00","many":["2022-01-01T00:00:00Z"]}\n',
  );
});

test("titles name the members, formulas are left as they are, and no rows give an empty file", async (t) => {
  const { text } = await openBench(t);
  const columns = [{ name: "b", title: "=B" }];
  assert.equal(await text("select 1 as a, '=1' as b", { ...ndjson, columns }), '{"=B":"=1"}\n');
  assert.equal(await text("select 1 as a where false", ndjson), "");
});

test("columns may have the names that the SQL itself uses", async (t) => {
  const { text } = await openBench(t);
  const query =
    "select [1] as element_0, map {'k': [2]} as entry_0, [{entry_1: 3}] as line, 4 as copied";
  assert.equal(
    await text(query, ndjson),
    '{"element_0":[1],"entry_0":{"k":[2]},"line":[{"entry_1":3}],"copied":4}\n',
  );
});
