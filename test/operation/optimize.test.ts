/** Laying files together: the same rows in fewer files, for every kind of table, with others at work meanwhile. */

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Crash, CrashPoint } from "../../src/base/crash-point.ts";
import { alterTable } from "../../src/delta/alter/alter.ts";
import { history } from "../../src/delta/history.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";
import { hideRows } from "./vector.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

/** At a crash point of the optimisation, once, something else happens. */
function meanwhile(point: CrashPoint, act: () => Promise<unknown>): TableContext {
  let pending: Promise<unknown> | undefined;
  const crash: Crash = (here) => {
    if (here === point) pending ??= act();
  };
  // The commit waits for what was begun before it.
  const storage = {
    ...lake.context.storage,
    list: async function* (...args: Parameters<typeof lake.context.storage.list>) {
      await pending;
      yield* lake.context.storage.list(...args);
    },
  };
  return { ...context, delta: { ...lake.context, storage, crash } };
}

const plain: TableSpec = { fields: [column("id", "long"), column("text", "string")] };
const rowsOf = (from: number, to: number) =>
  `SELECT range AS id, 'row ' || range AS text FROM range(${from}, ${to})`;

async function fill(folder: string, files: number, spec = plain): Promise<Snapshot> {
  let snapshot = await lake.create(folder, spec);
  for (let file = 0; file < files; file += 1) {
    snapshot = await lake.append(snapshot, rowsOf(file * 10, file * 10 + 10));
  }
  return snapshot;
}

/** What is on disk and in no version's log. */
async function strays(folder: string): Promise<string[]> {
  const { state } = await lake.open(folder);
  const known = new Set(
    [...state.files.values(), ...state.tombstones.values()].map(({ path }) => path),
  );
  return readdirSync(join(lake.root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".parquet") && !name.includes("_delta_log"))
    .filter((name) => !known.has(name));
}

test("many small files become one, no row changes, and a second call writes nothing", async () => {
  const snapshot = await fill("small", 25);
  const rows = await lake.rows(snapshot);
  const done = await optimize(context, snapshot);
  assert.deepEqual([done.commits, done.filesAdded, done.filesRemoved], [1, 1, 25]);
  const after = await lake.open("small");
  assert.equal(after.version, done.version);
  assert.equal(after.files.length, 1);
  assert.deepEqual(await lake.rows(after), rows);
  assert.equal(after.rows, 250n);
  const [newest] = await history(lake.context, "small");
  assert.equal(newest?.operation, "OPTIMIZE");
  assert.equal(newest?.metrics.numRemovedFiles, "25");
  assert.equal(newest?.metrics.numAddedBytes, String(done.bytesAdded));
  assert.deepEqual(await lake.rows(await lake.open("small", { version: 25 })), rows);
  const again = await optimize(context, after);
  assert.deepEqual([again.commits, again.version], [0, after.version]);
});

test("files come near the target size and those that have it are left alone", async () => {
  let snapshot = await lake.create("sized", plain);
  const big = "SELECT range AS id, md5(range::VARCHAR) AS text FROM range(20000)";
  for (let file = 0; file < 6; file += 1) snapshot = await lake.append(snapshot, big);
  const [size = 0] = snapshot.files.map((file) => file.size);
  const done = await optimize(context, snapshot, { targetBytes: Math.floor(size * 2.5) });
  assert.deepEqual([done.filesRemoved, done.filesAdded], [6, 3]);
  const sized = await lake.open("sized");
  const mixed = await lake.append(await lake.append(sized, rowsOf(0, 5)), rowsOf(5, 9));
  const more = await optimize(context, mixed, { targetBytes: Math.floor(size * 2.5) });
  assert.deepEqual([more.filesRemoved, more.filesAdded], [2, 1]);
  const after = await lake.open("sized");
  const kept = new Set(sized.files.map(({ path }) => path));
  assert.equal(after.files.filter(({ path }) => kept.has(path)).length, 3);
});

test("a large work is several commits, and what one killed in between had committed stays", async () => {
  let snapshot = await lake.create("steps", plain);
  const big = "SELECT range AS id, md5(range::VARCHAR) AS text FROM range(3000)";
  for (let file = 0; file < 24; file += 1) snapshot = await lake.append(snapshot, big);
  const [size = 0] = snapshot.files.map((file) => file.size);
  let commits = 0;
  const crash: Crash = (point) => {
    if (point !== "delta/committed") return;
    commits += 1;
    if (commits === 2) throw new Error("killed");
  };
  const options = { targetBytes: size * 2 + 100 };
  const dying = { ...context, delta: { ...lake.context, crash } };
  await assert.rejects(optimize(dying, snapshot, options), /killed/);
  const half = await lake.open("steps");
  assert.ok(half.files.length < 24 && half.files.length > 12, `${half.files.length} files`);
  assert.equal(half.rows, 72000n);
  const done = await optimize(context, half, options);
  assert.ok(done.commits > 0);
  const after = await lake.open("steps");
  assert.equal(after.files.length, 12);
  assert.equal(after.rows, 72000n);
  assert.deepEqual(await strays("steps"), []);
});

test("partitions are packed one by one, and a condition chooses among them", async () => {
  const spec: TableSpec = {
    fields: [column("id", "long"), column("day", "date"), column("place", "string")],
    partitionColumns: ["day", "place"],
  };
  let snapshot = await lake.create("parts", spec);
  for (let file = 0; file < 4; file += 1) {
    snapshot = await lake.append(
      snapshot,
      `SELECT range AS id, DATE '2026-01-01' + (range % 3)::INTEGER AS day, CASE range % 2 WHEN 0 THEN 'a/b ''é' END AS place FROM range(12)`,
    );
  }
  const rows = await lake.rows(snapshot);
  assert.equal(snapshot.files.length, 4 * 6);
  const where = "day >= DATE '2026-01-02' AND place IS NULL";
  const some = await optimize(context, snapshot, { where });
  assert.deepEqual([some.filesRemoved, some.filesAdded], [8, 2]);
  const [newest] = await history(lake.context, "parts");
  assert.deepEqual(newest?.parameters.predicate, JSON.stringify([where]));
  const rest = await optimize(context, await lake.open("parts"));
  assert.deepEqual([rest.filesRemoved, rest.filesAdded], [16, 4]);
  const after = await lake.open("parts");
  assert.deepEqual(await lake.rows(after), rows);
  assert.equal(
    new Set(after.files.map(({ partitionValues }) => JSON.stringify(partitionValues))).size,
    6,
  );
  for (const [condition, pattern] of [
    ["id > 3", /does not choose partitions.*id/s],
    ["day >", /does not choose partitions/],
  ] as const) {
    await assert.rejects(optimize(context, after, { where: condition }), {
      code: "operation/bad-partition-filter",
      message: pattern,
    });
  }
});

const EVERY_TYPE = [
  column("id", "long"),
  column("a b", "integer"),
  column("small", "short"),
  column("tiny", "byte"),
  column("real", "float"),
  column("wide", "double"),
  column("price", { kind: "decimal", precision: 38, scale: 10 }),
  column("yes", "boolean"),
  column("bytes", "binary"),
  column("day", "date"),
  column("at", "timestamp"),
  column("wall", "timestamp_ntz"),
  column("never", "void"),
  column("inner", { kind: "struct", fields: [column("x y", "string"), column("n", "long")] }),
  column("list", {
    kind: "array",
    element: { kind: "struct", fields: [column("q", "date")] },
    containsNull: true,
  }),
  column("map", { kind: "map", key: "string", value: "long", valueContainsNull: true }),
];
const everyValue = (id: number) =>
  `SELECT ${id}::BIGINT AS id, ${id}::INTEGER AS "a b", ${id}::SMALLINT AS small, ${id}::TINYINT AS tiny, 'nan'::FLOAT AS real, '-infinity'::DOUBLE AS wide, ${id}.0000000001::DECIMAL(38, 10) AS price, ${id} % 2 = 0 AS yes, '\\x00\\xFF'::BLOB AS bytes, DATE '0044-03-15' + ${id}::INTEGER AS day, TIMESTAMPTZ '2026-01-01 10:00:00.123456+02' AS at, TIMESTAMP '1969-12-31 23:59:59.999999' AS wall, NULL AS never, {'x y': 'z', 'n': ${id}::BIGINT} AS inner, [{'q': DATE '2026-01-01'}, NULL] AS list, MAP {'k': ${id}::BIGINT} AS map`;

for (const mode of ["name", "id"]) {
  test(`every type survives, with columns mapped by ${mode}`, async () => {
    const folder = `types-${mode}`;
    let snapshot = await lake.create(folder, {
      fields: EVERY_TYPE,
      partitionColumns: ["tiny"],
      configuration: { "delta.columnMapping.mode": mode },
    });
    for (const id of [1, 1, 2, 2, 3]) snapshot = await lake.append(snapshot, everyValue(id));
    const rows = await lake.rows(snapshot);
    const done = await optimize(context, snapshot);
    assert.deepEqual([done.filesRemoved, done.filesAdded], [4, 2]);
    const after = await lake.open(folder);
    assert.deepEqual(await lake.rows(after), rows);
    const ordered = await optimize(context, after, { zOrderBy: ["id", "inner.n", "at", "price"] });
    assert.equal(ordered.filesAdded, 3);
    assert.deepEqual(await lake.rows(await lake.open(folder)), rows);
  });
}

test("deleted rows stay deleted, and go from disk where they are many", async () => {
  let snapshot = await lake.create("holes", plain);
  for (const from of [0, 100, 200])
    snapshot = await lake.append(snapshot, rowsOf(from, from + 100));
  for (const [index, count] of [
    [0, 3],
    [1, 50],
  ] as const) {
    const file = (await lake.open("holes")).files.find(({ stats }) =>
      stats?.includes(`"minValues":{"id":${index * 100},`),
    );
    assert.ok(file !== undefined);
    snapshot = await hideRows(
      lake,
      snapshot,
      file,
      Array.from({ length: count }, (_, at) => at),
    );
  }
  const rows = await lake.rows(snapshot);
  assert.equal(rows.length, 247);
  // All are larger than half the target; only the file with half of its rows gone is worth it.
  const targetBytes = Math.min(...snapshot.files.map(({ size }) => size));
  const done = await optimize(context, snapshot, { targetBytes });
  assert.deepEqual([done.filesRemoved, done.filesAdded, done.vectorsRemoved], [1, 1, 1]);
  assert.deepEqual(await lake.rows(await lake.open("holes")), rows);
  assert.equal((await optimize(context, await lake.open("holes"), { targetBytes })).commits, 0);
  const all = await optimize(context, await lake.open("holes"));
  assert.deepEqual([all.filesRemoved, all.vectorsRemoved], [3, 1]);
  const after = await lake.open("holes");
  assert.deepEqual(await lake.rows(after), rows);
  assert.equal(
    after.files.some(({ deletionVector }) => deletionVector !== undefined),
    false,
  );
});

test("a file whose last row is gone goes, and nothing comes in its place", async () => {
  let snapshot = await lake.append(await lake.create("emptied", plain), rowsOf(0, 3));
  snapshot = await lake.append(snapshot, rowsOf(3, 6));
  for (const file of snapshot.files) snapshot = await hideRows(lake, snapshot, file, [0, 1, 2]);
  const done = await optimize(context, snapshot);
  assert.deepEqual([done.filesRemoved, done.filesAdded], [2, 0]);
  assert.deepEqual(await lake.rows(await lake.open("emptied")), []);
});

test("a delete by deletion vector that comes in between keeps its rows deleted", async () => {
  const snapshot = await fill("hidden", 3);
  const [first] = snapshot.files;
  assert.ok(first !== undefined);
  const other = meanwhile("optimize/adopted", () => hideRows(lake, snapshot, first, [1, 2]));
  await optimize(other, snapshot);
  const after = await lake.open("hidden");
  assert.equal(after.rows, 28n);
  assert.equal(after.files.length, 1);
  assert.equal((await lake.rows(after)).length, 28);
  assert.deepEqual(await strays("hidden"), []);
});

test("rules, a change feed and being append-only stand in nobody's way, as no row changes", async () => {
  const base = await lake.create("ruled", {
    ...plain,
    configuration: {
      "delta.appendOnly": "true",
      "delta.enableChangeDataFeed": "true",
      "delta.enableInCommitTimestamps": "true",
      "delta.constraints.positive": "id >= 0",
    },
  });
  let snapshot = base;
  for (let file = 0; file < 3; file += 1) {
    snapshot = await lake.append(snapshot, rowsOf(file, file + 1), {
      kept: ["CHECK constraint positive"],
    });
  }
  const done = await optimize(context, snapshot);
  assert.deepEqual([done.filesRemoved, done.filesAdded], [3, 1]);
  const after = await lake.open("ruled");
  assert.ok(after.timestamp > snapshot.timestamp);
  assert.equal(existsSync(join(lake.root, "ruled", "_change_data")), false);
});

test("files from before a column was widened, added or dropped become files of the table as it is", async () => {
  let snapshot = await lake.create("widened", {
    fields: [column("id", "integer"), column("old", "string")],
    configuration: { "delta.enableTypeWidening": "true", "delta.columnMapping.mode": "name" },
  });
  snapshot = await lake.append(snapshot, "SELECT 1::INTEGER AS id, 'x' AS old");
  for (const change of [
    { change: "change column", column: ["id"], type: "long" },
    { change: "add columns", columns: [{ column: ["new"], type: "date" }] },
    { change: "drop columns", columns: [["old"]] },
    { change: "rename column", column: ["id"], to: "number" },
  ] as const) {
    snapshot = await alterTable(lake.context, snapshot, change);
  }
  snapshot = await lake.append(
    snapshot,
    "SELECT 9007199254740993::BIGINT AS number, DATE '2026-01-01' AS new",
  );
  const rows = await lake.rows(snapshot);
  const done = await optimize(context, snapshot, { zOrderBy: ["number"] });
  assert.deepEqual([done.filesRemoved, done.filesAdded], [2, 1]);
  const after = await lake.open("widened");
  assert.deepEqual(await lake.rows(after), rows);
  const found = await lake.rows(after, "number", [{ column: "number", op: "=", value: 1n }]);
  assert.ok(found.some(({ number }) => number === 1n));
});

test("an append that comes in between stands in nobody's way, and its file is left for the next time", async () => {
  const snapshot = await fill("appended", 5);
  const other = meanwhile("optimize/adopted", () => lake.append(snapshot, rowsOf(100, 103)));
  const done = await optimize(other, snapshot);
  assert.equal(done.version, (await lake.open("appended")).version);
  const after = await lake.open("appended");
  assert.equal(after.rows, 53n);
  assert.equal(after.files.length, 1, "the second pass takes it too");
  assert.deepEqual(await strays("appended"), []);
});

test("a delete of one of the files keeps its rows deleted, and the other bins are still laid", async () => {
  const spec: TableSpec = { ...plain, partitionColumns: ["text"] };
  let snapshot = await lake.create("deleted", spec);
  for (let file = 0; file < 3; file += 1) {
    snapshot = await lake.append(
      snapshot,
      "SELECT range AS id, 'p' || range % 2 AS text FROM range(4)",
    );
  }
  const base = snapshot;
  const [gone] = base.files.filter(({ partitionValues }) => partitionValues.text === "p1");
  assert.ok(gone !== undefined);
  const other = meanwhile("optimize/adopted", () =>
    commit(lake.context, base, { operation: "DELETE", remove: [gone] }),
  );
  const done = await optimize(other, base);
  assert.equal(done.commits, 2, "one for the other bin, one for what was given up");
  const after = await lake.open("deleted");
  assert.equal(after.rows, 10n);
  assert.equal(after.files.length, 2);
  assert.deepEqual(await strays("deleted"), []);
});

test("a table that becomes another one in between is planned anew", async () => {
  const snapshot = await fill("changed", 4);
  const wider: TableSpec = { fields: [...plain.fields, column("more", "long")] };
  const other = meanwhile("optimize/adopted", () =>
    lake.append(snapshot, "SELECT 1::BIGINT AS id, 'x' AS text, 2::BIGINT AS more", {
      schema: wider,
    }),
  );
  await optimize(other, snapshot);
  const after = await lake.open("changed");
  assert.equal(after.files.length, 1);
  assert.equal(after.rows, 41n);
  assert.deepEqual(
    (await lake.rows(after, "more")).filter(({ more }) => more !== null),
    [{ more: 2n }],
  );
  assert.deepEqual(await strays("changed"), []);
});

test("told to stop, it ends between two bins with what was committed", async () => {
  const snapshot = await fill("stopped", 4);
  const controller = new AbortController();
  controller.abort(new Error("told to stop"));
  await assert.rejects(
    optimize({ ...context, signal: controller.signal }, snapshot),
    /told to stop/,
  );
  assert.equal((await lake.open("stopped")).version, snapshot.version);
});

test("rows along a Z-order lie in files by all its columns, and a second call writes nothing", async () => {
  let snapshot = await lake.create("curve", {
    fields: [column("x", "long"), column("y", "string"), column("filler", "string")],
  });
  for (let file = 0; file < 4; file += 1) {
    snapshot = await lake.append(
      snapshot,
      `SELECT range AS x, lpad(((range * 7919) % 20000)::VARCHAR, 6, '0') AS y, md5(range::VARCHAR) AS filler FROM range(${file}, 20000, 4)`,
    );
  }
  const rows = await lake.rows(snapshot);
  const targetBytes = Math.ceil(snapshot.sizeBytes / 16);
  const done = await optimize(context, snapshot, { targetBytes, zOrderBy: ["x", "Y"] });
  assert.ok(done.filesAdded >= 14 && done.filesAdded <= 18, `${done.filesAdded} files`);
  const after = await lake.open("curve");
  assert.deepEqual(await lake.rows(after), rows);
  // A square of 1 in 16 of each column's range would touch every file of any order by one column alone.
  for (const filters of [
    [{ column: "x", op: "<", value: 1250n }],
    [{ column: "y", op: "<", value: "001250" }],
  ] as const) {
    const { files } = await import("../../src/delta/table.ts").then(({ scan }) =>
      scan(lake.context, after, filters),
    );
    assert.ok(files.length <= 6, `${files.length} of ${after.files.length} files`);
  }
  assert.equal((await optimize(context, after, { targetBytes, zOrderBy: ["x", "y"] })).commits, 0);
  const more = await lake.append(after, "SELECT 1::BIGINT AS x, 'z' AS y, 'f' AS filler");
  const again = await optimize(context, more, { targetBytes, zOrderBy: ["x", "y"] });
  assert.equal(again.commits > 0, true);
  assert.equal((await lake.open("curve")).rows, 20001n);
});

test("values of any type have a place on the curve, nulls and NaN too", async () => {
  let snapshot = await lake.create("ranked", {
    fields: EVERY_TYPE.filter(({ name }) => name !== "a b"),
  });
  const wanted = snapshot.metadata.fields.filter(({ type }) =>
    typeof type === "string" ? type !== "void" : type.kind === "decimal",
  );
  for (let id = 0; id < 5; id += 1) {
    const values = everyValue(id).replace(/"a b"/, "ab");
    const list = snapshot.metadata.fields.map(({ name }) =>
      id === 4 && wanted.some((field) => field.name === name) ? `NULL AS "${name}"` : `"${name}"`,
    );
    const typed = `SELECT ${list.join(", ")} FROM (${values})`;
    const cast = snapshot.metadata.fields.map(({ name }) => `v."${name}"`).join(", ");
    snapshot = await lake.append(
      snapshot,
      id === 4
        ? `SELECT * FROM ((FROM (${values}) SELECT ${cast.replaceAll("v.", "")} WHERE false) UNION ALL (${typed}))`
        : `SELECT ${cast} FROM (${values}) AS v`,
    );
  }
  const rows = await lake.rows(snapshot);
  for (const { name } of wanted) {
    await optimize(context, await lake.open("ranked"), {
      zOrderBy: [
        name,
        ...wanted
          .filter((one) => one.name !== name)
          .map((one) => one.name)
          .slice(0, 3),
      ],
    });
  }
  const many = wanted.map(({ name }) => name);
  await optimize(context, await lake.open("ranked"), { zOrderBy: many });
  assert.deepEqual(await lake.rows(await lake.open("ranked")), rows);
});

test("columns that cannot be on a curve are refused by name", async () => {
  const snapshot = await lake.create("refused", {
    fields: [
      column("id", "long"),
      column("day", "date"),
      column("list", { kind: "array", element: "long", containsNull: true }),
    ],
    partitionColumns: ["day"],
  });
  for (const [columns, pattern] of [
    [["idd"], /"idd", which it does not have/],
    [["day"], /"day", by which it is partitioned/],
    [["list"], /"list", which is nested/],
    [["id", "ID"], /2 columns/],
    [[], /0 columns/],
  ] as const) {
    await assert.rejects(optimize(context, snapshot, { zOrderBy: columns }), {
      code: "operation/bad-z-order",
      message: pattern,
    });
  }
});
