/** The lake of a project, quarantine and Millrace's own tables included: an ordinary lake for all who read Delta. */

import { join } from "node:path";
import { after, before, test } from "node:test";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { folderOf } from "../../src/schema/table.ts";
import { localStorage } from "../../src/storage/local.ts";
import { openLake, realClock } from "../../test/delta/lake.ts";
import { type Example, openExample } from "../../test/examples/command.ts";
import { assertFinds } from "./found.ts";
import { READERS, type ReaderName } from "./reader.ts";

const TABLES = [
  "bronze.applications",
  "quarantine.bronze.applications",
  "silver.members",
  "system.ledger",
  "system.loads",
  "system.outputs",
  "system.runs",
  "system.steps",
];

let engine: Engine;
let example: Example;
before(async () => {
  engine = await createDuckDB();
  example = await openExample("memberships", ["accepted", "rejected"]);
  await example.run();
});
after(async () => {
  engine.close();
  await example.close();
});

for (const name of TABLES) {
  for (const reader of Object.keys(READERS) as ReaderName[]) {
    test(`${reader} reads ${name} of a project`, async () => {
      const lake = join(example.folder, "lake");
      const context = { storage: localStorage(lake), parquet: engine, clock: realClock };
      const snapshot = await openSnapshot(context, folderOf(name));
      if (snapshot === undefined) throw new Error(`there is no ${name}`);
      const relation = engine.relation(await scan(context, snapshot));
      const query = { table: join(lake, folderOf(name)) };
      await assertFinds(reader, query, { engine, rows: `FROM ${relation}` });
    });
  }
}

for (const name of [
  "Größe.日本",
  "a b.c-d_e",
  "x.100%",
  "x.a/b",
  "x.😀",
  "x.a=b",
  "x.a+b,c",
  "x.it's",
]) {
  test(`a table called ${name} is read by everyone`, async () => {
    const lake = await openLake();
    try {
      const rows = "SELECT 1::BIGINT AS id";
      const fields = await lake.engine.describe(rows);
      await lake.append(await lake.create(folderOf(name), { fields }), rows);
      for (const reader of Object.keys(READERS) as ReaderName[]) {
        await assertFinds(reader, { table: join(lake.root, folderOf(name)) }, { engine, rows });
      }
    } finally {
      lake.close();
    }
  });
}
