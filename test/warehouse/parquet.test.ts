/** Tests of Parquet files: types and values as they are. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openBench } from "./bench.ts";

test("a Parquet file holds the query's types and values, under the titles", async (t) => {
  const { engine, write } = await openBench(t);
  const query =
    "select 1::bigint as a, 0.50::decimal(10, 2) as b, [{x: timestamptz '2022-01-01 00:00:00+00'}] as c, '=1' as d";
  const columns = ["d", "c", "b", "a"].map((name) => ({ name, title: `the ${name}` }));
  const { path, rows, sizeBytes, sha256 } = await write(query, { format: "parquet", columns });
  assert.deepEqual(
    await engine.rows(`from '${path}'`),
    await engine.rows(
      `select d as "the d", c as "the c", b as "the b", a as "the a" from (${query})`,
    ),
  );
  const bytes = await readFile(path);
  assert.equal(rows, 1n);
  assert.equal(sizeBytes, bytes.length);
  assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
});

test("a Parquet file without rows keeps its columns", async (t) => {
  const { engine, write } = await openBench(t);
  const { path } = await write("select 1 as a, 'x' as b where false", { format: "parquet" });
  assert.deepEqual(
    (await engine.describe(`from '${path}'`)).map(({ name, type }) => [name, type]),
    [
      ["a", "integer"],
      ["b", "string"],
    ],
  );
});
