/** What becomes of the table: unknown fields, keys, partitions, secrets, odd names and columns that change. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  bigint,
  type Column,
  type Columns,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  json,
  jsonFile,
  ndjson,
  parquet,
  sql,
  struct,
  text,
  timestamp,
} from "../../src/index.ts";
import type { IngestOptions } from "../../src/ingest/asset.ts";
import { land, type Ran, TABLE, useYards, type Yard } from "./harness.ts";

const open = useYards();

const ID = { id: integer() };

/** Loads one more CSV file into the table. */
async function add<C extends Columns>(
  yard: Yard,
  content: string,
  how: Omit<IngestOptions<C>, "from">,
): Promise<Ran> {
  yard.write(`${(await yard.lake.find(TABLE))?.version ?? -1}.csv`, content);
  return yard.run([ingest(TABLE, { from: csv("*.csv"), ...how })]);
}

test("fields that no column asks for are ignored unless told", async () => {
  const { rows } = await land(
    open(),
    { "a.csv": "id,x\n1,a\n", "b.ndjson": '{"id":2,"y":{"z":1}}\n' },
    {
      from: [csv("*.csv"), ndjson("*.ndjson")],
      columns: ID,
    },
  );
  assert.deepEqual(rows, [{ id: 1 }, { id: 2 }]);
});

test("unknown fields can be kept as JSON, and a record without any has null there", async () => {
  const { rows } = await land(
    open(),
    {
      "a.csv": 'id,x,it\'s,"q""q"\n1,a,,c\n',
      "b.ndjson": '{"id":2,"y":{"z":[1,null]},"n":null}\n{"id":3}\n',
    },
    { from: [csv("*.csv"), ndjson("*.ndjson")], columns: ID, extra: "keep" },
  );
  assert.deepEqual(
    rows.map(({ id, _extra }) => [id, _extra === null ? null : JSON.parse(String(_extra))]),
    [
      [1, { x: "a", "it's": null, 'q"q': "c" }],
      [2, { y: { z: [1, null] }, n: null }],
      [3, null],
    ],
  );
});

test("a dot in the name of a CSV column leads nowhere: what is read is not kept again, and its like is", async () => {
  const { rows } = await land(
    open(),
    { "a.csv": "id,a.b,a\n1,x,y\n" },
    { from: csv("a.csv"), columns: { ...ID, b: text().from("a.b") }, extra: "keep" },
  );
  assert.deepEqual(rows, [{ id: 1, b: "x", _extra: '{"a":"y"}' }]);
});

test("records with unknown fields can be turned away, a CSV file by its header", async () => {
  const { rows, rejected } = await land(
    open(),
    { "a.csv": "id,x\n1,a\n", "b.csv": "id\n2\n", "c.ndjson": '{"id":3}\n{"id":4,"x":1,"y":2}\n' },
    { from: [csv("*.csv"), ndjson("*.ndjson")], columns: ID, extra: "reject" },
  );
  assert.deepEqual(rows, [{ id: 2 }, { id: 3 }]);
  assert.deepEqual(
    rejected.map(({ position, reasons }) => `${position} ${reasons.join()}`),
    [
      'a.csv:1 |file|has columns that the contract does not know: "x"',
      "c.ndjson:2 |extra|has fields that no column asks for: x, y",
    ],
  );
});

test("unknown fields can become columns, which older rows leave null, again and again", async () => {
  const yard = open();
  const how = { columns: ID, extra: "evolve" } as const;
  await add(yard, "id\n1\n", how);
  await add(yard, "id,x\n2,a\n", how);
  await add(yard, "id,y z,select\n3,b,c\n", how);
  await add(yard, "id,x\n4,d\nz,e\n", how);
  assert.deepEqual(await yard.rows(), [
    { id: 1, x: null, "y z": null, select: null },
    { id: 2, x: "a", "y z": null, select: null },
    { id: 3, x: null, "y z": "b", select: "c" },
    { id: 4, x: "d", "y z": null, select: null },
  ]);
  assert.deepEqual(
    (await yard.rejected()).map(({ line }) => line),
    [3],
  );
});

test("fields of JSON become columns with their values as texts, objects and lists as JSON", async () => {
  const { rows, rejected } = await land(
    open(),
    { "a.ndjson": '{"id":1,"n":1.50,"o":{"a":[1]},"t":"x"}\n{"id":2,"t":null,"o":[]}\n' },
    { from: ndjson("*.ndjson"), columns: ID, extra: "evolve" },
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(rows, [
    { id: 1, n: "1.50", o: '{"a":[1]}', t: "x" },
    { id: 2, n: null, o: "[]", t: null },
  ]);
});

test("a key is one row within a batch, whatever files and sources it comes in", async () => {
  const { rows, ledger } = await land(
    open(),
    {
      "a.csv": "id,name\n1,a\n2,b\n1,a\n",
      "b.csv": "name,id\nc,3\na,1\n",
      "c.ndjson": '{"id":3,"name":"c"}\n{"id":4,"name":"d"}\n',
    },
    {
      from: [csv("*.csv"), ndjson("*.ndjson")],
      columns: { id: integer(), name: text() },
      unique: { key: "id" },
    },
  );
  assert.deepEqual(
    rows.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  assert.deepEqual(ledger, { read: 7, written: 4, quarantined: 0, deduplicated: 3, filtered: 0 });
});

test("a key that is in the table already is not written again", async () => {
  const yard = open();
  const how = { columns: { id: integer(), name: text() }, unique: { key: ["id"] } } as const;
  await add(yard, "id,name\n1,a\n2,b\n", how);
  const { ledger } = await add(yard, "id,name\n2,other\n3,c\n3,c\n", how);
  assert.deepEqual(ledger, { read: 3, written: 1, quarantined: 0, deduplicated: 2, filtered: 0 });
  assert.deepEqual(
    (await yard.rows()).map(({ id, name }) => [id, name]),
    [
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ],
  );
});

test("a key with a null in it is no duplicate", async () => {
  const { rows } = await land(
    open(),
    { "a.csv": "a,b\n1,\n1,\n1,x\n1,x\n" },
    {
      from: csv("a.csv"),
      columns: { a: integer(), b: text().optional() },
      unique: { key: ["a", "b"] },
    },
  );
  assert.equal(rows.length, 3);
});

test("keys of several columns are not run together", async () => {
  const { rows } = await land(
    open(),
    { "a.csv": "a,b\nx,yz\nxy,z\n" },
    {
      from: csv("a.csv"),
      columns: { a: text(), b: text() },
      unique: { key: ["a", "b"] },
    },
  );
  assert.equal(rows.length, 2);
});

test("within a window the same key is one row, in the batch and against the table, and beyond it is another", async () => {
  const yard = open();
  const how = {
    columns: { id: integer(), at: timestamp() },
    unique: { key: "id", within: { time: "1 h", by: "at" } },
  } as const;
  await add(
    yard,
    "id,at\n1,2024-01-01T00:00:00Z\n1,2024-01-01T00:30:00Z\n1,2024-01-01T05:00:00Z\n2,2024-01-01T00:30:00Z\n",
    how,
  );
  assert.equal((await yard.rows()).length, 3);
  const { ledger } = await add(
    yard,
    "id,at\n1,2024-01-01T05:59:00Z\n1,2024-01-01T07:00:00Z\n2,2023-12-31T23:45:00Z\n",
    how,
  );
  assert.deepEqual([ledger.written, ledger.deduplicated], [1, 2]);
});

test("an overwritten table is free of duplicates of itself alone", async () => {
  const yard = open();
  const table = ingest(TABLE, {
    from: csv("*.csv"),
    columns: ID,
    unique: { key: "id" },
    write: "overwrite",
  });
  yard.write("a.csv", "id\n1\n1\n2\n");
  await yard.run([table]);
  yard.write("b.csv", "id\n2\n3\n");
  const { ledger } = await yard.run([table]);
  assert.deepEqual(ledger, { read: 5, written: 3, quarantined: 0, deduplicated: 2, filtered: 0 });
});

test("partitions may have values of any kind", async () => {
  const yard = open();
  const values = [
    "a/b",
    "a=b",
    "é漢",
    "it's",
    '"',
    "%20",
    "..",
    ".",
    "",
    " ",
    "x".repeat(300),
    "a\nb",
    "null",
    "NULL",
    "\\",
    "{}",
    null,
  ];
  const cell = (value: string | null): string =>
    value === null ? "" : `"${value.replaceAll('"', '""')}"`;
  yard.write(
    "a.csv",
    `p,id\n${values.map((value, id) => `${cell(value)},${id}\nbad,x\n`).join("")}`,
  );
  const table = ingest(TABLE, {
    from: csv("a.csv"),
    columns: { p: text().optional(), id: integer() },
    partitionBy: ["p"],
  });
  const { error } = await yard.run([table]);
  assert.equal(error, undefined);
  const rows = (await yard.rows()).toSorted((a, b) => Number(a.id) - Number(b.id));
  // The log has one text for null and for nothing.
  assert.deepEqual(
    rows.map(({ p }) => p),
    values.map((value) => (value === "" ? null : value)),
  );
});

test("partitions of dates, numbers and instants come back as such, and keys work across them", async () => {
  const yard = open();
  const how = {
    columns: {
      day: date(),
      n: bigint().optional(),
      at: timestamp(),
      f: float(),
      d: decimal(9, 2),
      id: integer(),
    },
    partitionBy: ["day", "n", "at", "f", "d"],
    unique: { key: ["day", "id"] },
  } as const;
  const line = "2024-02-29,,2024-01-01T00:00:00.123456Z,-0.5,1.10,1\n";
  await add(
    yard,
    `day,n,at,f,d,id\n${line}0001-01-01,-9223372036854775808,2024-01-01T00:00:00+08:00,1e300,-1.00,2\n`,
    how,
  );
  const { ledger } = await add(
    yard,
    `day,n,at,f,d,id\n${line}2024-02-29,1,2024-01-01T00:00:00Z,1,1,3\n`,
    how,
  );
  assert.deepEqual([ledger.written, ledger.deduplicated], [1, 1]);
  assert.deepEqual((await yard.rows(TABLE, 'id, day, n, "at", f, d')).slice(0, 2), [
    { id: 1, day: "2024-02-29", n: null, at: "2024-01-01T00:00:00.123456Z", f: -0.5, d: "1.10" },
    {
      id: 2,
      day: "0001-01-01",
      n: -9223372036854775808n,
      at: "2023-12-31T16:00:00Z",
      f: 1e300,
      d: "-1.00",
    },
  ]);
});

test("a table with many partitions is written whole", async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index},${index % 150}\n`).join("");
  const { rows } = await land(
    open(),
    { "a.csv": `id,p\n${lines}` },
    {
      from: csv("a.csv"),
      columns: { id: integer(), p: integer() },
      partitionBy: ["p"],
    },
  );
  assert.equal(rows.length, 20_000);
});

const SECRET = "s3cr3t";

test("secrets never reach the quarantine, at whatever depth they stand, in broken lines and reasons too", async () => {
  const yard = open();
  const files = {
    "a.csv": `id,card\nx,${SECRET}\n1,${SECRET}\n2,"${SECRET}\n3,${SECRET}\n`,
    "b.ndjson": `{"id":"x","o":{"card":"${SECRET}","l":[{"card":["${SECRET}"]},{"card":{"n":"${SECRET}"}}]}}\n{"id":5,"card":"${SECRET}"\n{"card" : ${SECRET}\n`,
    "c.json": `{"card":"${SECRET}","rows":[{"id":"x","card":"${SECRET} \\" ${SECRET}"},5]}`,
    "d.csv": `nope,card\n1,${SECRET}\n`,
  };
  await yard.lake.engine.run(
    `copy (select 'x' as id, '${SECRET}' as card) to '${yard.path("e.parquet")}'`,
  );
  const { rejected } = await land(yard, files, {
    from: [
      csv("*.csv"),
      ndjson("*.ndjson"),
      jsonFile("*.json", { records: "$.rows[*]" }),
      parquet("*.parquet"),
    ],
    columns: { id: integer(), card: text().matches("[0-9]*").optional() },
    redact: ["card"],
  });
  assert.ok(rejected.length >= 10, String(rejected.length));
  const all = inspect(await yard.rows(`quarantine.${TABLE}`), { depth: 9, maxStringLength: null });
  assert.ok(
    !all.includes(SECRET),
    all.slice(Math.max(0, all.indexOf(SECRET) - 300), all.indexOf(SECRET) + 20),
  );
  assert.match(all, /\*\*\*/);
});

const ODD_NAMES = [
  "a b",
  'q"q',
  "it's",
  "é漢😀",
  "select",
  "group",
  "x".repeat(300),
  "1st",
  "a.b",
  "a-b",
  "%",
  "{}",
  "\\",
  "Ünï",
  "null",
  ";--",
];

test("columns may have any name, as keys, partitions and in rules too", async () => {
  const yard = open();
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const header = ODD_NAMES.map(quote).join(",");
  for (const [index, name] of ODD_NAMES.entries()) {
    const other = ODD_NAMES[(index + 1) % ODD_NAMES.length] ?? "";
    yard.write(
      `${index}/a.csv`,
      `${header}\n${ODD_NAMES.map((_, at) => at).join(",")}\n${ODD_NAMES.map((_, at) => at).join(",")}\n${ODD_NAMES.map(() => "x").join(",")}\n`,
    );
    const columns: Record<string, Column> = Object.fromEntries(
      ODD_NAMES.map((one) => [one, one.includes(".") ? integer().from(one) : integer()]),
    );
    columns[name] = integer()
      .check((value) => sql`${value} >= 0`, "x")
      .between(0, 100)
      .optional();
    const table = ingest(`bronze.t${index}`, {
      from: csv(`${index}/*.csv`),
      columns,
      unique: { key: [name] },
      partitionBy: [other],
      extra: "reject",
    });
    const { error } = await yard.run([table]);
    assert.deepEqual([name, error], [name, undefined]);
    assert.deepEqual(await yard.rows(`bronze.t${index}`), [
      Object.fromEntries(ODD_NAMES.map((one, at) => [one, at])),
    ]);
    assert.equal((await yard.rejected(`bronze.t${index}`))[0]?.reasons.length, ODD_NAMES.length);
  }
});

test("columns that SQL could not tell apart, and names of nothing, are refused", () => {
  const of = (columns: Columns) => () => ingest(TABLE, { from: csv("a.csv"), columns });
  assert.throws(of({ a: text(), A: text() }), /which SQL cannot tell apart/);
  for (const name of ["", " ", "~x", "a\nb", "x".repeat(1001)])
    assert.throws(of({ [name]: text() }), /column called/);
  assert.throws(of({ a: struct({ "": text() }) }), /column called/);
});

test("a file may have names that differ in case where a column asks for one of them", async () => {
  const { rows } = await land(
    open(),
    { "a.csv": "ID,id,Id\n1,2,3\n" },
    { from: csv("a.csv"), columns: ID },
  );
  assert.deepEqual(rows, [{ id: 2 }]);
});

test("a new column is added, and older rows have null in it", async () => {
  const yard = open();
  await add(yard, "id,name\n1,a\n", { columns: ID });
  const { plan } = await add(yard, "id,name\n2,b\n", { columns: { ...ID, name: text() } });
  assert.deepEqual(plan.steps[0]?.columns, [
    { column: "name", change: "added", means: "string; older rows have null in it" },
  ]);
  assert.deepEqual(await yard.rows(), [
    { id: 1, name: null },
    { id: 2, name: "b" },
  ]);
});

test("a column that a contract no longer has stays, and new rows have null in it", async () => {
  const yard = open();
  await add(yard, "id,name\n1,a\n", { columns: { ...ID, name: text() } });
  await add(yard, "id,name\n2,b\n", { columns: ID });
  assert.deepEqual(await yard.rows(), [
    { id: 1, name: "a" },
    { id: 2, name: null },
  ]);
});

test("a wider type rewrites the table once and changes no value", async () => {
  const yard = open();
  await add(yard, "id,d,n\n2147483647,1.25,1\n", {
    columns: { id: integer(), d: decimal(9, 2), n: integer() },
  });
  const columns = { id: bigint(), d: decimal(12, 4), n: decimal(20, 2) };
  const { plan } = await add(yard, "id,d,n\n2147483648,1.2345,1.5\n", { columns });
  assert.deepEqual(
    plan.steps[0]?.columns.map(({ column, change }) => [column, change]),
    [
      ["id", "widened"],
      ["d", "widened"],
      ["n", "widened"],
    ],
  );
  assert.deepEqual(await yard.rows(), [
    { id: 2147483647n, d: "1.2500", n: "1.00" },
    { id: 2147483648n, d: "1.2345", n: "1.50" },
  ]);
  assert.deepEqual(
    (await yard.run([ingest(TABLE, { from: csv("*.csv"), columns })])).result.state,
    "nothing to do",
  );
});

test("a type that old values may not fit is refused with a message, and nothing is lost", async () => {
  const yard = open();
  await add(yard, "id\n1\n", { columns: { id: bigint() } });
  const narrow = await add(yard, "id\n2\n", { columns: { id: integer() } });
  assert.deepEqual(narrow.error?.code, "ingest/incompatible-column");
  assert.match(
    narrow.error?.message ?? "",
    /Column "id" of bronze\.t is long in the lake and integer in the project/,
  );
  await add(yard, "id\n3\n", { columns: { id: bigint() } });
  assert.deepEqual((await yard.rows()).length, 2 + Number((await yard.rows()).length > 2));
});

test("a change of partitions is refused", async () => {
  const yard = open();
  const columns = { id: integer(), p: text() };
  await add(yard, "id,p\n1,a\n", { columns, partitionBy: ["p"] });
  const { error } = await add(yard, "id,p\n2,b\n", { columns });
  assert.match(
    error?.message ?? "",
    /is partitioned by p in the lake and by nothing in the project/,
  );
});

test("an overwritten table takes any new shape", async () => {
  const yard = open();
  await add(yard, "id,p\n1,a\n", {
    columns: { id: bigint(), p: text() },
    partitionBy: ["p"],
    write: "overwrite",
  });
  await add(yard, "id,p\n2,b\n", {
    columns: { id: text(), q: text().from("p") },
    write: "overwrite",
  });
  assert.deepEqual(await yard.rows(), [
    { id: "1", q: "a" },
    { id: "2", q: "b" },
  ]);
});

test("a comment of a column reaches the table", async () => {
  const yard = open();
  await add(yard, "id,j\n1,[]\n", { columns: { id: integer().about("the number"), j: json() } });
  assert.deepEqual((await yard.lake.find(TABLE))?.metadata.fields[0]?.metadata, {
    comment: "the number",
  });
});
