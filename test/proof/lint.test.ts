/** The linter: it finds nothing in tables that are right, and names what is wrong with those that are not. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";
import { lintTable } from "./lint.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const FIELDS = [
  column("id", "long"),
  column("text", "string"),
  column("at", "timestamp"),
  column("price", { kind: "decimal", precision: 12, scale: 2 }),
  column("in", { kind: "struct", fields: [column("x", "double")] }),
  column("k", "string"),
];
const SELECT = `SELECT i::BIGINT AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE repeat('ü', 30 + i % 20) END AS text,
  make_timestamptz(1700000000000000 + i) AS at, (i / 7)::DECIMAL(12, 2) AS price,
  {'x': i / 3} AS "in", 'k ' || i % 3 AS k FROM range(100) AS r(i)`;

/** Twelve versions with removals, transactions and a checkpoint. */
async function make(folder: string): Promise<void> {
  let snapshot = await lake.create(folder, { fields: FIELDS, partitionColumns: ["k"] });
  for (let version = 1; version <= 9; version += 1) {
    snapshot = await lake.append(snapshot, SELECT, {
      transactions: [{ appId: "a", version: BigInt(version) }],
    });
  }
  const remove = snapshot.files.slice(0, 3);
  snapshot = await commit(lake.context, snapshot, { operation: "DELETE", remove });
  snapshot = await lake.append(snapshot, SELECT, { remove: "all" });
  await lake.append(snapshot, SELECT);
}

const lint = (folder: string): Promise<string[]> =>
  lintTable(lake.context.storage, folder, lake.engine);

test("nothing is found in a table that we wrote", async () => {
  await make("right");
  assert.deepEqual(await lint("right"), []);
});

/** Damage to the text of a commit, and what it is told. */
const COMMITS: readonly [string, number, (text: string) => string, RegExp][] = [
  [
    "a transaction that goes back",
    5,
    (text) => text.replace('"version":5', '"version":3'),
    /commit 5: the transaction of a goes from 4 to 3/,
  ],
  [
    "two transactions of one application",
    5,
    (text) => `${text}{"txn":{"appId":"a","version":9}}\n`,
    /commit 5: it has two transactions of a/,
  ],
  [
    "a file that is added twice",
    5,
    (text) => `${text}${text.split("\n").find((line) => line.startsWith('{"add"'))}\n`,
    /commit 5: it has two adds of/,
  ],
  [
    "a remove of what is not there",
    10,
    (text) => text.replace("/part-", "/no-part-"),
    /commit 10: it removes .*no-part-.* which is not there/,
  ],
  [
    "a wrong count of rows",
    12,
    (text) => text.replace('\\"numRecords\\":34', '\\"numRecords\\":35'),
    /it does not hold 35 rows/,
  ],
  [
    "a wrong count of nulls",
    12,
    (text) => text.replace('\\"text\\":5', '\\"text\\":4'),
    /text is not null in 4 rows/,
  ],
  [
    "a smallest value that is too large",
    12,
    (text) => text.replace('\\"minValues\\":{\\"id\\":0', '\\"minValues\\":{\\"id\\":1'),
    /id lies beyond minValues 1/,
  ],
  [
    "a largest time that is too early",
    12,
    (text) => text.replaceAll("2023-11-14T22:13:20.001Z", "2023-11-14T22:13:20.000Z"),
    /at lies beyond maxValues/,
  ],
  [
    "a wrong size",
    12,
    (text) => text.replace(/"size":\d+/, '"size":1'),
    /bytes and the log says 1/,
  ],
  [
    "a partition value too few",
    12,
    (text) => text.replace('"partitionValues":{"k":"k 0"}', '"partitionValues":{}'),
    /partition values of \(\) in a table/,
  ],
];

for (const [what, version, damage, finding] of COMMITS) {
  test(`${what} is found`, async () => {
    const folder = `wrong ${what}`;
    await make(folder);
    const log = join(lake.root, folder, "_delta_log");
    const file = join(log, `${String(version).padStart(20, "0")}.json`);
    const before = readFileSync(file, "utf8");
    const text = damage(before);
    assert.notEqual(text, before, "the damage changed nothing");
    writeFileSync(file, text);
    assert.match((await lint(folder)).join("\n"), finding);
  });
}

test("a checkpoint that says something else than the commits is found, and a hint that lies about it", async () => {
  await make("checkpoint");
  const log = join(lake.root, "checkpoint/_delta_log");
  const file = join(log, "00000000000000000010.checkpoint.parquet");
  await lake.engine.run(
    `COPY (SELECT * REPLACE (CASE WHEN txn IS NULL THEN txn ELSE struct_update(txn, version := 7::BIGINT) END AS txn) FROM '${file}' WHERE add IS NULL OR add.path NOT LIKE '%k%200%') TO '${file}.new' (FORMAT parquet)`,
  );
  writeFileSync(file, readFileSync(`${file}.new`));
  rmSync(`${file}.new`);
  const found = (await lint("checkpoint")).join("\n");
  assert.match(found, /checkpoint 10: its transactions is {"a":"7"} where replay has {"a":"9"}/);
  assert.match(found, /checkpoint 10: it lacks k=k 0/);
  assert.match(found, /_last_checkpoint: it counts \d+ files where there are \d+/);
});

test("a missing commit, a missing file and files that nobody knows are found", async () => {
  await make("missing");
  const folder = join(lake.root, "missing");
  const [lost = ""] = readdirSync(join(folder, "k=k 0")).filter((name) =>
    readFileSync(join(folder, "_delta_log/00000000000000000012.json"), "utf8").includes(name),
  );
  rmSync(join(folder, "k=k 0", lost));
  writeFileSync(join(folder, "k=k 1/part-stray.parquet"), "");
  const vectors = "deletion_vector_00000000-0000-4000-8000-000000000000.bin";
  writeFileSync(join(folder, vectors), "");
  rmSync(join(folder, "_delta_log/00000000000000000003.json"));
  const { storage } = lake.context;
  const found = (await lintTable(storage, "missing", lake.engine, { isVacuumed: true })).join("\n");
  assert.match(found, /commit 4: it follows 2/);
  assert.match(found, new RegExp(`file k=k 0/${lost}: it is gone`));
  assert.match(found, /file k=k 1\/part-stray.parquet: no version of the table knows it/);
  assert.match(found, new RegExp(`file ${vectors}: no version of the table knows it`));
});
