/** What one writer may leave that another falls into, each as it was once seen. */

import assert from "node:assert/strict";
import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { alterTable } from "../../src/delta/alter/alter.ts";
import { history } from "../../src/delta/history.ts";
import { scan } from "../../src/delta/table.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { vacuum } from "../../src/operation/vacuum.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import { TABLE_KINDS } from "../tables.ts";
import { assertSameRows } from "./compare.ts";
import { call, convert, merge, write } from "./delta-rs.ts";
import { assertFinds } from "./found.ts";
import { spark, sparkTable } from "./spark.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const at = (folder: string): string => join(lake.root, folder);

test("a new plain table asks nothing of its readers and writers that every one cannot do", async () => {
  const fields = await lake.engine.describe("SELECT 1 AS id, 'x' AS note");
  const { protocol } = await lake.create("plain", { fields });
  assert.deepEqual(protocol, { minReaderVersion: 1, minWriterVersion: 2 });
});

test("delta-rs deletes and merges by columns of ours whose bounds are cut or left out", async () => {
  const kind = TABLE_KINDS.find(({ name }) => name.includes("bounds are cut"));
  assert.ok(kind);
  await kind.make(lake, "bounds");
  const deleted = await call(at("bounds"), "delete", { predicate: "text = 'v33'" });
  assert.equal((deleted as { num_deleted_rows: number }).num_deleted_rows, 1);
  const merged = await merge(at("bounds"), {
    query: `SELECT 99 AS id, repeat('long ', 20) || '7' AS text, 0.5::DOUBLE AS number, 1 AS nothing, true AS yes`,
    on: "s.text = t.text",
    clauses: [["when_matched_update_all", {}]],
  });
  assert.equal((merged as { num_target_rows_updated: number }).num_target_rows_updated, 1);
  const files = await scan(lake.context, await lake.open("bounds"));
  const [counts] = await lake.engine.rows(
    `SELECT count(*) AS rows, count(*) FILTER (id = 99) AS changed FROM ${lake.engine.relation(files)}`,
  );
  assert.deepEqual(counts, { rows: 39n, changed: 1n });
});

test("Parquet field ids in columns without mapping mislead DuckDB's extension, and go with our next change of the table", async () => {
  mkdirSync(at("ids"));
  const rows = "SELECT range AS id, 'row ' || range AS note FROM range(5)";
  await lake.engine.run(
    `COPY (${rows}) TO '${at("ids")}/a.parquet' (FORMAT parquet, FIELD_IDS {id: 7, note: 8})`,
  );
  await convert(at("ids"));
  const table = await lake.open("ids");
  assert.equal(table.metadata.fields[0]?.metadata?.["parquet.field.id"], 7);
  await assertSameRows(
    lake.engine,
    lake.engine.relation(await scan(lake.context, table)),
    `(${rows})`,
  );
  const { engine } = lake;
  await assert.rejects(
    assertFinds("DuckDB", { table: at("ids") }, { engine, rows }),
    /rows differ/,
  );
  const change = { column: ["more"], type: "long" } as const;
  await alterTable(lake.context, table, { change: "add columns", columns: [change] });
  const wider = `SELECT *, NULL::BIGINT AS more FROM (${rows})`;
  await assertFinds("DuckDB", { table: at("ids") }, { engine, rows: wider });
});

test("our optimise and vacuum in a table of Spark's leave what Spark and delta-rs need", async () => {
  const table = sparkTable(at("crc"));
  await spark(
    `CREATE TABLE ${table} USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '2') AS SELECT id FROM range(0, 100, 1, 4)`,
  );
  await spark(`DELETE FROM ${table} WHERE id % 10 = 3`);
  assert.ok(globSync(".part-*.crc", { cwd: at("crc") }).length > 0, "Spark lays checksums beside");
  const context = { delta: lake.context, engine: await lake.engine.session() };
  try {
    await optimize(context, await lake.open("crc"));
    await vacuum(context, await lake.open("crc"), { retentionMs: 0, unknownMs: 0, force: true });
  } finally {
    context.engine.close();
  }
  await spark(`INSERT INTO ${table} VALUES (1000)`);
  const rows = "SELECT range AS id FROM range(100) WHERE range % 10 <> 3 UNION ALL SELECT 1000";
  for (const reader of ["Spark", "delta-rs", "DuckDB"] as const) {
    await assertFinds(reader, { table: at("crc") }, { engine: lake.engine, rows });
  }
});

test("we and Spark tell the same history of a table, with the same times", async () => {
  const table = sparkTable(at("history"));
  await spark(`CREATE TABLE ${table} (id bigint, note string) USING delta`);
  await write(at("history"), "SELECT 1 AS id, 'delta-rs' AS note");
  await lake.append(await lake.open("history"), "SELECT 2::BIGINT AS id, 'ours' AS note");
  await spark(`UPDATE ${table} SET note = 'Spark' WHERE id = 1`);
  const theirs = await spark(`DESCRIBE HISTORY ${table}`);
  const ours = await history(lake.context, "history");
  assert.deepEqual(
    ours.map(({ version, timestamp, operation }) => [version, timestamp.toISOString(), operation]),
    theirs.map(({ version, timestamp, operation }) => [
      version,
      new Date(String(timestamp)).toISOString(),
      operation,
    ]),
  );
  for (const { version, timestamp } of theirs) {
    const then = await lake.open("history", { timestamp: new Date(String(timestamp)) });
    assert.equal(then.version, version);
  }
});

test("we and delta-rs append to one table at once, and no row is lost", async () => {
  const fields = await lake.engine.describe("SELECT 1::BIGINT AS id");
  await lake.create("race", { fields });
  const ids = Array.from({ length: 15 }, (_, index) => index);
  const session = await lake.engine.session();
  try {
    await Promise.all([
      (async () => {
        for (const id of ids) {
          await lake.append(await lake.open("race"), `SELECT ${id}::BIGINT AS id`);
        }
      })(),
      (async () => {
        for (const id of ids) await write(at("race"), `SELECT ${100 + id}::BIGINT AS id`);
      })(),
    ]);
  } finally {
    session.close();
  }
  const rows = "SELECT range AS id FROM range(15) UNION ALL SELECT 100 + range FROM range(15)";
  for (const reader of ["delta-rs", "Spark"] as const) {
    await assertFinds(reader, { table: at("race") }, { engine: lake.engine, rows });
  }
});
