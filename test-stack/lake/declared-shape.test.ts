/** Tables whose columns and constraints a project changed: others read them, and keep the constraints that they carry. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { csv, ingest, integer, ndjson, sql, struct, text } from "../../src/index.ts";
import { toSparkExpression } from "../../src/operation/to-spark-expression.ts";
import { folderOf } from "../../src/schema/table.ts";
import { openLake } from "../../test/delta/lake.ts";
import { CONDITIONS, FIELDS, ROWS } from "../../test/operation/spark-condition.ts";
import { type Sandbox, sandboxIn } from "../../test/run/sandbox.ts";
import { LIMITS } from "../limit.ts";
import { write } from "./delta-rs.ts";
import { assertFinds } from "./found.ts";
import { READERS, type ReaderName } from "./reader.ts";
import { spark, sparkTable } from "./spark.ts";

const PEOPLE = "bronze.people";
const SCORES = "bronze.scores";

const SCORED = {
  scored: sql`score between 0 and 100`,
  dated: sql`"day" <> '' and day not like '%?%'`,
};

const scores = ingest(SCORES, {
  from: csv("scores.csv"),
  columns: { id: integer(), score: integer(), day: text() },
  constraints: SCORED,
});

let engine: Engine;
let sandbox: Sandbox;
before(async () => {
  engine = await createDuckDB({ threads: 1 });
  sandbox = sandboxIn(mkdtempSync(join(tmpdir(), "millrace-stack-")));
  const from = ndjson("people-*.ndjson");
  sandbox.write(
    "people-1.ndjson",
    '{"id":1,"adresse":{"plz":"1010","fax":"5"},"tel":"6","score":1}\n',
  );
  const old = {
    id: integer(),
    adresse: struct({ plz: text(), fax: text() }),
    tel: text(),
    score: integer(),
  };
  await sandbox.run([ingest(PEOPLE, { from, columns: old })]);
  sandbox.write("people-2.ndjson", '{"number":2,"address":{"zip":"8010"},"score":2}\n');
  const columns = {
    number: integer().formerly("id"),
    address: struct({ zip: text().formerly("plz") }).formerly("adresse"),
    score: integer(),
  };
  const drop = ["tel", "address.fax"];
  const constraints = { scored: sql`score between 0 and 100 and address.zip <> ''` };
  sandbox.write("scores.csv", "id,score,day\n1,100,mo\n2,101,tu\n");
  const people = ingest(PEOPLE, { from, columns, drop, constraints });
  const { state } = await sandbox.run([people, scores]);
  assert.equal(state, "done");
});
after(() => {
  engine.close();
  rmSync(sandbox.folder, { recursive: true });
});

const placeOf = (table: string): string => join(sandbox.lakePath, folderOf(table));

for (const reader of Object.keys(READERS) as ReaderName[]) {
  const limit = new Map<string, RegExp>(Object.entries(LIMITS.mapping)).get(reader);
  test(`${reader} ${limit === undefined ? "reads" : "cannot read"} a table after renames, drops and a constraint`, async () => {
    const rows =
      "SELECT 1::INTEGER AS number, {'zip': '1010'} AS address, 1::INTEGER AS score UNION ALL SELECT 2, {'zip': '8010'}, 2";
    const reading = assertFinds(reader, { table: placeOf(PEOPLE) }, { engine, rows });
    if (limit === undefined) await reading;
    else await assert.rejects(reading, limit);
  });
}

test("Spark keeps a declared constraint, also on columns that were renamed", async () => {
  const people = sparkTable(placeOf(PEOPLE));
  const broken = /CHECK constraint scored/;
  await assert.rejects(
    spark(`INSERT INTO ${people} VALUES (3, named_struct('zip', '1'), 101)`),
    broken,
  );
  await assert.rejects(
    spark(`INSERT INTO ${people} VALUES (3, named_struct('zip', '1'), NULL)`),
    broken,
  );
  await spark(`INSERT INTO ${people} VALUES (3, named_struct('zip', '6020'), 99)`);
  assert.deepEqual((await sandbox.rows(PEOPLE, "number, address.zip as zip")).at(-1), {
    number: 3,
    zip: "6020",
  });
  await spark(`ALTER TABLE ${people} DROP CONSTRAINT scored`);
});

test("delta-rs keeps declared constraints, also of a column with a word of SQL for its name", async () => {
  const row = (score: number, day: string): string =>
    `SELECT 3::INTEGER AS id, ${score}::INTEGER AS score, ${day} AS day`;
  await assert.rejects(write(placeOf(SCORES), row(101, "'we'")), /scored|score/i);
  await assert.rejects(write(placeOf(SCORES), row(1, "'?'")), /dated|day/i);
  await write(placeOf(SCORES), row(99, "'we'"));
  assert.deepEqual(await sandbox.rows(SCORES), [
    { id: 1, score: 100, day: "mo" },
    { id: 3, score: 99, day: "we" },
  ]);
  assert.equal((await sandbox.run([scores])).state, "nothing to do");
});

test("every condition that a table can carry is true of the same rows for Spark and for DuckDB", async () => {
  const lake = await openLake();
  try {
    await lake.append(await lake.create("rows", { fields: FIELDS }), `SELECT * FROM ${ROWS}`);
    const own = CONDITIONS.map(([condition], index) => `(${condition}\n) as c${index}`);
    const theirs = await Promise.all(
      CONDITIONS.map(async ([condition], index) => {
        const how = { name: "it", sql: condition, fields: FIELDS };
        return `(${await toSparkExpression(engine, how)}) AS c${index}`;
      }),
    );
    const order = "ORDER BY a NULLS FIRST";
    const expected = await engine.rows(`select ${own.join(", ")} from ${ROWS} ${order}`);
    const table = sparkTable(join(lake.root, "rows"));
    const found = await spark(`SELECT ${theirs.join(", ")} FROM ${table} ${order}`);
    for (const [index, [condition]] of CONDITIONS.entries()) {
      const values = (rows: readonly Readonly<Record<string, unknown>>[]) =>
        rows.map((row) => row[`c${index}`] ?? null);
      assert.deepEqual(values(found), values(expected), condition);
    }
  } finally {
    lake.close();
  }
});
