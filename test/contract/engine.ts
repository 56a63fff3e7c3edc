/** What every engine must do: each adapter's test runs this list. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Engine } from "../../src/engine/engine.ts";
import type { TableFiles, WrittenFile } from "../../src/schema/table-files.ts";
import type { Field } from "../../src/schema/type.ts";

const NUMBERED =
  "SELECT i, CASE WHEN i = 2 THEN NULL ELSE CAST(i * 10 AS VARCHAR) END AS t, i % 2 = 0 AS even FROM (VALUES (CAST(1 AS BIGINT)), (2), (3)) AS v(i)";

export function engineContract(create: () => Promise<Engine>): void {
  describe("the engine contract", () => {
    let engine: Engine;
    let folder: string;

    before(async () => {
      engine = await create();
      folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
    });
    after(() => {
      engine.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const column = (name: string, type: Field["type"]): Field => ({ name, type, nullable: true });
    const table = (fields: Field[], files: TableFiles["files"]): TableFiles => ({
      fields,
      files,
      mapping: "none",
    });

    test("64-bit numbers are bigint, decimals and dates text, instants text with Z", async () => {
      const [row] = await engine.rows(
        "SELECT CAST(9007199254740993 AS BIGINT) AS l, CAST(7 AS INTEGER) AS i, CAST('1.50' AS DECIMAL(10, 2)) AS d, CAST('2024-02-29' AS DATE) AS day, CAST('2024-02-29 01:02:03.000004' AS TIMESTAMP) AS wall, CAST('2024-02-29 01:02:03.5+02:00' AS TIMESTAMPTZ) AS instant, true AS b, CAST(0.1 AS DOUBLE) AS f, CAST(NULL AS VARCHAR) AS nothing",
      );
      assert.deepEqual(row, {
        l: 9007199254740993n,
        i: 7,
        d: "1.50",
        day: "2024-02-29",
        wall: "2024-02-29T01:02:03.000004",
        instant: "2024-02-28T23:02:03.500000Z",
        b: true,
        f: 0.1,
        nothing: null,
      });
    });

    test("describe tells the columns of a query without running it", async () => {
      assert.deepEqual(
        await engine.describe("SELECT CAST(1 AS BIGINT) AS a, CAST('x' AS VARCHAR) AS \"b c\""),
        [column("a", "long"), column("b c", "string")],
      );
    });

    test("a stream gives every row, and may be left early", async () => {
      const query = "SELECT i FROM range(10000) AS r(i)";
      let rows = 0;
      for await (const piece of engine.stream(query)) rows += piece.length;
      assert.equal(rows, 10_000);
      for await (const piece of engine.stream(query)) {
        assert.ok(piece.length > 0);
        break;
      }
      assert.deepEqual(await engine.rows("SELECT 1 AS one"), [{ one: 1 }]);
    });

    test("what is written reads back through a relation, with true statistics", async () => {
      const files = await engine.write(NUMBERED, { folder, prefix: "part-" });
      assert.equal(
        files.reduce((sum, file) => sum + file.rows, 0n),
        3n,
      );
      for (const file of files) {
        assert.ok(existsSync(file.path));
        assert.match(file.path, /\/part-[^/]+\.parquet$/);
        assert.ok(file.sizeBytes > 0);
      }
      const statistics = files[0]?.columns.find(({ path }) => path[0] === "t");
      assert.deepEqual(statistics, {
        path: ["t"],
        type: "string",
        nullCount: 1n,
        min: "10",
        max: "30",
        hasNan: false,
      });
      const fields = [column("t", "string"), column("i", "long"), column("later", "date")];
      const query = `SELECT * FROM ${engine.relation(table(fields, files))} AS t ORDER BY i`;
      assert.deepEqual(await engine.describe(query), fields);
      assert.deepEqual(await engine.rows(query), [
        { t: "10", i: 1n, later: null },
        { t: null, i: 2n, later: null },
        { t: "30", i: 3n, later: null },
      ]);
    });

    test("values of partition columns are in the record of the file and not in the file", async () => {
      const files = await engine.write(NUMBERED, { folder, partitionBy: ["even"] });
      const rows = (value: string) =>
        files
          .filter((file: WrittenFile) => file.partitionValues.even === value)
          .reduce((sum, file) => sum + file.rows, 0n);
      assert.deepEqual([rows("true"), rows("false")], [1n, 2n]);
      assert.ok(files.every((file) => file.columns.every(({ path }) => path[0] !== "even")));
      const relation = engine.relation(
        table([column("i", "long"), column("even", "boolean")], files),
      );
      assert.deepEqual(await engine.rows(`SELECT * FROM ${relation} AS t WHERE even ORDER BY i`), [
        { i: 2n, even: true },
      ]);
    });

    test("a deleted row is not there", async () => {
      const [file] = await engine.write("SELECT CAST(7 AS BIGINT) AS i", { folder });
      assert.ok(file);
      const deleted = { ...file, deletedRows: BigUint64Array.of(0n) };
      const relation = engine.relation(table([column("i", "long")], [deleted]));
      assert.deepEqual(await engine.rows(`SELECT * FROM ${relation} AS t`), []);
    });

    test("a query without rows writes no file", async () => {
      assert.deepEqual(await engine.write(`${NUMBERED} WHERE i > 9`, { folder }), []);
      assert.deepEqual(
        await engine.write(`${NUMBERED} WHERE i > 9`, { folder, partitionBy: ["even"] }),
        [],
      );
    });

    test("a table without files is an empty relation with the table's types", async () => {
      const fields = [
        column("a", "timestamp"),
        column("b", { kind: "decimal", precision: 9, scale: 2 }),
      ];
      const query = `SELECT * FROM ${engine.relation(table(fields, []))} AS t`;
      assert.deepEqual(await engine.describe(query), fields);
      assert.deepEqual(await engine.rows(query), []);
    });

    test("bad SQL is an engine/sql error that names what is wrong", async () => {
      await assert.rejects(engine.rows("SELECT no_such_column"), {
        code: "engine/sql",
        message: /no_such_column/,
      });
      await assert.rejects(engine.describe("SELEC 1"), { code: "engine/sql" });
    });

    test("a missing data file is an engine/file-missing error that names it", async () => {
      const gone = { path: join(folder, "gone.parquet"), partitionValues: {} };
      const relation = engine.relation(table([column("i", "long")], [gone]));
      await assert.rejects(engine.rows(`SELECT * FROM ${relation} AS t`), {
        code: "engine/file-missing",
        message: /gone\.parquet/,
      });
    });

    test("sessions run beside each other, and interrupt ends one statement only", async () => {
      const other = await engine.session();
      const endless = other.rows(
        "SELECT count(*) FROM range(1000000000) AS a(i), range(1000000000) AS b(j) WHERE (i + j) % 7 = 3",
      );
      const ended = assert.rejects(endless, { code: "engine/interrupted" });
      assert.deepEqual(await engine.rows("SELECT 1 AS one"), [{ one: 1 }]);
      other.interrupt();
      await ended;
      assert.deepEqual(await other.rows("SELECT 2 AS two"), [{ two: 2 }]);
      other.close();
      assert.deepEqual(await engine.rows("SELECT 3 AS three"), [{ three: 3 }]);
    });

    test("closing twice is no mistake, using a closed engine is", async () => {
      const other = await engine.session();
      other.close();
      other.close();
      await assert.rejects(other.rows("SELECT 1"), /Bug: /);
    });
  });
}
