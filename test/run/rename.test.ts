/** Tests of columns that a project renames and drops: one commit of the log, no file written anew, and never silently. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../src/delta/history.ts";
import {
  bigint,
  csv,
  decimal,
  ingest,
  integer,
  list,
  ndjson,
  sql,
  struct,
  text,
  transform,
} from "../../src/index.ts";
import { loadTable } from "../../src/lake/lake.ts";
import type { Asset } from "../../src/project/define.ts";
import { renderPlan } from "../../src/run/explain.ts";
import { replay } from "../../src/run/replay.ts";
import { folderOf } from "../../src/schema/table.ts";
import { openSandbox, type Sandbox, stepOf } from "./sandbox.ts";

const TABLE = "bronze.people";

const people = (columns: Parameters<typeof ingest>[1]["columns"], how: object = {}) =>
  ingest(TABLE, { from: csv("in/*.csv"), columns, ...how });

const operationsOf = (sandbox: Sandbox, table = TABLE): Promise<string[]> =>
  sandbox.open(async ({ lake }) => {
    const records = await history(lake.delta, folderOf(table));
    return records.map(({ operation }) => String(operation)).toReversed();
  });

const filesOf = (sandbox: Sandbox): Promise<string[]> =>
  sandbox.open(async ({ lake }) => (await loadTable(lake, TABLE)).files.map(({ path }) => path));

async function failure(sandbox: Sandbox, assets: readonly Asset[]) {
  const { error } = stepOf(await sandbox.run(assets), TABLE);
  assert.ok(error);
  return error;
}

test("a column that was formerly called otherwise is renamed in one commit before the load, and no file changes", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,plz\n1,1010\n2,8010\n");
  await sandbox.run([people({ id: integer(), plz: text() })]);
  const files = await filesOf(sandbox);
  const now = [people({ id: integer(), zip: text().formerly("postcode", "PLZ") })];
  const plan = await sandbox.plan(now);
  const step = stepOf(plan, TABLE);
  assert.deepEqual([step.action, step.because], ["update", "its columns change"]);
  assert.deepEqual(step.columns, [
    { column: "zip", change: "renamed", means: 'from "plz"; no file is rewritten', from: "plz" },
  ]);
  assert.match(renderPlan(plan), /renamed column "zip": from "plz"; no file is rewritten\n/);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
  const done = stepOf(await sandbox.run(now), TABLE);
  assert.deepEqual([done.state, done.version], ["done", 1]);
  assert.deepEqual(await filesOf(sandbox), files);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
  sandbox.write("in/b.csv", "id,zip\n3,6020\n");
  await sandbox.run(now);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, zip: "1010" },
    { id: 2, zip: "8010" },
    { id: 3, zip: "6020" },
  ]);
  const operations = ["CREATE TABLE AS SELECT", "RENAME COLUMN", "WRITE"];
  assert.deepEqual(await operationsOf(sandbox), operations);
  await sandbox.open(async ({ lake }) => {
    const { protocol, metadata } = await loadTable(lake, TABLE);
    assert.deepEqual(protocol, { minReaderVersion: 2, minWriterVersion: 5 });
    assert.equal(metadata.configuration["delta.columnMapping.mode"], "name");
  });
});

test("fields inside structs and lists are renamed and dropped, also below a column that is renamed", async (t) => {
  const sandbox = openSandbox(t);
  const from = ndjson("in/*.ndjson");
  sandbox.write(
    "in/a.ndjson",
    '{"id":1,"adresse":{"ort":"Wien","plz":"1010","fax":"0"},"items":[{"sku":"a","n":1}],"old":"x"}\n',
  );
  const before = {
    id: integer(),
    adresse: struct({ ort: text(), plz: text(), fax: text() }),
    items: list(struct({ sku: text(), n: integer() })),
    old: text(),
  };
  await sandbox.run([ingest(TABLE, { from, columns: before })]);
  const files = await filesOf(sandbox);
  const columns = {
    id: integer(),
    address: struct({ city: text().formerly("ort"), zip: text().formerly("plz") }).formerly(
      "adresse",
    ),
    items: list(struct({ article: text().formerly("sku") })),
  };
  const now = [
    ingest(TABLE, { from, columns, drop: ["address.fax", "items.element.n", "OLD", "none"] }),
  ];
  const { columns: planned } = stepOf(await sandbox.plan(now), TABLE);
  assert.deepEqual(
    planned.map(({ column, change, from: old }) => [column, change, old]),
    [
      ["address", "renamed", "adresse"],
      ["address.city", "renamed", "address.ort"],
      ["address.zip", "renamed", "address.plz"],
      ["items.element.article", "renamed", "items.element.sku"],
      ["address.fax", "dropped", undefined],
      ["items.element.n", "dropped", undefined],
      ["old", "dropped", undefined],
    ],
  );
  sandbox.write(
    "in/b.ndjson",
    '{"id":2,"address":{"city":"Graz","zip":"8010"},"items":[{"article":"b"}]}\n',
  );
  assert.equal(stepOf(await sandbox.run(now), TABLE).state, "done");
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, address: { city: "Wien", zip: "1010" }, items: [{ article: "a" }] },
    { id: 2, address: { city: "Graz", zip: "8010" }, items: [{ article: "b" }] },
  ]);
  const kept = await filesOf(sandbox);
  assert.ok(files.every((file) => kept.includes(file)));
  const renames = Array.from({ length: 4 }, () => "RENAME COLUMN");
  const operations = ["CREATE TABLE AS SELECT", ...renames, "DROP COLUMNS", "WRITE"];
  assert.deepEqual(await operationsOf(sandbox), operations);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
});

test("a column that is merely declared no more stays, and goes where the project says so", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,fax\n1,5\n");
  await sandbox.run([people({ id: integer(), fax: text() })]);
  sandbox.write("in/b.csv", "id,fax\n2,6\n");
  await sandbox.run([people({ id: integer() })]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, fax: "5" },
    { id: 2, fax: null },
  ]);
  const now = [people({ id: integer() }, { drop: ["fax"] })];
  assert.match(
    renderPlan(await sandbox.plan(now)),
    /dropped column "fax": it is gone from the table/,
  );
  await sandbox.run(now);
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1 }, { id: 2 }]);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
  // The name is free again, and the values of before are not seen through it.
  sandbox.write("in/c.csv", "id,fax\n3,7\n");
  await sandbox.run([people({ id: integer(), fax: text().optional() })]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, fax: null },
    { id: 2, fax: null },
    { id: 3, fax: "7" },
  ]);
});

test("what was dropped or renamed does not come back by evolution", async (t) => {
  const sandbox = openSandbox(t);
  const evolve = { extra: "evolve" };
  sandbox.write("in/a.csv", "id,fax,plz\n1,5,1010\n");
  await sandbox.run([people({ id: integer() }, evolve)]);
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1, fax: "5", plz: "1010" }]);
  const zip = text().formerly("plz").optional();
  const now = [people({ id: integer(), zip }, { ...evolve, drop: ["fax"] })];
  sandbox.write("in/b.csv", "id,fax,plz,zip,tel\n2,6,2,8010,9\n");
  await sandbox.run(now);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, zip: "1010", tel: null },
    { id: 2, zip: "8010", tel: "9" },
  ]);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
});

test("a rename that cannot be told is refused, by the plan too, and keeps no other step from being done", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,plz,zip\n1,1010,2\n");
  await sandbox.run([people({ id: integer(), plz: text(), zip: text() })]);
  const other = transform("gold.one", sql`select 1 as one`);
  const both = [people({ id: integer(), zip: text().formerly("plz") }), other];
  const step = stepOf(await sandbox.plan(both), TABLE);
  assert.equal(step.action, "fail");
  assert.match(step.because, /has both "zip" and "plz", and "zip" is declared as formerly one/);
  assert.match(step.notes.join(), /drop: \["plz"\]/);
  assert.equal((await failure(sandbox, both)).code, "lake/column-conflict");
  assert.deepEqual(await sandbox.rows("gold.one"), [{ one: 1 }]);
  const two = [people({ id: integer(), code: text().formerly("plz", "zip") })];
  assert.match((await failure(sandbox, two)).message, /has both "plz" and "zip"/);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1, plz: "1010", zip: "2" }]);
});

test("a column whose new type cannot hold the old values is not renamed either", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,plz\n1,1010\n");
  await sandbox.run([people({ id: integer(), plz: text() })]);
  const now = people({ id: integer(), zip: integer().formerly("plz") });
  assert.equal((await failure(sandbox, [now])).code, "ingest/incompatible-column");
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
});

test("a table that is replaced whole gets names with its rows, and needs no column mapping for them", async (t) => {
  const sandbox = openSandbox(t);
  const write = { write: "overwrite" };
  sandbox.write("in/a.csv", "id,plz,fax\n1,1010,5\n");
  await sandbox.run([people({ id: integer(), plz: text(), fax: text() }, write)]);
  const zip = text().formerly("plz").from("plz");
  const now = [people({ id: integer(), zip }, { ...write, drop: ["fax"] })];
  await sandbox.run(now);
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1, zip: "1010" }]);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT", "WRITE"]);
  await sandbox.open(async ({ lake }) => {
    assert.equal((await loadTable(lake, TABLE)).protocol.minReaderVersion, 1);
  });
  assert.equal((await sandbox.run(now)).state, "nothing to do");
});

test("names that lead nowhere, or to two columns, are refused where they are declared", () => {
  const bad = (declare: () => unknown, code: string, message: RegExp) =>
    assert.throws(declare, { code, message });
  const zip = text().formerly("plz");
  const column = "project/bad-column";
  bad(() => people({ zip, code: text().formerly("PLZ") }), column, /both formerly "PLZ"/);
  bad(
    () => people({ zip, plz: text() }),
    column,
    /"zip", was formerly "plz", and "plz" is a column/,
  );
  bad(() => people({ zip: text().formerly("zip") }), column, /formerly "zip" itself/);
  bad(() => people({ zip: text().formerly("") }), column, /formerly ""/);
  bad(() => people({ l: list(zip) }), column, /\.formerly\(\) cannot be said of the items/);
  bad(() => people({ s: struct({ zip, plz: text() }) }), column, /"zip", was formerly "plz"/);
  const option = "project/bad-option";
  const drops = (name: string, how: object = {}) =>
    people({ zip, s: struct({ a: integer() }) }, { drop: [name], ...how });
  bad(() => drops("ZIP"), option, /drops "ZIP", which is declared as the column "zip"/);
  bad(() => drops("plz"), option, /declared as the former name of a column/);
  bad(() => drops("s.a"), option, /declared as the column "s\.a"/);
  bad(() => drops("_extra", { extra: "keep" }), option, /extra: "keep" makes/);
});

test("a column by which the table is partitioned is neither renamed nor dropped", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,day\n1,mo\n");
  await sandbox.run([people({ id: integer(), day: text() }, { partitionBy: ["day"] })]);
  const renamed = people(
    { id: integer(), date: text().formerly("day") },
    { partitionBy: ["date"] },
  );
  const error = await failure(sandbox, [renamed]);
  assert.equal(error.code, "delta/column-in-use");
  assert.match(error.message, /"day" cannot be renamed: the table is partitioned by it/);
  const dropped = people({ id: integer() }, { partitionBy: [], drop: ["day"] });
  assert.equal((await failure(sandbox, [dropped])).code, "delta/column-in-use");
  assert.equal(stepOf(await sandbox.plan([dropped]), TABLE).action, "fail");
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
});

test("a name that changes only in upper and lower case is renamed too", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,Plz\n1,1010\n");
  await sandbox.run([people({ id: integer(), Plz: text() })]);
  sandbox.write("in/b.csv", "id,plz\n2,8010\n");
  const now = [people({ id: integer(), plz: text().formerly("Plz") })];
  await sandbox.run(now);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, plz: "1010" },
    { id: 2, plz: "8010" },
  ]);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
});

test("a column that is declared in other letters without a word of it stays as it is called, and is filled", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,Plz\n1,1010\n");
  await sandbox.run([people({ id: integer(), Plz: text() })]);
  sandbox.write("in/b.csv", "id,plz\n2,8010\n");
  await sandbox.run([people({ id: integer(), plz: text() })]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, Plz: "1010" },
    { id: 2, Plz: "8010" },
  ]);
});

test("a table that another run has renamed, or that was made later, has nothing to do", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,zip\n1,1010\n");
  const now = [people({ id: integer(), zip: text().formerly("plz") }, { drop: ["fax"] })];
  assert.equal(stepOf(await sandbox.plan(now), TABLE).action, "create");
  await sandbox.run(now);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
  await sandbox.open(async ({ lake }) => {
    assert.equal((await loadTable(lake, TABLE)).protocol.minReaderVersion, 1);
  });
});

const replayed = (sandbox: Sandbox, assets: readonly Asset[], dryRun = false) =>
  sandbox.open(async (workspace) =>
    replay(await sandbox.project(assets), workspace, {
      table: TABLE,
      dryRun,
      signal: new AbortController().signal,
    }),
  );

test("entries from before a rename are replayed under the new names, and a replay renames first", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,plz,note\n1,1010,a\n2,x,b\n3,y,c\n4,1234,5,6\n");
  const digits = (column: ReturnType<typeof text>) => column.matches("[0-9]{4}");
  await sandbox.run([people({ id: integer(), plz: digits(text()), note: text() })]);
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1, plz: "1010", note: "a" }]);
  const zip = text().formerly("plz").matches("[0-9]{4}|x");
  const now = [people({ id: integer(), zip, note: text() })];
  const looked = await replayed(sandbox, now, true);
  assert.deepEqual([looked.tried, looked.passing, looked.version], [3, 1, undefined]);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
  const done = await replayed(sandbox, now);
  assert.deepEqual([done.passing, done.still_rejected, done.version], [1, 2, 2]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, zip: "1010", note: "a" },
    { id: 2, zip: "x", note: "b" },
  ]);
  assert.deepEqual(await operationsOf(sandbox), [
    "CREATE TABLE AS SELECT",
    "RENAME COLUMN",
    "WRITE",
  ]);
  const left = await sandbox.rows(`quarantine.${TABLE}`, "raw, reasons[1].message as why");
  assert.deepEqual(
    left.map(({ raw }) => raw),
    ["4,1234,5,6", '{"id":"3","plz":"y","note":"c"}'],
  );
  // A file is read by the names that are declared alone.
  sandbox.write("in/b.csv", "id,plz,note\n5,x,d\n");
  const { ledger } = stepOf(await sandbox.run(now), TABLE);
  assert.deepEqual([ledger.written, ledger.quarantined], [0, 1]);
});

test("entries of JSON are replayed under new names inside objects, digit by digit", async (t) => {
  const sandbox = openSandbox(t);
  const from = ndjson("in/*.ndjson");
  const item = (n: ReturnType<typeof bigint>) => list(struct({ n, price: decimal(20, 2) }));
  sandbox.write(
    "in/a.ndjson",
    '{"id":"x1","items":[{"n":9007199254740993,"price":1.10}],"old":{"plz":"1010"}}\n',
  );
  const before = { id: integer(), items: item(bigint()), old: struct({ plz: text() }) };
  await sandbox.run([ingest(TABLE, { from, columns: before })]);
  const count = bigint().formerly("n");
  const columns = {
    id: text(),
    items: list(struct({ count, price: decimal(20, 2) })),
    address: struct({ zip: text().formerly("plz") }).formerly("old"),
  };
  const now = [
    ingest(TABLE, {
      from,
      columns: { ...columns, id: integer().clean((v) => sql`ltrim(${v}, 'x')`) },
      extra: "reject",
    }),
  ];
  assert.equal((await replayed(sandbox, now, true)).passing, 1);
  const done = await replayed(sandbox, now);
  assert.deepEqual([done.passing, done.still_rejected], [1, 0]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, items: [{ count: 9007199254740993n, price: "1.10" }], address: { zip: "1010" } },
  ]);
});

test("tables that follow one whose columns are renamed and dropped hold what their query gives", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,plz,n\n1,1010,1\n2,8010,2\n");
  const base = people({ id: integer(), plz: text(), n: bigint() });
  const followers = (source: typeof base, zip: "plz" | "zip") => {
    const all = sql`select * from ${source}`;
    const by =
      zip === "plz"
        ? sql`select plz as code, sum(n)::bigint as n from ${source} group by all`
        : sql`select zip as code, sum(n)::bigint as n from ${source} group by all`;
    return [
      source,
      transform("silver.all", all, { write: "append" }),
      transform("gold.sums", by, { write: { merge: "code" } }),
    ];
  };
  await sandbox.run(followers(base, "plz"));
  sandbox.write("in/b.csv", "id,plz,n\n3,1010,5\n");
  await sandbox.run(followers(base, "plz"));
  // First the names alone change, then rows come under the new ones.
  const now = people({ id: integer(), zip: text().formerly("plz"), n: bigint() });
  await sandbox.run(followers(now, "zip"));
  assert.deepEqual(await sandbox.rows("silver.all", "id, zip"), [
    { id: 1, zip: "1010" },
    { id: 2, zip: "8010" },
    { id: 3, zip: "1010" },
  ]);
  sandbox.write("in/c.csv", "id,zip,n\n4,8010,7\n");
  const result = await sandbox.run(followers(now, "zip"));
  assert.equal(result.state, "done");
  assert.deepEqual(await sandbox.rows("gold.sums"), [
    { code: "1010", n: 6n },
    { code: "8010", n: 9n },
  ]);
  // A rename and new rows that a follower sees at once.
  sandbox.write("in/d.csv", "number,n\n5,1\n");
  const last = people({ number: integer().formerly("id"), n: bigint() }, { drop: ["zip"] });
  const all = transform("silver.all", sql`select * from ${last}`, { write: "append" });
  await sandbox.run([last, all]);
  assert.deepEqual(
    await sandbox.rows("silver.all"),
    [1, 2, 3, 4, 5].map((number, index) => ({ number, n: [1n, 2n, 5n, 7n, 1n][index] })),
  );
  assert.equal((await sandbox.run([last, all])).state, "nothing to do");
});

test("fields inside structs join, stay and become wider as columns do, whatever their order", async (t) => {
  const sandbox = openSandbox(t);
  const from = ndjson("in/*.ndjson");
  sandbox.write("in/a.ndjson", '{"a":{"x":1,"gone":"g"},"l":[{"n":1}]}\n');
  const before = { a: struct({ x: integer(), gone: text() }), l: list(struct({ n: integer() })) };
  await sandbox.run([ingest(TABLE, { from, columns: before })]);
  const files = await filesOf(sandbox);
  const item = struct({ word: text().optional(), n: integer() });
  const now = [
    ingest(TABLE, { from, columns: { a: struct({ y: text(), x: integer() }), l: list(item) } }),
  ];
  const { columns } = stepOf(await sandbox.plan(now), TABLE);
  assert.deepEqual(
    columns.map(({ column, change }) => [column, change]),
    [
      ["a.y", "added"],
      ["l.element.word", "added"],
      ["a.gone", "unused"],
    ],
  );
  sandbox.write(
    "in/b.ndjson",
    '{"a":{"y":"why","x":2},"l":[{"word":"w","n":2}]}\n{"a":null,"l":[]}\n',
  );
  const step = stepOf(await sandbox.run(now), TABLE);
  assert.deepEqual([step.state, step.ledger.written, step.ledger.quarantined], ["done", 1, 1]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { a: { x: 1, gone: "g", y: null }, l: [{ n: 1, word: null }] },
    { a: { x: 2, gone: null, y: "why" }, l: [{ n: 2, word: "w" }] },
  ]);
  assert.ok((await filesOf(sandbox)).includes(files[0] ?? ""));
  const wide = struct({ x: bigint(), y: text() });
  sandbox.write("in/c.ndjson", '{"a":{"x":5000000000,"y":"z"},"l":[]}\n');
  const last = [ingest(TABLE, { from, columns: { a: wide, l: list(item) }, drop: ["a.gone"] })];
  assert.equal(stepOf(await sandbox.run(last), TABLE).error, undefined);
  assert.deepEqual(await sandbox.rows(TABLE, "a"), [
    { a: { x: 1n, y: null } },
    { a: { x: 2n, y: "why" } },
    { a: { x: 5_000_000_000n, y: "z" } },
  ]);
  assert.equal((await sandbox.run(last)).state, "nothing to do");
  sandbox.write("in/d.ndjson", '{"a":{"q":1},"l":[]}\n');
  const other = ingest(TABLE, { from, columns: { a: struct({ q: integer() }), l: list(item) } });
  assert.equal((await failure(sandbox, [other])).code, "ingest/incompatible-column");
});
