/** Statistics: true for every value of the file, in the form that other readers know. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseJsonWithNumbersAsText, renderJson } from "../../src/base/json.ts";
import { boundsOf } from "../../src/delta/bound.ts";
import { renderStatistics } from "../../src/delta/statistics.ts";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { layoutOf, physicalColumns } from "../../src/delta/table-spec.ts";
import type { ColumnStatistics } from "../../src/schema/table-files.ts";
import type { DataType } from "../../src/schema/type.ts";
import { localStorage } from "../../src/storage/local.ts";
import { CONFORMANCE } from "../conformance/case.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const statisticsOf = (text: string | undefined) =>
  parseJsonWithNumbersAsText(text ?? "") as Record<string, Record<string, unknown>>;

const bounds = (type: DataType, min?: string, max?: string, hasNan = false) => {
  const found: ColumnStatistics = { path: ["c"], type, nullCount: 0n, min, max, hasNan };
  return renderJson(boundsOf(type, found));
};

test("each type's bounds are written as the log writes that type", () => {
  assert.equal(
    bounds("long", "-9223372036854775808", "9223372036854775807"),
    '{"min":-9223372036854775808,"max":9223372036854775807}',
  );
  const decimal: DataType = { kind: "decimal", precision: 38, scale: 2 };
  assert.equal(
    bounds(decimal, "-0.10", "123456789012345678901234567890.10"),
    '{"min":-0.10,"max":123456789012345678901234567890.10}',
  );
  assert.equal(bounds("boolean", "false", "true"), '{"min":false,"max":true}');
  assert.equal(
    bounds("date", "1969-12-31", "2024-02-29"),
    '{"min":"1969-12-31","max":"2024-02-29"}',
  );
  assert.equal(bounds("double", "-1.5", "1e+30"), '{"min":-1.5,"max":1e+30}');
});

test("times are cut to the millisecond, the earliest down and the latest up, before 1970 too", () => {
  assert.equal(
    bounds("timestamp", "2024-01-01 00:00:00.123456+00", "2024-01-01 00:00:00.123456+00"),
    '{"min":"2024-01-01T00:00:00.123Z","max":"2024-01-01T00:00:00.124Z"}',
  );
  assert.equal(
    bounds("timestamp_ntz", "1969-12-31 23:59:59.9999", "1969-12-31 23:59:59.9999"),
    '{"min":"1969-12-31T23:59:59.999","max":"1970-01-01T00:00:00.000"}',
  );
  assert.equal(
    bounds("timestamp", "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z"),
    '{"min":"2024-01-01T00:00:00.500Z","max":"2024-01-01T00:00:00.000Z"}',
  );
});

test("zero is written so that it is true whichever way a reader orders the two zeros", () => {
  assert.equal(bounds("double", "0.0", "-0.0"), '{"min":-0.0,"max":0.0}');
  assert.equal(bounds("float", "0", "0"), '{"min":-0.0,"max":0.0}');
});

test("long texts are cut, and the cut largest one is still not less than any value", () => {
  const long = "a".repeat(40);
  assert.equal(
    bounds("string", long, long),
    `{"min":"${"a".repeat(32)}","max":"${"a".repeat(32)}\u007f"}`,
  );
  const emoji = "🎉".repeat(40);
  const found = JSON.parse(bounds("string", emoji, emoji) ?? "");
  assert.equal(found.min, "🎉".repeat(32));
  assert.ok(Buffer.compare(Buffer.from(found.max), Buffer.from(emoji)) > 0);
  const last = `${"a".repeat(31)}${"\u{10FFFF}".repeat(3)}b`;
  const raised = JSON.parse(bounds("string", last, last) ?? "").max;
  assert.ok(Buffer.compare(Buffer.from(raised), Buffer.from(last)) > 0);
  const exact = `${"a".repeat(31)}ü`;
  assert.equal(JSON.parse(bounds("string", exact, exact) ?? "").max, exact);
});

test("the cut largest text is above every text it was cut from, in the order of UTF-8", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  const points = [
    0x61, 0x7e, 0x7f, 0x80, 0xfc, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x1f389, 0x10fffe,
    0x10ffff,
  ];
  for (let round = 0; round < 500; round += 1) {
    const text = Array.from({ length: 28 + random(12) }, () =>
      String.fromCodePoint(points[random(points.length)] ?? 0),
    ).join("");
    const { min, max } = JSON.parse(bounds("string", text, text) ?? "");
    assert.ok(Buffer.compare(Buffer.from(min), Buffer.from(text)) <= 0, text);
    assert.ok(Buffer.compare(Buffer.from(max), Buffer.from(text)) >= 0, text);
  }
});

test("an unknown bound is given as wide as its type where that is true, and else not at all", () => {
  assert.equal(bounds("integer"), '{"min":-2147483648,"max":2147483647}');
  assert.equal(bounds({ kind: "decimal", precision: 4, scale: 2 }), '{"min":-99.99,"max":99.99}');
  assert.equal(JSON.parse(bounds("string", "x") ?? "").min, "x");
  assert.equal(bounds("double"), undefined);
  assert.equal(bounds("date", "0044-03-15 (BC)", "2024-01-01"), undefined);
  assert.equal(bounds("double", "-inf", "1"), undefined);
  assert.equal(bounds("double", "0", "1", true), undefined);
});

const allTypes = [
  column("t", "byte"),
  column("s", "short"),
  column("i", "integer"),
  column("l", "long"),
  column("f", "float"),
  column("d", "double"),
  column("b", "boolean"),
  column("x", "string"),
  column("y", "binary"),
  column("day", "date"),
  column("at", "timestamp"),
  column("m", { kind: "decimal", precision: 38, scale: 10 }),
  column("o", {
    kind: "struct",
    fields: [
      column("in", "long"),
      column("xs", { kind: "array", element: "long", containsNull: true }),
    ],
  }),
  column("xs", { kind: "array", element: "string", containsNull: true }),
  column("kv", { kind: "map", key: "string", value: "long", valueContainsNull: true }),
];
const allValues = `SELECT 1::TINYINT AS t, 2::SMALLINT AS s, 3::INTEGER AS i, 9007199254740993::BIGINT AS l, 0.1::FLOAT AS f, 2.5::DOUBLE AS d, TRUE AS b, 'x' AS x, 'y'::BLOB AS y, DATE '2024-02-29' AS day, TIMESTAMPTZ '2024-02-29 12:00:00.123456+00' AS at, 1234567890123456789012345678.0123456789::DECIMAL(38, 10) AS m, {'in': 5::BIGINT, 'xs': [1::BIGINT]} AS o, ['a'] AS xs, MAP {'k': 1::BIGINT} AS kv`;

test("a real file's statistics hold every type that is ordered, nested as the columns are", async () => {
  const base = await lake.create("all", { fields: allTypes });
  const [file] = (await lake.append(base, allValues)).files;
  const bound = {
    t: "1",
    s: "2",
    i: "3",
    l: "9007199254740993",
    f: "0.1",
    d: "2.5",
    b: true,
    x: "x",
    day: "2024-02-29",
    m: "1234567890123456789012345678.0123456789",
    o: { in: "5" },
  };
  const found = statisticsOf(file?.stats);
  assert.deepEqual(found.numRecords, "1");
  assert.deepEqual(found.minValues, { ...bound, at: "2024-02-29T12:00:00.123Z" });
  assert.deepEqual(found.maxValues, { ...bound, at: "2024-02-29T12:00:00.124Z" });
  assert.equal(found.nullCount?.x, "0");
  assert.deepEqual(found.nullCount?.o, { in: "0" });
});

test("a file with a value that has no bound has no bounds at all, as half of them misleads a reader", async () => {
  const base = await lake.create("nan", { fields: [column("l", "long"), column("d", "double")] });
  const [file] = (await lake.append(base, "SELECT 1::BIGINT AS l, 'nan'::DOUBLE AS d")).files;
  assert.deepEqual(statisticsOf(file?.stats), { numRecords: "1", nullCount: { l: "0", d: "0" } });
});

test("a column that is null throughout has no bounds and takes nobody else's away", async () => {
  const base = await lake.create("nulls", { fields: [column("l", "long"), column("x", "string")] });
  const [file] = (await lake.append(base, "SELECT 1::BIGINT AS l, NULL::VARCHAR AS x")).files;
  const found = statisticsOf(file?.stats);
  assert.deepEqual(found.minValues, { l: "1" });
  assert.deepEqual(found.nullCount, { l: "0", x: "1" });
});

test("texts of any length keep their file's bounds", async () => {
  const base = await lake.create("long-text", {
    fields: [column("l", "long"), column("x", "string")],
  });
  const [file] = (await lake.append(base, "SELECT 1::BIGINT AS l, repeat('ü', 100000) AS x")).files;
  const found = statisticsOf(file?.stats);
  assert.equal(found.minValues?.l, "1");
  assert.equal(typeof found.maxValues?.x, "string");
});

test("the table's owner says which columns get statistics, and one that gets none has no empty bounds", async () => {
  const inner: DataType = {
    kind: "struct",
    fields: [column("x.y", "long"), column("z", "long")],
  };
  const fields = [
    column("a", "long"),
    column("b", "long"),
    column("c, d", "long"),
    column("s", inner),
  ];
  const row = `SELECT 1::BIGINT AS a, 2::BIGINT AS b, 3::BIGINT AS "c, d", {'x.y': 4::BIGINT, 'z': 5::BIGINT} AS s`;
  const some = async (folder: string, configuration: Record<string, string>) => {
    const base = await lake.create(folder, { fields, configuration });
    const { numRecords, nullCount, ...bounds } = statisticsOf(
      (await lake.append(base, row)).files[0]?.stats,
    );
    assert.equal(numRecords, "1");
    assert.equal(Object.keys(nullCount ?? {}).length, Object.keys(bounds.minValues ?? {}).length);
    return bounds;
  };
  const key = "delta.dataSkippingStatsColumns";
  const logical = async (folder: string, named: string) => {
    const { minValues } = await some(folder, { [key]: named });
    const values = Object.values(minValues ?? {}).flatMap((value) =>
      typeof value === "string" ? [value] : Object.values(value as Record<string, string>),
    );
    return values.toSorted();
  };
  assert.deepEqual(await logical("first", "B, a"), ["1", "2"]);
  assert.deepEqual(await logical("quoted", "`c, d`,s.`x.y`"), ["3", "4"]);
  assert.deepEqual(await logical("whole", " S "), ["4", "5"]);
  const two = await some("two", { "delta.dataSkippingNumIndexedCols": "2" });
  assert.deepEqual(Object.values(two.minValues ?? {}), ["1", "2"]);
  assert.deepEqual(await some("none", { "delta.dataSkippingNumIndexedCols": "0" }), {});
});

test("a table of many columns has bounds of all, as a reader takes one that lacks them for one without rows", async () => {
  const fields = Array.from({ length: 40 }, (_, index) => column(`c${index}`, "long"));
  const base = await lake.create("wide", { fields });
  const row = `SELECT ${fields.map(({ name }, index) => `${index}::BIGINT AS ${name}`).join(", ")}`;
  const [file] = (await lake.append(base, row)).files;
  assert.equal(Object.keys(statisticsOf(file?.stats).minValues ?? {}).length, 40);
});

test("a file of nothing but nulls has no bounds, and no empty objects in their place", async () => {
  const base = await lake.create("all-null", { fields: [column("l", "long")] });
  const [file] = (await lake.append(base, "SELECT NULL::BIGINT AS l")).files;
  assert.deepEqual(statisticsOf(file?.stats), { numRecords: "1", nullCount: { l: "1" } });
});

test("Parquet's own field ids stand in the schema of no table without column mapping", async () => {
  const withId = (name: string, id: number) => ({
    ...column(name, "long"),
    metadata: { "parquet.field.id": id, comment: "kept" },
  });
  const inner: DataType = { kind: "struct", fields: [withId("x", 2)] };
  const base = await lake.create("ids", { fields: [withId("a", 1), column("s", inner)] });
  assert.ok(!JSON.stringify(base.metadata.fields).includes("parquet.field.id"));
  assert.equal(base.metadata.fields[0]?.metadata?.comment, "kept");
  const filled = await lake.append(base, "SELECT 1::BIGINT AS a, {'x': 2::BIGINT} AS s");
  const [{ path } = { path: "" }] = filled.files;
  const ids = await lake.engine.rows(
    `SELECT name, field_id FROM parquet_schema('${join(lake.root, "ids", path)}') WHERE field_id IS NOT NULL`,
  );
  assert.deepEqual(ids, []);
});

test("our statistics of a file that Spark wrote agree with Spark's own", async (context) => {
  const folder = join(CONFORMANCE, "kernel-rs/stats-writing-all-types");
  if (!existsSync(folder)) {
    return context.diagnostic("the conformance cases are not on this machine");
  }
  const outside = { ...lake.context, storage: localStorage(folder) };
  const snapshot = await openSnapshot(outside, "delta");
  assert.ok(snapshot !== undefined);
  const rows = `SELECT * FROM ${lake.engine.relation(await scan(outside, snapshot))}`;
  const ours = await lake.staged({ shape: snapshot }, rows, async ([file]) => {
    assert.ok(file !== undefined);
    return statisticsOf(renderStatistics(file, layoutOf(snapshot)));
  });
  const spark = statisticsOf(snapshot.files[0]?.stats);
  assert.equal(ours.numRecords, spark.numRecords);
  const names = new Map(physicalColumns(snapshot).map((each) => [each.physicalName, each.name]));
  // Engines tell nothing of how many lists and maps are null.
  const untold = ["array_col", "map_col"];
  for (const kind of ["minValues", "maxValues", "nullCount"] as const) {
    for (const [name, theirs] of Object.entries(spark[kind] ?? {})) {
      if (untold.includes(names.get(name) ?? "")) continue;
      assert.deepEqual(ours[kind]?.[name], theirs, `${kind} of ${names.get(name)}`);
    }
  }
});
