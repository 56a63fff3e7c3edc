/** Table versions as relations: files of every age and origin give exactly the table's columns and types. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Cell, Engine } from "../../src/engine/engine.ts";
import type { ScanFile, TableFiles } from "../../src/schema/table-files.ts";
import type { DataType, Field } from "../../src/schema/type.ts";
import { quoteText } from "../../src/sql/quote.ts";

let engine: Engine;
let folder: string;
let written = 0;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
  engine = await createDuckDB({ memoryLimit: "1GB" });
});
after(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const field = (name: string, type: DataType, metadata?: Record<string, unknown>): Field => ({
  name,
  type,
  nullable: true,
  ...(metadata === undefined ? {} : { metadata }),
});
const struct = (...fields: Field[]): DataType => ({ kind: "struct", fields });
const array = (element: DataType): DataType => ({ kind: "array", element, containsNull: true });
const map = (key: DataType, value: DataType): DataType => ({
  kind: "map",
  key,
  value,
  valueContainsNull: true,
});

/** A Parquet file with the rows of a query, as any writer might leave one. */
async function file(
  query: string,
  partitionValues: ScanFile["partitionValues"] = {},
  options = "",
): Promise<ScanFile> {
  written += 1;
  const path = join(folder, `${written}.parquet`);
  await engine.run(`COPY (${query}) TO ${quoteText(path)} (FORMAT parquet${options})`);
  return { path, partitionValues };
}

async function read(
  fields: Field[],
  files: ScanFile[],
  {
    mapping = "none",
    tail = "ORDER BY ALL",
  }: { mapping?: TableFiles["mapping"]; tail?: string } = {},
) {
  const query = `SELECT * FROM ${engine.relation({ fields, files, mapping })} AS t ${tail}`;
  const described = await engine.describe(query);
  const plain = fields.map(({ name, type }) => ({
    name,
    type: type === "void" ? "integer" : type,
  }));
  assert.deepEqual(
    described.map(({ name, type }) => ({ name, type: withoutMetadata(type) })),
    plain.map(({ name, type }) => ({ name, type: withoutMetadata(type) })),
  );
  return engine.rows(query);
}

function withoutMetadata(type: DataType): DataType {
  if (typeof type === "string" || type.kind === "decimal") return type;
  if (type.kind === "array") return { ...type, element: withoutMetadata(type.element) };
  if (type.kind === "map") {
    return { ...type, key: withoutMetadata(type.key), value: withoutMetadata(type.value) };
  }
  return struct(...type.fields.map(({ name, type: inner }) => field(name, withoutMetadata(inner))));
}

describe("files of different ages", () => {
  test("columns are found by name in any order and case, missing ones are null, others ignored", async () => {
    const rows = await read(
      [field("id", "long"), field("Name", "string"), field("gone", "void")],
      [
        await file("SELECT 'a' AS NAME, 1::INTEGER AS Id, 'x' AS _change_type"),
        await file("SELECT 2::BIGINT AS id"),
      ],
    );
    assert.deepEqual(rows, [
      { id: 1n, Name: "a", gone: null },
      { id: 2n, Name: null, gone: null },
    ]);
  });

  test("narrower types are widened", async () => {
    const widened: [DataType, string, Cell][] = [
      ["long", "7::TINYINT", 7n],
      ["integer", "7::SMALLINT", 7],
      ["double", "1.5::FLOAT", 1.5],
      ["double", "7::INTEGER", 7],
      [{ kind: "decimal", precision: 20, scale: 5 }, "1.25::DECIMAL(4, 2)", "1.25000"],
      [{ kind: "decimal", precision: 12, scale: 1 }, "7::INTEGER", "7.0"],
      ["timestamp_ntz", "'2024-02-29'::DATE", "2024-02-29T00:00:00"],
    ];
    for (const [type, sql, cell] of widened) {
      assert.deepEqual(await read([field("x", type)], [await file(`SELECT ${sql} AS x`)]), [
        { x: cell },
      ]);
    }
  });

  test("a time without a zone is an instant in UTC where the table says timestamp", async () => {
    const rows = await read(
      [field("t", "timestamp"), field("s", struct(field("t", "timestamp")))],
      [
        await file(
          "SELECT '2024-07-01 12:00:00'::TIMESTAMP AS t, {'t': '2024-07-01 12:00:00'::TIMESTAMP} AS s",
        ),
      ],
    );
    assert.deepEqual(rows, [{ t: "2024-07-01T12:00:00Z", s: { t: "2024-07-01T12:00:00Z" } }]);
  });

  test("nested values gain fields, widen and stay null where they are null", async () => {
    const item = struct(field("a", "long"), field("b", "string"));
    const rows = await read(
      [
        field("i", "integer"),
        field("s", item),
        field("l", array(item)),
        field("m", map("string", item)),
      ],
      [
        await file(
          "SELECT 1 AS i, {'a': 1::INTEGER} AS s, [{'a': 1::INTEGER}, NULL] AS l, MAP {'k': {'a': 2::INTEGER}} AS m",
        ),
        await file(
          "SELECT 2 AS i, NULL::STRUCT(B VARCHAR, c INTEGER) AS s, [{'B': 'x', 'c': 1}] AS l, NULL::MAP(VARCHAR, STRUCT(b VARCHAR)) AS m",
        ),
      ],
    );
    assert.deepEqual(rows, [
      {
        i: 1,
        s: { a: 1n, b: null },
        l: [{ a: 1n, b: null }, null],
        m: [{ key: "k", value: { a: 2n, b: null } }],
      },
      { i: 2, s: null, l: [{ a: null, b: "x" }], m: null },
    ]);
  });

  test("columns named like the reader's own, with quotes, or very long are columns like others", async () => {
    const names = [
      "file_index",
      "FILENAME",
      "file_row_number",
      "select",
      "a \"b\" 'c'",
      "é 😀.x",
      "n".repeat(300),
    ];
    const query = `SELECT ${names.map((name, index) => `${index} AS "${name.replaceAll('"', '""')}"`).join(", ")}`;
    const deleted = {
      ...(await file(`${query} UNION ALL ${query}`)),
      deletedRows: BigUint64Array.of(1n),
    };
    const rows = await read(
      [...names.map((name) => field(name, "integer")), field("p", "string")],
      [{ ...deleted, partitionValues: { p: "x" } }, await file(query, { p: "y" })],
    );
    const expected = Object.fromEntries(names.map((name, index) => [name, index]));
    assert.deepEqual(rows, [
      { ...expected, p: "x" },
      { ...expected, p: "y" },
    ]);
  });

  test("a path is not a pattern", async () => {
    const one = join(folder, "a*[b]?.parquet");
    const other = join(folder, "axb-.parquet");
    for (const [path, i] of [
      [one, 1],
      [other, 2],
    ] as const) {
      await engine.run(`COPY (SELECT ${i} AS i) TO ${quoteText(path)} (FORMAT parquet)`);
    }
    mkdirSync(join(folder, "p=9"));
    const inside = join(folder, "p=9", "it's 100%.parquet");
    await engine.run(`COPY (SELECT 3 AS i) TO ${quoteText(inside)} (FORMAT parquet)`);
    const files = [one, inside].map((path) => ({ path, partitionValues: {} }));
    assert.deepEqual(await read([field("i", "integer"), field("p", "integer")], files), [
      { i: 1, p: null },
      { i: 3, p: null },
    ]);
  });

  test("a table of partition columns alone, and one without columns to read, still count their rows", async () => {
    const two = await file("SELECT 1 AS other FROM range(2)", { p: "5" });
    assert.deepEqual(await read([field("p", "integer")], [two]), [{ p: 5 }, { p: 5 }]);
    assert.deepEqual(await read([field("v", "void")], [{ ...two, partitionValues: {} }]), [
      { v: null },
      { v: null },
    ]);
  });
});

describe("partition values", () => {
  test("come from the log's text, in every type and form", async () => {
    const cases: [DataType, string | null, Cell][] = [
      ["string", "a'b\"c/=%", "a'b\"c/=%"],
      ["string", "", null],
      ["string", null, null],
      ["string", "null", "null"],
      ["long", "-9223372036854775808", -9223372036854775808n],
      ["byte", "-128", -128],
      ["boolean", "true", true],
      ["float", "1.5", 1.5],
      ["double", "NaN", Number.NaN],
      ["double", "-Infinity", Number.NEGATIVE_INFINITY],
      ["double", "1.0E20", 1e20],
      [{ kind: "decimal", precision: 38, scale: 4 }, "-1.2500", "-1.2500"],
      ["date", "2024-02-29", "2024-02-29"],
      ["date", "-0043-03-15", "-0043-03-15"],
      ["date", "10000-01-01", "10000-01-01"],
      ["timestamp", "2024-02-29 01:02:03", "2024-02-29T01:02:03Z"],
      ["timestamp", "2024-02-29 01:02:03.000004", "2024-02-29T01:02:03.000004Z"],
      ["timestamp", "2024-02-29T01:02:03.000004Z", "2024-02-29T01:02:03.000004Z"],
      ["timestamp", "2024-02-29T01:02:03+02:00", "2024-02-28T23:02:03Z"],
      ["timestamp_ntz", "2024-02-29 01:02:03.5", "2024-02-29T01:02:03.500000"],
      ["timestamp_ntz", "2024-02-29T01:02:03Z", "2024-02-29T01:02:03"],
      ["binary", "\u0000\u0001A", Uint8Array.of(0, 1, 65)],
      ["binary", "\\u00ff\\u0041", Uint8Array.of(255, 65)],
    ];
    const { path } = await file("SELECT 1 AS i");
    for (const [type, text, cell] of cases) {
      const one = { path, partitionValues: { p: text } };
      const fields = [field("i", "integer"), field("p", type)];
      assert.deepEqual(await read(fields, [one]), [{ i: 1, p: cell }]);
      // Beside another value each file keeps its own.
      const rows = await read(fields, [{ path, partitionValues: { p: null } }, one], { tail: "" });
      assert.deepEqual(
        rows.map((row) => row.p).filter((value) => value !== null),
        cell === null ? [] : [cell],
      );
    }
  });

  test("stay with their files when a filter skips some", async () => {
    const files = await Promise.all(
      Array.from({ length: 9 }, (_, index) =>
        file(`SELECT ${index} AS i FROM range(3)`, { p: String(index % 4), q: `q${index}` }),
      ),
    );
    const fields = [field("p", "integer"), field("i", "integer"), field("q", "string")];
    const all = await read(fields, files);
    for (const [tail, keep] of [
      ["WHERE p = 2", (row: (typeof all)[number]) => row.p === 2],
      ["WHERE p = 2 AND i = 6", (row: (typeof all)[number]) => row.p === 2 && row.i === 6],
      ["WHERE i >= 7", (row: (typeof all)[number]) => Number(row.i) >= 7],
      ["WHERE q IN ('q1', 'q8') AND i <> 1", (row: (typeof all)[number]) => row.q === "q8"],
      ["WHERE p IS NULL", () => false],
    ] as const) {
      const rows = await read(fields, files, { tail: `${tail} ORDER BY ALL` });
      assert.deepEqual(rows, all.filter(keep), tail);
    }
  });
});

describe("column mapping", () => {
  const mapped = (name: string, type: DataType, id: number, physical: string) =>
    field(name, type, {
      "delta.columnMapping.id": id,
      "delta.columnMapping.physicalName": physical,
    });
  const fields = [
    mapped("id", "long", 1, "col-1"),
    mapped(
      "s",
      struct(
        mapped("x", "integer", 3, "col-3"),
        mapped("in'ner", struct(mapped("y", "string", 5, "col-5")), 4, "col-4"),
      ),
      2,
      "col-2",
    ),
    mapped("l", array(struct(mapped("e", "integer", 7, "col-7"))), 6, "col-6"),
    mapped("m", map("string", struct(mapped("v", "integer", 9, "col-9"))), 8, "col-8"),
    mapped("p", "string", 10, "col-10"),
    mapped("new", "string", 11, "col-11"),
  ];
  const query = `SELECT 1::BIGINT AS "col-1", {'col-3': 2, 'col-4': {'col-5': 'z'}} AS "col-2", [{'col-7': 3}, NULL] AS "col-6", MAP {'k': {'col-9': 4}} AS "col-8"
    UNION ALL SELECT 2, NULL, NULL, NULL`;
  const expected = [
    {
      id: 1n,
      s: { x: 2, "in'ner": { y: "z" } },
      l: [{ e: 3 }, null],
      m: [{ key: "k", value: { v: 4 } }],
      p: "x",
      new: null,
    },
    { id: 2n, s: null, l: null, m: null, p: "x", new: null },
  ];

  test("by name finds physical names at every level and gives logical ones", async () => {
    const rows = await read(fields, [await file(query, { p: "x" })], { mapping: "name" });
    assert.deepEqual(rows, expected);
  });

  test("by id finds top-level columns by their field id, whatever their name in the file", async () => {
    const ids =
      ', FIELD_IDS {other: 1, "col-2": {__duckdb_field_id: 2, "col-3": 3, "col-4": {__duckdb_field_id: 4, "col-5": 5}}, "col-6": {__duckdb_field_id: 6, element: {"col-7": 7}}, "col-8": 8}';
    const renamed = query.replace('"col-1"', "other");
    const rows = await read(fields, [await file(renamed, { p: "x" }, ids)], { mapping: "id" });
    assert.deepEqual(rows, expected);
  });
});

describe("deleted rows", () => {
  for (const [title, count] of [
    ["few", 100],
    ["many", 20_000],
  ] as const) {
    test(`${title} positions leave out their rows and no others`, async () => {
      const rows = 3 * count;
      const deletedRows = BigUint64Array.from({ length: count }, (_, index) =>
        BigInt(3 * index + 1),
      );
      const holed = await file(
        `SELECT i FROM range(${rows}) AS r(i)`,
        { p: "holed" },
        ", ROW_GROUP_SIZE 2048",
      );
      const whole = await file("SELECT i FROM range(10) AS r(i)", { p: "whole" });
      const other = {
        ...whole,
        partitionValues: { p: "other" },
        deletedRows: BigUint64Array.of(9n),
      };
      const relation = engine.relation({
        fields: [field("i", "long"), field("p", "string")],
        files: [whole, { ...holed, deletedRows }, other],
        mapping: "none",
      });
      const grouped = await engine.rows(
        `SELECT p, count(*) AS n, count(*) FILTER (i % 3 = 1) AS deleted FROM ${relation} AS t GROUP BY p ORDER BY p`,
      );
      assert.deepEqual(grouped, [
        { p: "holed", n: BigInt(2 * count), deleted: 0n },
        { p: "other", n: 9n, deleted: 3n },
        { p: "whole", n: 10n, deleted: 3n },
      ]);
      // Row groups that a filter skips still count in the positions.
      const last = await engine.rows(
        `SELECT i FROM ${relation} AS t WHERE i >= ${rows - 3} AND p = 'holed' ORDER BY i`,
      );
      assert.deepEqual(last, [{ i: BigInt(rows - 3) }, { i: BigInt(rows - 1) }]);
    });
  }
});

describe("the plan", () => {
  const explain = async (query: string) =>
    String((await engine.rows(`EXPLAIN (FORMAT json) ${query}`))[0]?.explain_value);

  test("a plain table is one scan that takes projection and filters", async () => {
    const files = [
      await file("SELECT i, 'x' || i AS t, i AS u FROM range(9) AS r(i)"),
      await file("SELECT 1::BIGINT AS i"),
    ];
    const relation = engine.relation({
      fields: [field("i", "long"), field("t", "string"), field("u", "long")],
      files,
      mapping: "none",
    });
    const plan = await explain(`SELECT t FROM ${relation} AS x WHERE i = 7 AND t > 'x'`);
    assert.match(plan, /i=7/);
    assert.match(plan, /t>'x'/);
    assert.doesNotMatch(plan, /"u"|JOIN|FILTER|UNION/);
  });

  test("filters reach the scan of files with partitions and deleted rows", async () => {
    const one = await file("SELECT i FROM range(9) AS r(i)", { p: "a" });
    const files = [
      { ...one, deletedRows: BigUint64Array.of(1n) },
      { ...one, partitionValues: { p: "b" }, deletedRows: BigUint64Array.of(2n) },
    ];
    const relation = engine.relation({
      fields: [field("i", "long"), field("p", "string")],
      files,
      mapping: "none",
    });
    assert.match(await explain(`SELECT i FROM ${relation} AS x WHERE i = 7`), /"Filters": ?"i=7/);
  });

  test("the number of rows that the log knows guides the optimizer", async () => {
    const one = { ...(await file("SELECT 1 AS i")), rows: 123_456n };
    const relation = engine.relation({
      fields: [field("i", "integer")],
      files: [one],
      mapping: "none",
    });
    assert.match(await explain(`SELECT i FROM ${relation} AS x`), /"123456"/);
  });

  test("thousands of files make a statement of a path and a value each", async () => {
    const { path } = await file("SELECT 1 AS i");
    const files = Array.from({ length: 3000 }, (_, index) => ({
      path,
      partitionValues: { p: String(index) },
      rows: 1n,
    }));
    const relation = engine.relation({
      fields: [field("i", "integer"), field("p", "integer")],
      files,
      mapping: "none",
    });
    assert.ok(relation.length < 3000 * (path.length + 20));
    assert.deepEqual(await engine.rows(`SELECT sum(i) AS i, sum(p) AS p FROM ${relation} AS t`), [
      { i: "3000", p: String((2999 * 3000) / 2) },
    ]);
    assert.ok(existsSync(path));
  });
});

test("a lone file with every column is read by name alone, in the table's types and order, and others are not", async () => {
  const fields = [field("day", "date"), field("b", "long"), field("a", "string")];
  const lone = {
    ...(await file("SELECT 'x' AS a, 1::INTEGER AS b, true AS surplus", { day: "2026-01-02" })),
    isComplete: true,
  };
  const row = { day: "2026-01-02", b: 1n, a: "x" };
  assert.doesNotMatch(engine.relation({ fields, files: [lone], mapping: "none" }), /schema = MAP/);
  assert.deepEqual(await read(fields, [lone]), [row]);
  assert.deepEqual(await read(fields, [{ ...lone, deletedRows: new BigUint64Array([0n]) }]), []);
  assert.deepEqual(await read(fields, [lone, lone]), [row, row]);
  const named = [field("filename", "string")];
  const odd = { ...(await file("SELECT 'mine' AS filename")), isComplete: true };
  assert.deepEqual(await read(named, [odd]), [{ filename: "mine" }]);
});
