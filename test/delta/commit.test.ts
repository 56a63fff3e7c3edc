/** Commits: what they make visible, what they refuse, and who wins a race. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { history } from "../../src/delta/history.ts";
import { openSnapshot, refreshSnapshot, scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const fields = [column("id", "long"), column("name", "string")];
const twoRows = "SELECT * FROM (VALUES (1::BIGINT, 'a'), (2, 'b')) AS v(id, name)";

const conflict = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, "delta/conflict");
  assert.equal(error.retryable, true);
  assert.match(error.message, pattern);
  return true;
};

test("a table is nothing, then empty, then holds what was appended", async () => {
  assert.equal(await openSnapshot(lake.context, "a"), undefined);
  const empty = await lake.create("a", { name: "first", fields });
  assert.equal(empty.version, 0);
  assert.deepEqual(await lake.rows(empty), []);
  assert.deepEqual(empty.metadata.fields, fields);
  assert.equal(empty.metadata.name, "first");
  const filled = await lake.append(empty, twoRows);
  assert.deepEqual(await lake.rows(filled, "id, name"), [
    { id: 1n, name: "a" },
    { id: 2n, name: "b" },
  ]);
  assert.equal(filled.rows, 2n);
  assert.ok(filled.sizeBytes > 0);
});

test("a plain new table asks for reader 1 and writer 2, so that every reader takes it", async () => {
  const { protocol, metadata } = await lake.create("plain", { fields });
  assert.deepEqual(protocol, { minReaderVersion: 1, minWriterVersion: 2 });
  assert.deepEqual(metadata.configuration, {});
});

test("a table with local timestamps asks for the feature they need, and no more", async () => {
  const { protocol } = await lake.create("ntz", {
    fields: [column("t", { kind: "array", element: "timestamp_ntz", containsNull: true })],
  });
  assert.deepEqual(protocol, {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["timestampNtz"],
    writerFeatures: ["appendOnly", "invariants", "timestampNtz"],
  });
});

test("creating a table that exists is a conflict that names the winner's operation", async () => {
  await lake.create("twice", { fields });
  await assert.rejects(
    lake.create("twice", { fields }),
    conflict(/version 0 \(CREATE TABLE\).*exists already/),
  );
});

test("overwriting takes all files away and keeps them for older versions", async () => {
  const empty = await lake.create("over", { fields });
  const first = await lake.append(empty, twoRows);
  const second = await lake.append(first, "SELECT 9::BIGINT AS id, 'z' AS name", { remove: "all" });
  assert.deepEqual(await lake.rows(second, "id"), [{ id: 9n }]);
  assert.deepEqual(await lake.rows(await lake.open("over", { version: 1 }), "id"), [
    { id: 1n },
    { id: 2n },
  ]);
});

test("appends to a table that others append to meanwhile are rebased", async () => {
  const base = await lake.create("appends", { fields });
  for (let round = 0; round < 4; round += 1) await lake.append(base, twoRows);
  const newest = await lake.open("appends");
  assert.equal(newest.version, 4);
  assert.equal(newest.rows, 8n);
});

test("going on with a transaction that another instance went on with is a conflict, whatever the number", async () => {
  const base = await lake.create("txn", { fields });
  const step = (version: bigint) =>
    lake.append(base, twoRows, { transactions: [{ appId: "load", version }] });
  const first = await step(1n);
  assert.equal(first.transactions.get("load"), 1n);
  await assert.rejects(step(2n), conflict(/"load" to 1/));
  await assert.rejects(
    lake.append(base, twoRows, { reads: { appIds: ["load"] } }),
    conflict(/"load"/),
  );
  const other = await lake.append(base, twoRows, {
    transactions: [{ appId: "else", version: 1n }],
  });
  assert.equal(other.rows, 4n);
});

test("a lost commit leaves no file of its own behind", async () => {
  const base = await lake.create("clean", { fields });
  await lake.append(base, twoRows, { transactions: [{ appId: "load", version: 1n }] });
  const count = () => readdirSync(join(lake.root, "clean")).length;
  const held = count();
  await assert.rejects(
    lake.append(base, twoRows, { transactions: [{ appId: "load", version: 1n }] }),
  );
  assert.equal(count(), held);
});

test("what was computed from the whole table conflicts with an append, and an append does not with it", async () => {
  const base = await lake.create("whole", { fields });
  await lake.append(base, twoRows);
  await assert.rejects(
    lake.append(base, twoRows, { reads: "whole table" }),
    conflict(/version 1 \(WRITE\).*changed rows/),
  );
  await assert.rejects(lake.append(base, twoRows, { remove: "all" }), conflict(/changed rows/));
});

test("two who remove the same file conflict, and two who remove different ones do not", async () => {
  const empty = await lake.create("removes", { fields });
  const one = await lake.append(empty, twoRows);
  const two = await lake.append(one, "SELECT 3::BIGINT AS id, 'c' AS name");
  const [first, second] = two.files;
  assert.ok(first !== undefined && second !== undefined);
  await commit(lake.context, two, { operation: "DELETE", remove: [first] });
  await assert.rejects(
    commit(lake.context, two, { operation: "DELETE", remove: [first] }),
    conflict(/DELETE.*removed the file/),
  );
  const last = await commit(lake.context, two, { operation: "DELETE", remove: [second] });
  assert.equal(last.rows, 0n);
});

test("a change of columns conflicts with every change planned before it", async () => {
  const base = await lake.create("schema", { fields });
  const wider = [...fields, column("extra", "double")];
  await lake.append(base, "SELECT 1::BIGINT AS id, 'a' AS name, 0.5::DOUBLE AS extra", {
    schema: { fields: wider },
  });
  await assert.rejects(lake.append(base, twoRows), conflict(/schema or properties/));
  const newest = await lake.open("schema");
  assert.equal(newest.metadata.id, base.metadata.id);
  assert.deepEqual(newest.metadata.fields, wider);
  const filled = await lake.append(
    newest,
    "SELECT 2::BIGINT AS id, 'b' AS name, NULL::DOUBLE AS extra",
  );
  assert.deepEqual(await lake.rows(filled, "id, extra"), [
    { id: 1n, extra: 0.5 },
    { id: 2n, extra: null },
  ]);
});

test("older files give null for a column that was added after them", async () => {
  const base = await lake.append(await lake.create("added", { fields }), twoRows);
  const wider = await commit(lake.context, base, {
    operation: "ADD COLUMNS",
    schema: { fields: [...fields, column("late", "date")] },
  });
  assert.deepEqual(await lake.rows(wider, "id, late"), [
    { id: 1n, late: null },
    { id: 2n, late: null },
  ]);
});

test("rows without a value for a required column are refused with their number", async () => {
  const strict = await lake.create("required", {
    fields: [{ name: "id", type: "long", nullable: false }],
  });
  await assert.rejects(
    lake.append(strict, "SELECT unnest([1, NULL, NULL])::BIGINT AS id"),
    (error) => {
      assert.ok(error instanceof MillraceError);
      assert.equal(error.code, "delta/null-in-required-column");
      assert.match(error.message, /"id".*2 of 3/);
      return true;
    },
  );
});

test("partition values with every kind of character come back as they were", async () => {
  const base = await lake.create("parts", {
    fields: [column("id", "long"), column("k y", "string"), column("d", "date")],
    partitionColumns: ["k y", "d"],
  });
  const values = [
    "plain",
    "a b",
    "a/b",
    "100%",
    "x=y",
    "ü文🎉",
    "q'\"s",
    "..",
    "a%2Fb",
    "l".repeat(300),
  ];
  const list = values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ");
  const filled = await lake.append(
    base,
    `SELECT i::BIGINT AS id, nullif(v, 'none') AS "k y", DATE '2024-02-29' AS d FROM (SELECT unnest([${list}, 'none']) AS v, unnest(range(${values.length + 1})) AS i)`,
  );
  const found = await lake.rows(await lake.open("parts"), `"k y" AS k`);
  assert.deepEqual(found.map(({ k }) => k).toSorted(), [...values, null].toSorted());
  const chosen = await lake.rows(filled, "id", [{ column: "k y", op: "=", value: "a/b" }]);
  assert.deepEqual(chosen, [{ id: 2n }]);
});

test("names that Parquet readers cannot bear are mapped, nested ones too, and keep their ids", async () => {
  const spec = {
    fields: [
      column("first name", "string"),
      column("plain", "long"),
      column("s", {
        kind: "struct",
        fields: [
          column("in (n)", "integer"),
          column("k", {
            kind: "array",
            element: { kind: "struct", fields: [column("x=y", "string")] },
            containsNull: true,
          }),
        ],
      }),
    ],
  } as const;
  const base = await lake.create("mapped", spec);
  assert.deepEqual(base.protocol, { minReaderVersion: 2, minWriterVersion: 5 });
  assert.equal(base.metadata.configuration["delta.columnMapping.mode"], "name");
  assert.equal(base.metadata.configuration["delta.columnMapping.maxColumnId"], "6");
  const query = `SELECT 'Ada' AS "first name", 7::BIGINT AS plain, {'in (n)': 3, 'k': [{'x=y': 'z'}]} AS s`;
  const filled = await lake.append(base, query);
  const row = { "first name": "Ada", plain: 7n, s: { "in (n)": 3, k: [{ "x=y": "z" }] } };
  assert.deepEqual(await lake.rows(filled), [row]);
  const [file] = (await scan(lake.context, filled)).files;
  const ids = await lake.engine.rows(
    `SELECT field_id FROM parquet_schema('${file?.path}') WHERE field_id IS NOT NULL ORDER BY 1`,
  );
  assert.deepEqual(
    ids.map((found) => Number(found.field_id)),
    [1, 2, 3, 4, 5, 6],
  );
  const wider = await lake.append(
    filled,
    `SELECT 'Bo' AS "first name", 8::BIGINT AS plain, NULL::STRUCT("in (n)" INTEGER, k STRUCT("x=y" VARCHAR)[]) AS s, TRUE AS "is new"`,
    {
      schema: { fields: [...spec.fields, column("is new", "boolean")] },
    },
  );
  assert.equal(wider.metadata.configuration["delta.columnMapping.maxColumnId"], "7");
  assert.deepEqual(await lake.rows(wider, "*", [{ column: "plain", op: "=", value: 7 }]), [
    { ...row, "is new": null },
  ]);
});

test("a plain table that gets a column with such a name reads its old files still", async () => {
  const base = await lake.append(await lake.create("became-mapped", { fields }), twoRows);
  const wider = await lake.append(
    base,
    `SELECT 3::BIGINT AS id, 'c' AS name, 1.5::DOUBLE AS "unit price"`,
    {
      schema: { fields: [...fields, column("unit price", "double")] },
    },
  );
  assert.equal(wider.protocol.minReaderVersion, 2);
  assert.deepEqual(await lake.rows(wider, `id, name, "unit price" AS p`), [
    { id: 1n, name: "a", p: null },
    { id: 2n, name: "b", p: null },
    { id: 3n, name: "c", p: 1.5 },
  ]);
});

test("names that differ only in case are refused before anything is written", async () => {
  await assert.rejects(
    lake.create("case", { fields: [column("a", "long"), column("A", "long")] }),
    /differ only in case/,
  );
});

test("history tells each commit's operation and keeps our own notes with all their digits", async () => {
  const empty = await lake.create("told", { fields });
  const first = await lake.append(empty, twoRows, {
    parameters: { mode: "Append", partitionBy: [] },
    metrics: { numOutputRows: 2n },
    info: { step: "load", last: 9223372036854775807n },
    transactions: [{ appId: "t", version: 9223372036854775807n }],
  });
  const [newest, oldest] = await history(lake.context, "told");
  assert.equal(oldest?.operation, "CREATE TABLE");
  assert.equal(newest?.version, 1);
  assert.deepEqual(newest?.parameters, { mode: "Append", partitionBy: "[]" });
  assert.deepEqual(newest?.metrics, { numOutputRows: "2" });
  assert.deepEqual(newest?.info, { step: "load", last: 9223372036854775807n });
  assert.equal(newest?.transactions[0]?.version, 9223372036854775807n);
  assert.equal(newest?.addedFiles, 1);
  assert.deepEqual(newest?.timestamp, first.timestamp);
  assert.deepEqual(
    (await history(lake.context, "told", { after: 0, limit: 5 })).map(({ version }) => version),
    [1],
  );
  assert.equal((await history(lake.context, "told", { limit: 1 }))[0]?.version, 1);
  assert.deepEqual(await history(lake.context, "nowhere"), []);
});

test("a refreshed snapshot is what opening gives, and an unchanged table gives the same one", async () => {
  const empty = await lake.create("fresh", { fields });
  await lake.append(empty, twoRows);
  const refreshed = await refreshSnapshot(lake.context, empty);
  const opened = await lake.open("fresh");
  assert.deepEqual(refreshed.state, opened.state);
  assert.deepEqual(refreshed.timestamp, opened.timestamp);
  assert.equal(await refreshSnapshot(lake.context, refreshed), refreshed);
});

test("the first line of a commit is commitInfo and carries an id of its own", async () => {
  await lake.create("lines", { fields });
  const log = join(lake.root, "lines/_delta_log/00000000000000000000.json");
  const [first = ""] = readFileSync(log, "utf8").split("\n");
  assert.match(JSON.parse(first).commitInfo.txnId, /^[0-9a-f-]{36}$/);
});

test("changes of columns that old files would belie are refused, and allowed when all rows are replaced", async () => {
  const base = await lake.append(await lake.create("evolve", { fields }), twoRows);
  const required = { name: "must", type: "long", nullable: false } as const;
  const cases: [readonly (typeof fields)[number][], RegExp][] = [
    [
      [column("id", "string"), column("name", "string")],
      /holds long in "id", which would be string/,
    ],
    [[column("id", "long")], /has the column "name", which would be gone/],
    [[...fields, required], /has no column "must", which would be required/],
    [
      [{ ...column("id", "long"), nullable: false }, column("name", "string")],
      /may hold nulls in "id"/,
    ],
  ];
  for (const [changed, pattern] of cases) {
    const change = { operation: "CHANGE COLUMN", schema: { fields: changed } };
    await assert.rejects(commit(lake.context, base, change), (error) => {
      assert.ok(error instanceof MillraceError);
      assert.equal(error.code, "delta/bad-schema");
      assert.match(error.message, pattern);
      return true;
    });
  }
  const replaced = await lake.append(base, "SELECT 'one' AS id", {
    schema: { fields: [column("id", "string")] },
    remove: "all",
  });
  assert.deepEqual(await lake.rows(replaced), [{ id: "one" }]);
});

test("a base whose commits were cleaned away cannot be committed on, nor the table made anew", async () => {
  let snapshot = await lake.create("stale", {
    fields,
    configuration: { "delta.checkpointInterval": "5" },
  });
  const old = snapshot;
  for (let step = 0; step < 6; step += 1) snapshot = await lake.append(snapshot, twoRows);
  for (const version of [0, 1, 2]) {
    rmSync(join(lake.root, `stale/_delta_log/0000000000000000000${version}.json`));
  }
  await assert.rejects(lake.append(old, twoRows), conflict(/cleaned away/));
  await assert.rejects(lake.create("stale", { fields }), conflict(/cleaned away/));
  assert.equal((await lake.append(await lake.open("stale"), twoRows)).version, 7);
});

test("an answer that got lost after the commit was made is settled by reading it back", async () => {
  const base = await lake.create("lost", { fields });
  const { storage } = lake.context;
  const reset = new MillraceError("connection reset", { code: "storage/unknown", retryable: true });
  const answers = [
    async (path: string, bytes: Uint8Array) => {
      await storage.create(path, bytes);
      throw reset;
    },
    async (path: string, bytes: Uint8Array) => {
      await storage.create(path, bytes);
      return false;
    },
  ];
  let snapshot = base;
  for (const create of answers) {
    const lossy = { ...lake.context, storage: { ...storage, create } };
    snapshot = await commit(lossy, snapshot, {
      operation: "WRITE",
      transactions: [{ appId: "a", version: BigInt(snapshot.version) }],
    });
  }
  assert.equal(snapshot.version, 2);
  const failing = {
    ...lake.context,
    storage: { ...storage, create: async () => Promise.reject(reset) },
  };
  await assert.rejects(commit(failing, snapshot, { operation: "WRITE" }), /connection reset/);
  assert.equal((await lake.open("lost")).version, 2);
});

test("files of other types than the table's are refused by column, nested ones too", async () => {
  const typed = await lake.create("typed", {
    fields: [
      column("id", "long"),
      column("o", {
        kind: "struct",
        fields: [column("price", { kind: "decimal", precision: 10, scale: 2 })],
      }),
      column("xs", { kind: "array", element: "long", containsNull: true }),
    ],
  });
  const right = "1::BIGINT AS id, {'price': 1::DECIMAL(10,2)} AS o, [1::BIGINT] AS xs";
  const cases = [
    [
      right.replace("1::BIGINT AS id", "1::INTEGER AS id"),
      /integer in "id", where the table has long/,
    ],
    [right.replace("DECIMAL(10,2)", "DECIMAL(12,3)"), /decimal\(12,3\) in "o.price"/],
    [right.replace("[1::BIGINT]", "['1']"), /string in "xs.element"/],
  ] as const;
  for (const [columns, pattern] of cases) {
    await assert.rejects(lake.append(typed, `SELECT ${columns}`), pattern);
  }
  assert.equal((await lake.append(typed, `SELECT ${right}`)).rows, 1n);
});

test("naming the columns a table has already changes nothing and stands in nobody's way", async () => {
  const spec = { fields: [...fields, column("a b", "long")], configuration: { "my.owner": "me" } };
  const row = "SELECT 1::BIGINT AS id, 'a' AS name, 2::BIGINT AS \"a b\"";
  const base = await lake.create("same", spec);
  for (let round = 0; round < 2; round += 1) await lake.append(base, row, { schema: spec });
  const newest = await lake.open("same");
  assert.equal(newest.rows, 2n);
  assert.deepEqual(newest.metadata, base.metadata);
  const text = readFileSync(join(lake.root, "same/_delta_log/00000000000000000002.json"), "utf8");
  assert.doesNotMatch(text, /"metaData"/);
});

test("rewriting files without changing rows is told apart, and an append-only table allows it", async () => {
  const spec = { fields, configuration: { "delta.appendOnly": "true" } };
  let base = await lake.create("compact", spec);
  for (let round = 0; round < 3; round += 1) base = await lake.append(base, twoRows);
  await lake.append(base, twoRows);
  const all = `SELECT * FROM ${lake.engine.relation(await scan(lake.context, base))}`;
  const compacted = await lake.append(base, all, { remove: base.files, dataChange: false });
  assert.equal(compacted.files.length, 2);
  assert.equal(compacted.rows, 8n);
  const text = readFileSync(
    join(lake.root, "compact/_delta_log/00000000000000000005.json"),
    "utf8",
  );
  assert.doesNotMatch(text, /"dataChange":true/);
  await assert.rejects(
    lake.append(base, all, { remove: base.files, dataChange: false }),
    conflict(/removed the file/),
  );
});

test("a file that holds something else inside a column than the table has is refused, though no value shows it", async () => {
  const entries = { kind: "map", key: "string", value: "long", valueContainsNull: true } as const;
  const nested = { kind: "array", element: entries, containsNull: true } as const;
  const base = await lake.create("shape", { fields: [column("id", "long"), column("l", nested)] });
  await assert.rejects(
    lake.append(base, "SELECT 1::BIGINT AS id, [] AS l"),
    (error) =>
      error instanceof MillraceError &&
      error.code === "delta/type-mismatch" &&
      /integer in "l.element", where the table has no such column/.test(error.message),
  );
  const filled = await lake.append(
    base,
    "SELECT 1::BIGINT AS id, CAST([] AS MAP(VARCHAR, BIGINT)[]) AS l",
  );
  assert.deepEqual(await lake.rows(filled, "l"), [{ l: [] }]);
});
