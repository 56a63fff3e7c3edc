/** What is written: types that a table can hold, statistics that are true, partition values as the log's text. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ColumnStatistics, WrittenFile } from "../../src/schema/table-files.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";

let engine: Engine;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
  engine = await createDuckDB({ memoryLimit: "1GB" });
});
after(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function writeOne(query: string): Promise<WrittenFile> {
  const [file, ...more] = await engine.write(query, { folder });
  assert.ok(file !== undefined && more.length === 0);
  return file;
}

async function statisticsOf(query: string): Promise<ColumnStatistics> {
  const [column] = (await writeOne(query)).columns;
  assert.ok(column);
  return column;
}

describe("statistics", () => {
  for (const [type, values] of Object.entries({
    TINYINT: ["-128", "127", null],
    SMALLINT: ["-32768", "32767"],
    INTEGER: ["-2147483648", "2147483647"],
    BIGINT: ["-9223372036854775808", "9223372036854775807", null],
    UTINYINT: ["0", "255"],
    USMALLINT: ["0", "65535"],
    UINTEGER: ["0", "4294967295"],
    UBIGINT: ["0", "18446744073709551615"],
    HUGEINT: ["-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"],
    FLOAT: ["-1.5", "3.4e38", "1e-45"],
    DOUBLE: ["-1.5", "1.7976931348623157e308", "Infinity"],
    "DECIMAL(4, 2)": ["-1.50", "99.99"],
    "DECIMAL(9, 2)": ["-1.50", "9999999.99"],
    "DECIMAL(18, 4)": ["-1.5", "99999999999999.9999"],
    "DECIMAL(38, 10)": ["-1.5", "9999999999999999999999999999.9999999999"],
    BOOLEAN: ["true", "false", null],
    VARCHAR: ["", "zz", "ü", "😀", "\uffff", 'it\'s "x"', null],
    DATE: ["0001-01-01", "9999-12-31", "-0043-03-15", "infinity"],
    TIMESTAMP: ["0001-01-01", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.000001"],
    TIMESTAMPTZ: ["0001-01-01 00:00:00Z", "2024-07-01 12:00:00.000001+02:00"],
    TIMESTAMP_S: ["2020-01-01", "2020-01-02"],
    TIMESTAMP_MS: ["2020-01-01 00:00:00.123"],
    TIMESTAMP_NS: ["2020-01-01 00:00:00.123456"],
    TIME: ["12:00:00", "13:00:00.5"],
    INTERVAL: ["1 month"],
    UUID: ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "ENUM ('b', 'a')": ["a"],
    BIT: ["0101"],
    BIGNUM: ["1234567890123456789012345678901234567890"],
    JSON: ['{"a": 1}'],
  })) {
    test(`of ${type} are the smallest and the largest value, and reading back gives the same values`, async () => {
      const list = values.map((value) => (value === null ? "NULL" : quoteText(value))).join(", ");
      const query = `SELECT unnest(CAST([${list}] AS VARCHAR[])::${type}[]) AS x`;
      const file = await writeOne(query);
      const [column] = file.columns;
      const [described] = await engine.describe(query);
      const relation = engine.relation({
        fields: [{ name: "x", type: column?.type ?? "void", nullable: true }],
        files: [file],
        mapping: "none",
      });
      const [read] = await engine.rows(
        `SELECT CAST(min(x) AS VARCHAR) AS lo, CAST(max(x) AS VARCHAR) AS hi, count(*) - count(x) AS n FROM ${relation} AS t`,
      );
      assert.deepEqual(column, {
        path: ["x"],
        type: described?.type,
        nullCount: read?.n,
        min: read?.lo,
        max: read?.hi,
        hasNan: false,
      });
      const text = (rows: unknown) =>
        JSON.stringify(rows, (_, cell) => (typeof cell === "bigint" ? `${cell}` : cell));
      assert.equal(
        text(await engine.rows(`SELECT x FROM ${relation} AS t ORDER BY CAST(x AS VARCHAR)`)),
        text(await engine.rows(`${query} ORDER BY CAST(x AS VARCHAR)`)),
      );
    });
  }

  test("tell of NaN in whatever row group it stands, at whatever depth", async () => {
    for (const place of [5, 150_000, 299_999]) {
      const { columns } = await writeOne(
        `SELECT 'a' AS first, CASE WHEN i = ${place} THEN 'nan'::DOUBLE ELSE i END AS x, {'y.z': x::FLOAT, 'n': i::DOUBLE} AS s FROM range(300000) AS r(i)`,
      );
      assert.deepEqual(
        columns.map(({ path, hasNan }) => [path.join("/"), hasNan]),
        [
          ["first", false],
          ["x", true],
          ["s/y.z", true],
          ["s/n", false],
        ],
      );
    }
    const only = await statisticsOf("SELECT 'nan'::FLOAT AS x");
    assert.deepEqual([only.hasNan, only.min, only.max], [true, undefined, undefined]);
    const none = await statisticsOf(
      "SELECT CASE WHEN i < 150000 THEN i END::DOUBLE AS x FROM range(300000) AS r(i)",
    );
    assert.deepEqual([none.hasNan, none.min, none.max], [false, "0.0", "149999.0"]);
  });

  test("are whole where a column is null throughout a row group", async () => {
    const values =
      "i AS a, 't' || i AS b, i / 2 AS c, '2020-01-01'::DATE + i::INTEGER AS d, i % 2 = 0 AS e, i::DECIMAL(20, 2) AS f, to_timestamp(i) AS g";
    for (const kept of [
      "i < 1000",
      "i > 299000",
      "i BETWEEN 150000 AND 150100",
      "i NOT BETWEEN 100000 AND 250000",
    ]) {
      const query = `SELECT ${values.replaceAll(/(?<=^|, )(.*?) AS (?=[a-g](,|$))/g, `CASE WHEN ${kept} THEN $1 END AS `)} FROM range(300000) AS r(i)`;
      const { columns } = await writeOne(query);
      const bounds = await engine.rows(
        `SELECT ${columns.map(({ path: [name] }) => `[CAST(min(${name}) AS VARCHAR), CAST(max(${name}) AS VARCHAR), CAST(count(*) - count(${name}) AS VARCHAR)] AS ${name}`).join(", ")} FROM (${query})`,
      );
      const found = columns.map(({ path, min, max, nullCount }) => [
        path[0],
        [min, max, String(nullCount)],
      ]);
      assert.deepEqual(found, Object.entries(bounds[0] ?? {}));
    }
  });

  test("of a column of nulls count them and have no bounds", async () => {
    const column = await statisticsOf("SELECT NULL::VARCHAR AS x FROM range(3)");
    assert.deepEqual([column.nullCount, column.min, column.max], [3n, undefined, undefined]);
  });

  test("of binary have no bounds", async () => {
    const column = await statisticsOf("SELECT 'a'::BLOB AS x");
    assert.deepEqual(
      [column.type, column.min, column.max, column.nullCount],
      ["binary", undefined, undefined, 0n],
    );
  });

  test("of long texts bound every text, whatever its letters and wherever it stands", async () => {
    for (const letter of ["z", "é", "😀", "\u007f", "\u{10ffff}"]) {
      for (const place of [5, 299_999]) {
        const query = `SELECT CASE WHEN i = ${place} THEN repeat('${letter}', 300) ELSE 'm' END AS x, {'deep': x, 'l': [x]} AS s FROM range(300000) AS r(i)`;
        const { columns } = await writeOne(query);
        const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
        const text = letter.repeat(300);
        for (const key of ["x", "s.deep"]) {
          const column = columns.find(({ path }) => path.join(".") === key);
          const low = compare(text, "m") < 0 ? text : "m";
          const high = compare(text, "m") < 0 ? "m" : text;
          assert.ok(
            column?.min !== undefined && compare(column.min, low) <= 0,
            `${key} of ${letter}`,
          );
          assert.ok(
            column?.max !== undefined && compare(column.max, high) >= 0,
            `${key} of ${letter}`,
          );
        }
      }
    }
  });

  test("of nested columns are found by paths of names, whatever stands in them", async () => {
    const odd = ['q"uote', "a.b", "it's", "é 😀", "element", "n".repeat(300)];
    for (const name of odd) {
      const { columns } = await writeOne(
        `SELECT struct_pack(${quoteName(name)} := [struct_pack(${quoteName(name)} := 7)]) AS ${quoteName(name)}, MAP {'k': 1.5::DECIMAL(4, 2)} AS m`,
      );
      assert.deepEqual(
        columns.map(({ path, min, max }) => ({ path, min, max })),
        [
          { path: [name, name, "element", name], min: "7", max: "7" },
          { path: ["m", "key"], min: "k", max: "k" },
          { path: ["m", "value"], min: "1.50", max: "1.50" },
        ],
      );
    }
  });
});

describe("partitions", () => {
  const partitionsOf = async (type: string, values: readonly (string | null)[]) => {
    const list = values.map((value) => (value === null ? "NULL" : quoteText(value))).join(", ");
    const files = await engine.write(
      `SELECT 1 AS i, unnest(CAST([${list}] AS VARCHAR[])::${type}[]) AS "p ""q/="`,
      { folder, partitionBy: ['p "q/='] },
    );
    return files.map((file) => file.partitionValues['p "q/=']);
  };

  test("hold any text, without a folder that has to carry it in its name", async () => {
    const texts = [
      "a b/c",
      "50%25",
      'it\'s "x"',
      "é 😀",
      "a=b",
      "__HIVE_DEFAULT_PARTITION__",
      "..",
      "l".repeat(400),
      "\n",
      "null",
    ];
    const found = await partitionsOf("VARCHAR", [...texts, null, ""]);
    assert.deepEqual(new Set(found), new Set([...texts, null]));
    assert.equal(found.length, texts.length + 2);
    assert.ok(readdirSync(folder).every((name) => name.endsWith(".parquet")));
  });

  for (const [type, values, texts] of [
    ["DATE", ["2024-02-29", "-0043-03-15"], ["2024-02-29", "-0043-03-15"]],
    ["TIMESTAMP", ["2024-02-29 01:02:03.000004"], ["2024-02-29 01:02:03.000004"]],
    [
      "TIMESTAMPTZ",
      ["2024-02-29 01:02:03.5+02:00", "2024-02-29 01:02:03Z"],
      ["2024-02-28T23:02:03.5Z", "2024-02-29T01:02:03Z"],
    ],
    ["BOOLEAN", ["true", null], ["true", null]],
    ["DOUBLE", ["nan", "-infinity", "0.1"], ["NaN", "-Infinity", "0.1"]],
    ["DECIMAL(9, 3)", ["1.5"], ["1.500"]],
    ["BIGINT", ["-9223372036854775808"], ["-9223372036854775808"]],
    ["UUID", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
    ["BLOB", ["a'\\x5C\\x00b", "\\x5Cx41"], ["a'\\\u0000b", "\\x41"]],
  ] as const) {
    test(`of type ${type} are named as the Delta log writes them`, async () => {
      assert.deepEqual(new Set(await partitionsOf(type, values)), new Set(texts));
    });
  }

  test("of binary that is not text are refused", async () => {
    await assert.rejects(partitionsOf("BLOB", ["\\xFF"]), { code: "engine/partition-value" });
  });

  test("of several columns, and of good and bad rows in one pass, tell the rows apart", async () => {
    const files = await engine.write(
      "SELECT i, i % 3 AS k, i < 250000 AS _ok FROM range(300000) AS r(i)",
      { folder, partitionBy: ["_ok", "k"] },
    );
    const rows = (ok: string) =>
      files
        .filter((file) => file.partitionValues._ok === ok)
        .reduce((sum, file) => sum + file.rows, 0n);
    assert.deepEqual([rows("true"), rows("false")], [250_000n, 50_000n]);
    assert.equal(new Set(files.map((file) => file.partitionValues.k)).size, 3);
  });
});

describe("files", () => {
  test("hold the types that the table says, without columns that are void", async () => {
    const file = await writeOne(
      "SELECT 1::UBIGINT AS a, uuid() AS b, [{'x': 1::HUGEINT, 'y': '{}'::JSON}] AS c, INTERVAL 1 day AS d, '2020-01-01'::TIMESTAMP_NS AS e, [1, 2]::UTINYINT[2] AS f;",
    );
    const described = await engine.rows(`DESCRIBE FROM read_parquet('${file.path}')`);
    assert.deepEqual(
      described.map((row) => row.column_type),
      [
        "DECIMAL(20,0)",
        "VARCHAR",
        "STRUCT(x DECIMAL(38,0), y VARCHAR)[]",
        "VARCHAR",
        "TIMESTAMP",
        "SMALLINT[]",
      ],
    );
  });

  test("carry no field ids unless asked to, and then at every level", async () => {
    const query = "SELECT 1 AS a, {'b c': [2]} AS s";
    const plain = await engine.write(query, { folder });
    const mapped = await engine.write(query, {
      folder,
      fieldIds: { a: 1, s: { __duckdb_field_id: 2, "b c": { __duckdb_field_id: 3, element: 4 } } },
    });
    const idsOf = async (files: WrittenFile[]) =>
      (
        await engine.rows(
          `SELECT field_id FROM parquet_schema('${files[0]?.path}') WHERE field_id IS NOT NULL ORDER BY ALL`,
        )
      ).map((row) => row.field_id);
    assert.deepEqual([await idsOf(plain), await idsOf(mapped)], [[], [1n, 2n, 3n, 4n]]);
  });

  test("give a negative zero to whoever asks for zero, at whatever depth", async () => {
    for (const type of ["FLOAT", "DOUBLE"]) {
      const zero = `(CASE WHEN range = 5 THEN '1' ELSE '-0.0' END)::${type}`;
      const { path } = await writeOne(`SELECT ${zero} AS x, {'y': ${zero}} AS s FROM range(10)`);
      for (const place of ["x", "s.y"]) {
        const [found] = await engine.rows(`SELECT count(*) AS n FROM '${path}' WHERE ${place} = 0`);
        assert.equal(found?.n, 9n, `${type} ${place}`);
      }
    }
  });

  test("never take a name twice, and what was there stays", async () => {
    const first = await writeOne("SELECT 1 AS a");
    const second = await writeOne("SELECT 1 AS a");
    assert.notEqual(first.path, second.path);
    assert.ok(existsSync(first.path) && existsSync(second.path));
  });

  test("are not made of two columns that differ only by case, or by a partition column that is not there", async () => {
    await assert.rejects(engine.write("SELECT 1 AS a, 2 AS A", { folder }), {
      code: "engine/sql",
      message: /two columns/,
    });
    await assert.rejects(engine.write("SELECT 1 AS a", { folder, partitionBy: ["b"] }), {
      code: "engine/sql",
      message: /no column "b"/,
    });
  });
});
