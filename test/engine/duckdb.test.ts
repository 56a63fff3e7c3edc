/** DuckDB as an engine: the contract, its cells of every type, its limits and what it leaves behind. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { sqlFaultOf } from "../../src/engine/fault.ts";
import { engineContract } from "../contract/engine.ts";

test("naming the engine does not load its driver", () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.deepEqual(
    loaded.filter((file) => file.includes("duckdb")),
    [],
  );
});

engineContract(() => createDuckDB({ memoryLimit: "1GB" }));

describe("DuckDB", () => {
  let engine: Engine;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
    engine = await createDuckDB({ memoryLimit: "1GB", tempFolder: folder });
  });
  after(() => {
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [sql, cell, type] of [
    ["255::UTINYINT", 255, "short"],
    ["65535::USMALLINT", 65535, "integer"],
    ["4294967295::UINTEGER", 4294967295n, "long"],
    ["18446744073709551615::UBIGINT", "18446744073709551615", "decimal(20,0)"],
    ["(-5)::HUGEINT", "-5", "decimal(38,0)"],
    ["340282366920938463463::UHUGEINT", "340282366920938463463", "decimal(38,0)"],
    [
      "'1234567890123456789012345678901234567890'::BIGNUM",
      "1234567890123456789012345678901234567890",
      "string",
    ],
    ["(-1)::TINYINT", -1, "byte"],
    ["1.5::FLOAT", 1.5, "float"],
    ["'-Infinity'::DOUBLE", Number.NEGATIVE_INFINITY, "double"],
    ["'-0.05'::DECIMAL(4, 2)", "-0.05", "decimal(4,2)"],
    [
      "'99999999999999999999999999999999999.999'::DECIMAL(38, 3)",
      "99999999999999999999999999999999999.999",
      "decimal(38,3)",
    ],
    ["'a'::BLOB", Uint8Array.of(97), "binary"],
    [
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      "string",
    ],
    ["'b'::ENUM ('a', 'b')", "b", "string"],
    ["'12:34:56.789'::TIME", "12:34:56.789", "string"],
    ["'12:34:56+02'::TIMETZ", "12:34:56+02", "string"],
    ["INTERVAL '1 month 2 days'", "1 month 2 days", "string"],
    ["'0101'::BIT", "0101", "string"],
    ["'{\"a\": 1}'::JSON", '{"a": 1}', "string"],
    ["union_value(n := 5)", "5", "string"],
    ["'0044-03-15 (BC)'::DATE", "-0043-03-15", "date"],
    ["'0001-01-01 (BC)'::DATE", "0000-01-01", "date"],
    ["'infinity'::DATE", "infinity", "date"],
    ["'10000-12-31'::DATE", "10000-12-31", "date"],
    ["'-infinity'::TIMESTAMPTZ", "-infinity", "timestamp"],
    ["'1969-12-31 23:59:59.999999'::TIMESTAMP", "1969-12-31T23:59:59.999999", "timestamp_ntz"],
    ["'2020-01-01 00:00:01'::TIMESTAMP_S", "2020-01-01T00:00:01", "timestamp_ntz"],
    ["'2020-01-01 00:00:00.123'::TIMESTAMP_MS", "2020-01-01T00:00:00.123000", "timestamp_ntz"],
    [
      "'2020-01-01 00:00:00.123456789'::TIMESTAMP_NS",
      "2020-01-01T00:00:00.123456",
      "timestamp_ntz",
    ],
    ["[1, NULL]::INTEGER[2]", [1, null], "array"],
    ["[{'d': [1.50]}]", [{ d: ["1.50"] }], "array"],
    [
      "MAP {'k': {'n': 1::BIGINT}, 'l': NULL}",
      [
        { key: "k", value: { n: 1n } },
        { key: "l", value: null },
      ],
      "map",
    ],
    ["{'a b': NULL::DATE}", { "a b": null }, "struct"],
  ] as const) {
    test(`${sql} is a cell of type ${type}`, async () => {
      const query = `SELECT ${sql} AS x`;
      const [row] = await engine.rows(query);
      assert.deepEqual(row?.x, cell);
      const described = (await engine.describe(query))[0]?.type;
      assert.ok(described !== undefined);
      const found =
        typeof described === "string"
          ? described
          : described.kind === "decimal"
            ? `decimal(${described.precision},${described.scale})`
            : described.kind;
      assert.equal(found, type);
    });
  }

  test("instants mean UTC, whatever the machine's zone", async () => {
    assert.deepEqual(await engine.rows("SELECT '2024-07-01 12:00:00'::TIMESTAMPTZ AS t"), [
      { t: "2024-07-01T12:00:00Z" },
    ]);
  });

  test("a SQL error knows line and column in characters", async () => {
    const query = "SELECT 'ü😀' AS x,\n  nope FROM range(3)";
    const error = await engine.rows(query).catch((caught: unknown) => caught);
    assert.deepEqual(sqlFaultOf(error)?.place, { offset: 21, line: 2, column: 3 });
    assert.equal(sqlFaultOf(error)?.kind, "Binder");
  });

  test("an error while a query is written points into the query, not into what stands around it", async () => {
    const query =
      "SELECT\n  CAST(x AS INTEGER) AS y, uuid() AS u FROM (VALUES ('1'), ('ü')) AS t(x);";
    const error = await engine.write(query, { folder }).catch((caught: unknown) => caught);
    assert.deepEqual(sqlFaultOf(error)?.place, { offset: 9, line: 2, column: 3 });
  });

  test("a file that is not Parquet is engine/file-damaged", async () => {
    await engine.run(
      `COPY (SELECT 'just text, long enough to have a footer') TO '${folder}/text.parquet' (FORMAT csv)`,
    );
    await assert.rejects(engine.rows(`FROM read_parquet('${folder}/text.parquet')`), {
      code: "engine/file-damaged",
    });
  });

  test("a sort far over the memory limit spills to disk and ends right", async () => {
    const small = await createDuckDB({ memoryLimit: "256MB", threads: 2, tempFolder: folder });
    try {
      // Rows of about 330 MB, numbered in the order of their hashes.
      const [row] = await small.rows(
        "SELECT count(*) AS n, max(k) AS k FROM (SELECT row_number() OVER (ORDER BY h) AS k, h || h || h AS wide FROM (SELECT md5(CAST(i AS VARCHAR)) AS h FROM range(3000000) AS r(i))) AS t WHERE length(wide) = 96",
      );
      assert.deepEqual(row, { n: 3_000_000n, k: 3_000_000n });
    } finally {
      small.close();
    }
  });

  test("what cannot spill is engine/out-of-memory, what cannot be written engine/disk-full", async () => {
    const tiny = await createDuckDB({ memoryLimit: "64MB", threads: 2, tempFolder: folder });
    try {
      await assert.rejects(
        tiny.rows("SELECT list(i), list(CAST(i AS VARCHAR)) FROM range(20000000) AS r(i)"),
        { code: "engine/out-of-memory", hint: /memory limit/ },
      );
      await tiny.run("SET max_temp_directory_size = '100KB'");
      await assert.rejects(
        tiny.rows(
          "SELECT max(k) FROM (SELECT row_number() OVER (ORDER BY md5(CAST(i AS VARCHAR))) AS k FROM range(3000000) AS r(i))",
        ),
        { code: "engine/disk-full" },
      );
    } finally {
      tiny.close();
    }
  });

  test("what a killed process spilled is removed by the next one", async () => {
    const inside = mkdtempSync(join(folder, "temp-"));
    const source = new URL("../../src/engine/duckdb.ts", import.meta.url).href;
    const script = `const { createDuckDB } = await import(${JSON.stringify(source)}); await createDuckDB({ tempFolder: ${JSON.stringify(inside)} }); process.kill(process.pid, "SIGKILL");`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    assert.equal(signal, "SIGKILL");
    assert.equal(readdirSync(inside).length, 1);
    const next = await createDuckDB({ tempFolder: inside });
    assert.equal(readdirSync(inside).length, 1);
    next.close();
    assert.deepEqual(readdirSync(inside), []);
  });

  test("an engine closed while a statement runs ends it and leaves no folder", async () => {
    const inside = mkdtempSync(join(folder, "inside-"));
    const closing = await createDuckDB({ tempFolder: inside });
    const session = await closing.session();
    assert.equal(readdirSync(inside).length, 1);
    const running = session.rows(
      "SELECT count(*) FROM range(1000000000) AS a(i), range(1000000000) AS b(j) WHERE (i + j) % 7 = 3",
    );
    closing.close();
    await assert.rejects(running, (error: Error) => /interrupted/.test(error.message));
    assert.deepEqual(readdirSync(inside), []);
    await assert.rejects(closing.session(), /Bug: /);
  });

  test("no extension is fetched", async () => {
    const [row] = await engine.rows(
      "SELECT current_setting('autoinstall_known_extensions') AS install, current_setting('autoload_known_extensions') AS load",
    );
    assert.deepEqual(row, { install: false, load: false });
    assert.ok(!existsSync(join(folder, "extensions")));
  });

  test("a long statement tells how far it is", async () => {
    assert.equal(typeof engine.progress().rows, "bigint");
  });
});
