/** Columns that join, leave and change, while the files that are there stay as they are. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MillraceError } from "../../../src/base/error.ts";
import { alterTable } from "../../../src/delta/alter/alter.ts";
import type { TableChange } from "../../../src/delta/alter/table-change.ts";
import { history } from "../../../src/delta/history.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import type { TableSpec } from "../../../src/delta/table-spec.ts";
import type { DataType, Field } from "../../../src/schema/type.ts";
import { column, type Lake, openLake } from "../lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const mapped = { "delta.columnMapping.mode": "name" };
const struct = (...fields: Field[]): DataType => ({ kind: "struct", fields });
const list = (element: DataType): DataType => ({ kind: "array", element, containsNull: true });
const map = (key: DataType, value: DataType): DataType => ({
  kind: "map",
  key,
  value,
  valueContainsNull: true,
});

let tables = 0;
async function filled(spec: TableSpec, query: string): Promise<Snapshot> {
  tables += 1;
  return lake.append(await lake.create(`t${tables}`, spec), query);
}

const alter = (base: Snapshot, change: TableChange) => alterTable(lake.context, base, change);

const refusal = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, pattern);
  assert.ok(error.hint);
  return true;
};

const names = ({ metadata }: Snapshot) => metadata.fields.map(({ name }) => name);

const nestedSpec: TableSpec = {
  fields: [
    column("id", "long"),
    column("s", struct(column("a", "long"), column("b", "string"))),
    column("l", list(struct(column("x", "long")))),
    column("m", map("string", struct(column("v", "long")))),
  ],
};
const nestedRow = (id: number) =>
  `SELECT ${id}::BIGINT AS id, {'a': 1::BIGINT, 'b': 'one'} AS s, [{'x': 2::BIGINT}] AS l, MAP {'k': {'v': 3::BIGINT}} AS m`;

for (const mode of ["none", "name", "id"]) {
  test(`columns join at any depth and place, and older rows have null there, with mapping ${mode}`, async () => {
    const configuration = { "delta.columnMapping.mode": mode };
    const base = await filled({ ...nestedSpec, configuration }, nestedRow(1));
    const wider = await alter(base, {
      change: "add columns",
      columns: [
        { column: ["first"], type: "string", comment: "the first", position: "first" },
        { column: ["S", "between"], type: "date", position: { after: "A" } },
        { column: ["l", "element", "y"], type: "double", position: "first" },
        { column: ["m", "value", "deep"], type: struct(column("z", "long")) },
        { column: ["m", "value", "deep", "w"], type: "long" },
        { column: ["last"], type: list("long") },
      ],
    });
    assert.deepEqual(names(wider), ["first", "id", "s", "l", "m", "last"]);
    assert.equal(wider.metadata.fields[0]?.metadata?.comment, "the first");
    const rows = await lake.append(
      wider,
      "SELECT 'f' AS first, 2::BIGINT AS id, {'a': 1::BIGINT, 'between': DATE '2024-01-01', 'b': 'two'} AS s, [{'y': 0.5::DOUBLE, 'x': 2::BIGINT}] AS l, MAP {'k': {'v': 3::BIGINT, 'deep': {'z': 4::BIGINT, 'w': 5::BIGINT}}} AS m, [7::BIGINT] AS last",
    );
    assert.deepEqual(await lake.rows(rows, "id, first, s, l, m, last"), [
      {
        id: 1n,
        first: null,
        s: { a: 1n, between: null, b: "one" },
        l: [{ y: null, x: 2n }],
        m: [{ key: "k", value: { v: 3n, deep: null } }],
        last: null,
      },
      {
        id: 2n,
        first: "f",
        s: { a: 1n, between: "2024-01-01", b: "two" },
        l: [{ y: 0.5, x: 2n }],
        m: [{ key: "k", value: { v: 3n, deep: { z: 4n, w: 5n } } }],
        last: [7n],
      },
    ]);
  });
}

test("a column joins only under a name that no other has, and never inside the keys of a map", async () => {
  const key = map(struct(column("k", "long")), "long");
  const base = await lake.create("twins", { fields: [column("Id", "long"), column("m", key)] });
  const add = (path: string[]) =>
    alter(base, { change: "add columns", columns: [{ column: path, type: "long" }] });
  await assert.rejects(add(["id"]), refusal("delta/bad-schema", /has a column "Id" already/));
  await assert.rejects(add(["m", "key", "x"]), refusal("delta/bad-schema", /map's keys/));
  await assert.rejects(add(["nope", "x"]), refusal("delta/no-such-column", /"nope"/));
  await assert.rejects(add(["id", "x"]), refusal("delta/no-such-column", /plain value|inside/));
  await assert.rejects(add(["m", "values", "x"]), refusal("delta/no-such-column", /"key" and/));
});

test("a column is renamed at any depth while the files keep its old name", async () => {
  const base = await filled({ ...nestedSpec, configuration: mapped }, nestedRow(1));
  const once = await alter(base, { change: "rename column", column: ["id"], to: "number, new" });
  const twice = await alter(once, { change: "rename column", column: ["s", "b"], to: "c" });
  const last = await alter(twice, {
    change: "rename column",
    column: ["m", "value", "v"],
    to: "w",
  });
  assert.deepEqual(await lake.rows(last), [
    {
      "number, new": 1n,
      s: { a: 1n, c: "one" },
      l: [{ x: 2n }],
      m: [{ key: "k", value: { w: 3n } }],
    },
  ]);
  assert.deepEqual(await lake.rows(base, "id, s.b"), [{ id: 1n, b: "one" }]);
});

test("a required column is renamed too, and its name is free for another", async () => {
  const id: Field = { name: "id", type: "long", nullable: false };
  const base = await filled({ fields: [id], configuration: mapped }, "SELECT 1::BIGINT AS id");
  const renamed = await alter(base, { change: "rename column", column: ["id"], to: "old" });
  const both = await alter(renamed, {
    change: "add columns",
    columns: [{ column: ["id"], type: "string" }],
  });
  const rows = await lake.append(both, "SELECT 2::BIGINT AS old, 'two' AS id");
  assert.deepEqual(await lake.rows(rows, "old, id"), [
    { old: 1n, id: null },
    { old: 2n, id: "two" },
  ]);
});

test("a column that went and came back shows none of its old values", async () => {
  const base = await filled({ ...nestedSpec, configuration: mapped }, nestedRow(1));
  const max = Number(base.metadata.configuration["delta.columnMapping.maxColumnId"]);
  const gone = await alter(base, { change: "drop columns", columns: [["id"], ["S", "B"]] });
  assert.deepEqual(await lake.rows(gone, "s"), [{ s: { a: 1n } }]);
  const back = await alter(gone, {
    change: "add columns",
    columns: [
      { column: ["id"], type: "long" },
      { column: ["s", "b"], type: "string" },
    ],
  });
  assert.deepEqual(await lake.rows(back, "id, s"), [{ id: null, s: { a: 1n, b: null } }]);
  assert.equal(Number(back.metadata.configuration["delta.columnMapping.maxColumnId"]), max + 2);
});

test("without column mapping nothing is renamed or dropped, and the hint says how to get it", async () => {
  const base = await lake.create("bare", nestedSpec);
  const needs = (error: unknown) =>
    error instanceof MillraceError && /columnMapping.mode to name/.test(error.hint ?? "");
  await assert.rejects(alter(base, { change: "rename column", column: ["id"], to: "x" }), needs);
  await assert.rejects(alter(base, { change: "drop columns", columns: [["id"]] }), needs);
});

test("a table that is there gets column mapping, under the names that its files have", async () => {
  const base = await filled(nestedSpec, nestedRow(1));
  assert.deepEqual(base.protocol, { minReaderVersion: 1, minWriterVersion: 2 });
  const upgraded = await alter(base, { change: "set properties", properties: mapped });
  assert.deepEqual(upgraded.protocol, { minReaderVersion: 2, minWriterVersion: 5 });
  assert.equal(upgraded.metadata.configuration["delta.columnMapping.maxColumnId"], "8");
  assert.deepEqual(
    upgraded.metadata.fields.map(({ metadata }) => metadata?.["delta.columnMapping.physicalName"]),
    ["id", "s", "l", "m"],
  );
  const renamed = await alter(upgraded, { change: "rename column", column: ["s", "a"], to: "n" });
  const more = await lake.append(renamed, nestedRow(2).replace("'a'", "'n'"));
  assert.deepEqual(await lake.rows(more, "id, s"), [
    { id: 1n, s: { n: 1n, b: "one" } },
    { id: 2n, s: { n: 1n, b: "one" } },
  ]);
});

test("a column that something else is made of is neither renamed nor dropped", async () => {
  const generated: Field = {
    ...column("g", "long"),
    metadata: { "delta.generationExpression": "`used by generated` + 1" },
  };
  const base = await lake.create("used", {
    fields: [
      ...["part", "checked", "used by generated", "free", "quoted"].map((name) =>
        column(name, "long"),
      ),
      generated,
      column("deep", struct(column("checked", "long"), column("other", "long"))),
    ],
    partitionColumns: ["part"],
    configuration: {
      ...mapped,
      "delta.constraints.low": `Checked > 0 AND "quoted" <> 'free'`,
    },
  });
  const cases: [string[], RegExp][] = [
    [["part"], /partitioned by it/],
    [["checked"], /CHECK constraint low uses it/],
    [["deep", "checked"], /CHECK constraint low uses it/],
    [["quoted"], /CHECK constraint low uses it/],
    [["used by generated"], /generated column g uses it/],
  ];
  for (const [path, why] of cases) {
    const inUse = refusal("delta/column-in-use", why);
    await assert.rejects(alter(base, { change: "rename column", column: path, to: "x" }), inUse);
    await assert.rejects(alter(base, { change: "drop columns", columns: [path] }), inUse);
  }
  const after = await alter(base, { change: "drop columns", columns: [["free"]] });
  assert.equal(after.version, 1);
});

test("the last column of a table or struct is not dropped, and no table is all partitions", async () => {
  const base = await lake.create("last", {
    fields: [column("p", "long"), column("s", struct(column("a", "long")))],
    partitionColumns: ["p"],
    configuration: mapped,
  });
  const drop = (path: string[]) => alter(base, { change: "drop columns", columns: [path] });
  await assert.rejects(drop(["s", "a"]), refusal("delta/bad-schema", /only one/));
  await assert.rejects(drop(["s"]), refusal("delta/bad-schema", /partition column/));
});

test("a column may become nullable at any depth, and never required", async () => {
  const strict = (name: string, type: DataType): Field => ({ name, type, nullable: false });
  const base = await filled(
    {
      fields: [
        strict("id", "long"),
        strict("l", { kind: "array", element: "long", containsNull: false }),
        strict("m", { kind: "map", key: "string", value: "long", valueContainsNull: false }),
        strict("element", "long"),
      ],
    },
    "SELECT 1::BIGINT AS id, [1::BIGINT] AS l, MAP {'k': 1::BIGINT} AS m, 1::BIGINT AS element",
  );
  let table = base;
  for (const path of [["id"], ["l", "element"], ["m", "value"], ["element"]]) {
    table = await alter(table, { change: "change column", column: path, nullable: true });
  }
  const free = await lake.append(
    table,
    "SELECT NULL::BIGINT AS id, [NULL::BIGINT] AS l, MAP {'k': NULL::BIGINT} AS m, NULL::BIGINT AS element",
  );
  assert.equal(free.rows, 2n);
  await assert.rejects(
    lake.append(free, "SELECT 1::BIGINT AS id, [1] AS l, MAP {'k': 1} AS m, 1 AS element", {
      schema: { fields: base.metadata.fields },
    }),
    refusal("delta/bad-schema", /may hold nulls in "id", which would be required/),
  );
});

test("comments come and go, and a column moves among its siblings", async () => {
  const base = await filled(nestedSpec, nestedRow(1));
  const told = await alter(base, {
    change: "change column",
    column: ["s", "b"],
    comment: "two 'words'",
    position: "first",
  });
  assert.deepEqual(told.metadata.fields[1]?.type, {
    kind: "struct",
    fields: [
      { ...column("b", "string"), metadata: { comment: "two 'words'" } },
      column("a", "long"),
    ],
  });
  assert.deepEqual(await lake.rows(told, "s"), [{ s: { b: "one", a: 1n } }]);
  const silent = await alter(told, {
    change: "change column",
    column: ["s", "b"],
    comment: null,
    position: { after: "a" },
  });
  assert.deepEqual(silent.metadata.fields, base.metadata.fields);
});

test("each change stands in the history under the name that other engines give it", async () => {
  let table = await filled({ ...nestedSpec, configuration: mapped }, nestedRow(1));
  const changes: TableChange[] = [
    { change: "add columns", columns: [{ column: ["n"], type: "long" }] },
    { change: "rename column", column: ["s", "a"], to: "z" },
    { change: "drop columns", columns: [["n"]] },
    { change: "change column", column: ["id"], comment: "number" },
    { change: "set properties", properties: { "delta.appendOnly": "true", mine: "1" } },
    { change: "unset properties", keys: ["mine"] },
  ];
  for (const change of changes) table = await alter(table, change);
  const told = await history(lake.context, table.folder);
  assert.deepEqual(
    told.map(({ operation }) => operation),
    [
      "UNSET TBLPROPERTIES",
      "SET TBLPROPERTIES",
      "CHANGE COLUMN",
      "DROP COLUMNS",
      "RENAME COLUMN",
      "ADD COLUMNS",
      "WRITE",
      "CREATE TABLE",
    ],
  );
  assert.deepEqual(told[4]?.parameters, { oldColumnPath: "s.a", newColumnPath: "s.z" });
});

test("an append goes through beside a change of columns that came later, and loses to one that was first", async () => {
  const base = await filled(nestedSpec, nestedRow(1));
  const appended = await lake.append(base, nestedRow(2));
  const add: TableChange = {
    change: "add columns",
    columns: [{ column: ["n"], type: "long" }],
  };
  const wider = await alter(base, add);
  assert.equal(wider.version, appended.version + 1);
  assert.equal(wider.rows, 2n);
  await assert.rejects(lake.append(base, nestedRow(3)), refusal("delta/conflict", /schema/));
  await assert.rejects(alter(base, add), refusal("delta/conflict", /schema/));
});

test("statistics follow a column that is renamed, and go with one that is dropped", async () => {
  const key = "delta.dataSkippingStatsColumns";
  const base = await lake.create("named", {
    ...nestedSpec,
    configuration: { ...mapped, [key]: "id, s.a,s.b" },
  });
  const renamed = await alter(base, { change: "rename column", column: ["s"], to: "odd name" });
  assert.equal(renamed.metadata.configuration[key], "id,`odd name`.a,`odd name`.b");
  const dropped = await alter(renamed, { change: "drop columns", columns: [["odd name", "a"]] });
  assert.equal(dropped.metadata.configuration[key], "id,`odd name`.b");
});

test("a rename or drop that asks for it turns column mapping on in its own commit, and no file changes", async () => {
  const base = await filled(nestedSpec, nestedRow(1));
  const renamed = await alter(base, {
    change: "rename column",
    column: ["s", "b"],
    to: "word",
    mapsColumns: true,
  });
  assert.equal(renamed.version, base.version + 1);
  assert.deepEqual(renamed.protocol, { minReaderVersion: 2, minWriterVersion: 5 });
  assert.deepEqual(
    renamed.files.map(({ path }) => path),
    base.files.map(({ path }) => path),
  );
  const moved = await alter(renamed, {
    change: "rename column",
    column: ["id"],
    to: "number",
    mapsColumns: true,
  });
  const dropped = await alter(moved, {
    change: "drop columns",
    columns: [["l"], ["s", "a"]],
    mapsColumns: true,
  });
  assert.deepEqual(await lake.rows(dropped, "number, s, m"), [
    { number: 1n, s: { word: "one" }, m: [{ key: "k", value: { v: 3n } }] },
  ]);
  const plain = await filled(nestedSpec, nestedRow(1));
  const gone = await alter(plain, { change: "drop columns", columns: [["s"]], mapsColumns: true });
  assert.deepEqual(names(gone), ["id", "l", "m"]);
  assert.deepEqual(await lake.rows(gone, "id, l"), [{ id: 1n, l: [{ x: 2n }] }]);
});
