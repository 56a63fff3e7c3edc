/** JSON documents taken apart into records, with a real DuckDB. The real input is read from ../shared where it is there. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type JsonStaging, stageJsonDocument } from "../../src/source/json-document.ts";

const REAL = join(import.meta.dirname, "../../../shared/data/restaurants/restaurant_data.json");
let folder = "";
let engine: Engine;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "documents-"));
  engine = await createDuckDB();
});
after(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

async function stage(content: string | Buffer, how: JsonStaging = {}) {
  const path = join(folder, "document.json");
  await writeFile(path, content);
  const staged = await stageJsonDocument(engine, path, folder, how);
  const rows = staged.path === undefined ? [] : await engine.rows(`select * from '${staged.path}'`);
  return { ...staged, rows };
}

test("each record keeps its text, its place and its line", async () => {
  const { rows, records, problems } = await stage(
    '[{"id": 9007199254740993, "price": 1.10},\n {"id": 123456789012345678901234567890,\r\n  "t": "a\\nb é"}]',
  );
  assert.deepEqual([records, problems], [2, 0]);
  assert.deepEqual(rows, [
    {
      record: '{"id": 9007199254740993, "price": 1.10}',
      enclosing: "[]",
      place: "$[0]",
      line: 1n,
      problem: null,
    },
    {
      record: '{"id": 123456789012345678901234567890,    "t": "a\\nb é"}',
      enclosing: "[]",
      place: "$[1]",
      line: 2n,
      problem: null,
    },
  ]);
});

test("one object without a path is one record", async () => {
  const { rows } = await stage('{"a": 1}');
  assert.deepEqual(rows, [
    { record: '{"a": 1}', enclosing: "[]", place: "$", line: 1n, problem: null },
  ]);
});

test("what stands in the way of the path is a problem of its own and the others go on", async () => {
  const document = `[
    {"items": [{"n": 1}, 2, null]},
    {"code": 440, "status": "limit"},
    {"items": []},
    {"items": null},
    {"items": "none"},
    "page",
    null,
    {"items": [{"n": 3}], "items": [{"n": 4}]}
  ]`;
  const { rows } = await stage(document, { records: "$[*].items[*]" });
  assert.deepEqual(
    rows.map(({ record, place, problem }) => [record, place, problem]),
    [
      ['{"n": 1}', "$[0].items[0]", null],
      ["2", "$[0].items[1]", "is a number, not an object"],
      ["null", "$[0].items[2]", "is null, not an object"],
      ['{"code": 440, "status": "limit"}', "$[1]", 'has no "items"'],
      ['"none"', "$[4].items", "is a text, not an array"],
      ['"page"', "$[5]", 'is a text, not an object with "items"'],
      ["null", "$[6]", 'is null, not an object with "items"'],
      ['{"n": 3}', "$[7].items[0]", null],
      ['[{"n": 4}]', "$[7].items", '"items" stands twice in one object'],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.line),
    [2n, 2n, 2n, 3n, 6n, 7n, 8n, 9n, 9n],
  );
});

test("a document that is an error envelope as a whole is one problem", async () => {
  const { rows } = await stage('{"error": "no"}', { records: "$.items[*]" });
  assert.deepEqual(rows, [
    { record: '{"error": "no"}', enclosing: "[]", place: "$", line: 1n, problem: 'has no "items"' },
  ]);
  const scalar = await stage("12", { records: "$.items[*]" });
  assert.equal(scalar.rows[0]?.record, "12");
});

test("fields of enclosing objects are there wherever they stand, and only those that were asked for", async () => {
  const document = `{"items": [
    {"data": [{"v": 1}, {"v": 2}], "at": "noon", "secret": 1},
    {"at": 1.50, "data": [{"v": 3}]},
    {"data": [{"v": 4}]}
  ], "info": {"status": "ok"}}`;
  const { rows } = await stage(document, {
    records: "$.items[*].data[*]",
    enclosingFields: [["at"], ["info", "missing"]],
  });
  assert.deepEqual(
    rows.map(({ record, enclosing }) => `${record} ${enclosing}`),
    [
      '{"v": 1} [{"at":"noon"},{"info":{"status": "ok"}}]',
      '{"v": 2} [{"at":"noon"},{"info":{"status": "ok"}}]',
      '{"v": 3} [{"at":1.50},{"info":{"status": "ok"}}]',
      '{"v": 4} [{},{"info":{"status": "ok"}}]',
    ],
  );
});

test("a path may name one element and odd keys", async () => {
  const { rows } = await stage('{"the data": [[{"a": 1}], [{"a": 2}, {"a": 3}]]}', {
    records: '$["the data"][1][*]',
  });
  assert.deepEqual(
    rows.map((row) => row.place),
    ['$["the data"][1][0]', '$["the data"][1][1]'],
  );
  const missing = await stage("[1]", { records: "$[3][*]" });
  assert.deepEqual(
    [missing.rows[0]?.record, missing.rows[0]?.problem],
    ["[1]", "has no element 3"],
  );
});

test("a document that is no JSON is a problem of the file with line and column, and leaves nothing behind", async () => {
  const before = await readdir(folder);
  const { path, problem } = await stage('[{"a": 1},\n {"a": 2},]');
  assert.equal(path, undefined);
  assert.deepEqual(problem, {
    rule: "file",
    message: "is no valid JSON: a comma with nothing after it (line 2, column 11)",
    line: 2,
  });
  assert.deepEqual(await readdir(folder), before);
});

test("a document larger than any piece comes out whole, packed or not", async () => {
  const items = Array.from(
    { length: 40_000 },
    (_, id) => `{"id":${id},"text":"${"é".repeat(id % 60)}"}`,
  );
  const document = `{"items":[${items.join(",\n")}],"of":"all"}`;
  const how = { records: "$.items[*]", enclosingFields: [["of"]] };
  for (const compression of [undefined, "gzip"] as const) {
    const staged = await stage(compression === undefined ? document : gzipSync(document), {
      ...how,
      compression,
    });
    assert.equal(staged.records, 40_000);
    assert.deepEqual(
      staged.rows.map((row) => row.record),
      items,
    );
    assert.ok(staged.rows.every((row, index) => row.line === BigInt(index + 1)));
    assert.ok(staged.rows.every((row) => row.enclosing === '[{"of":"all"}]'));
  }
});

test("a record over sixteen megabytes is reported without its text and the next one is read", async () => {
  const { rows } = await stage(`[{"a":"${"x".repeat(17 * 2 ** 20)}"},{"a":"${"y".repeat(9e6)}"}]`);
  assert.deepEqual([rows[0]?.record, rows[0]?.problem], ["null", "is longer than 16777216 bytes"]);
  assert.equal(String(rows[1]?.record).length, 9e6 + 8);
});

test("the real restaurants are 1,300 records", async (t) => {
  if (!existsSync(REAL)) {
    t.diagnostic("../shared is not there, so that this test reads nothing");
    return;
  }
  const staged = await stageJsonDocument(engine, REAL, folder, {
    records: "$[*].restaurants[*].restaurant",
  });
  assert.deepEqual([staged.records, staged.problems, staged.problem], [1300, 0, undefined]);
  const [row] = await engine.rows(
    `select count(distinct record->>'id') as ids, min(place) as first from '${staged.path}'`,
  );
  assert.deepEqual(row, { ids: 1300n, first: "$[0].restaurants[0].restaurant" });
});
