/** Tests of `query` and `export`: every value as it is, one document or none, and nothing but reading. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CONFORMANCE, listCases } from "../conformance/case.ts";
import { WAITING } from "../conformance/waiting.ts";
import { documentOf, json, millrace, startMillrace, temporaryFolder } from "./command.ts";

const place = temporaryFolder();
const lake = join(place.path, "shop", "lake");
after(() => place.remove());
before(async () => {
  await json(["init", "shop"], { cwd: place.path });
  const folder = join(place.path, "shop");
  await json(["run"], { cwd: folder });
});

const query = (sql: string, ...more: readonly string[]) =>
  millrace(["query", "--lake", lake, ...more, "--", sql], { cwd: place.path });

test("tables stand by their names, with joins, in any case, outside every project", async () => {
  const { out } = await query(
    `select o.order_id, r.orders, q.raw is null as is_good from BRONZE.Orders o
     join gold.revenue r using (day, shop)
     left join quarantine."bronze.orders" q on false
     where exists (from system.runs where runs.state = 'done') order by 1;`,
    "--json",
  );
  assert.deepEqual(documentOf(out), [
    { order_id: 1, orders: 1, is_good: true },
    { order_id: 2, orders: 1, is_good: true },
    { order_id: 4, orders: 1, is_good: true },
    { order_id: 6, orders: 1, is_good: true },
  ]);
});

test("JSON keeps every digit and every kind of value", async () => {
  const { out } = await query(
    `select 9007199254740993 as long, 12345678901234567890.50::decimal(30, 2) as "decimal", -0.05::decimal(3, 2) as small,
       170141183460469231731687303715884105727::hugeint as huge, 0.1::float as float, 'nan'::double as nan, '-inf'::float as inf,
       date '2026-03-01' as date, timestamptz '2026-03-01 12:00:00.5+02' as instant, timestamp '2026-03-01 12:00' as "local",
       'a\\x01"\\xC3\\xA9'::blob as bytes, [1, null] as list, {'a b': 1.5::decimal(3, 2)} as struct, map {1: 'x'} as map,
       E'tab\\t "q" 中😀' as text, null as nothing, 1 as twice, 2 as twice, true as yes`,
    "--json",
  );
  assert.equal(
    out,
    `[\n{"long":9007199254740993,"decimal":12345678901234567890.50,"small":-0.05,"huge":170141183460469231731687303715884105727,"float":0.1,"nan":"NaN","inf":"-Infinity","date":"2026-03-01","instant":"2026-03-01T10:00:00.5Z","local":"2026-03-01T12:00:00","bytes":"YQEiw6k=","list":[1,null],"struct":{"a b":1.50},"map":{"1":"x"},"text":"tab\\t \\"q\\" 中😀","nothing":null,"twice":1,"twice_1":2,"yes":true}\n]\n`,
  );
});

test("no row is an empty array, and a line of names", async () => {
  const sql = "select 1 as a, 2 as b where false";
  const [document, text] = await Promise.all([query(sql, "--json"), query(sql)]);
  assert.equal(document.out, "[]\n");
  assert.equal(text.out, "a\tb\n");
});

test("elsewhere than on a terminal all rows are printed with tabs, and can be put together again", async () => {
  const { out, err } = await query(
    `select i, null as nothing, E'a\\tb\\nc\\\\' || chr(27) || '[31m' as text from range(3000) t(i) order by i`,
  );
  const lines = out.split("\n");
  assert.equal(lines[0], "i\tnothing\ttext");
  assert.equal(lines[3000], "2999\t\ta\\tb\\nc\\\\\\u001b[31m");
  assert.equal(lines.length, 3002);
  assert.equal(err, "");
});

test("an older version is named in the query, beside the newest", async () => {
  const { out } = await query(
    `select (select count(*) from bronze.orders at (version => 0)) as old,
       (select count(*) from bronze.orders as later AT (TIMESTAMP => now() + interval (1) day)) as new,
       (select count(*) from (from "system"."runs" at (version => 0) except from system.runs)) as gone`,
    "--json",
  );
  assert.deepEqual(documentOf(out), [{ old: 4, new: 4, gone: 0 }]);
});

test("a table stands by its path without project and lake, in versions, joined with itself and with tables of a project", async () => {
  const elsewhere = (sql: string, ...more: readonly string[]) =>
    millrace(["query", "--json", ...more, "--", sql], { cwd: place.path });
  const [versions, named, joined] = await Promise.all([
    elsewhere(`-- from delta_scan('no such table')
      with delta_scan as (select 'delta_scan(1)' as word)
      select word, count(*) as n from delta_scan,
        (select * from Delta_Scan( /* ) */ 'shop' || '/lake/gold/revenue', VERSION => 1 - 1) as "a )"
         union all by name from delta_scan ('./shop/lake/bronze/orders', timestamp => now() + interval (1) day))
      group by all`),
    elsewhere(`select delta_scan.shop, "delta_scan".* exclude (day, shop, order_id)
      from delta_scan('file://${lake}/bronze/orders') where order_id = 1`),
    elsewhere(
      `select count(*) as n from bronze.orders as o join delta_scan('${lake}/bronze/orders') as "from" using (order_id)`,
      "--project",
      "shop",
    ),
  ]);
  assert.deepEqual(documentOf(versions.out), [{ word: "delta_scan(1)", n: 8 }], versions.err);
  assert.deepEqual(documentOf(named.out), [{ shop: "Basel", amount: 120 }], named.err);
  assert.deepEqual(documentOf(joined.out), [{ n: 4 }], joined.err);
});

test("a shallow clone shows the files of the table it shares them with only where that is named", async () => {
  const original = join(place.path, "shop/lake/bronze/orders");
  const log = readdirSync(join(original, "_delta_log")).filter((name) => /^\d+\.json$/.test(name));
  const text = log
    .map((name) => readFileSync(join(original, "_delta_log", name), "utf8"))
    .join("")
    .replaceAll('{"add":{"path":"', `{"add":{"path":"file://${original}/`);
  const folder = join(place.path, "clone/_delta_log");
  mkdirSync(folder, { recursive: true });
  const kept = text.split("\n").filter((line) => /^\{"(protocol|metaData|add)"/.test(line));
  writeFileSync(join(folder, "00000000000000000000.json"), kept.join("\n"));
  const asked = (from: string) =>
    millrace(["query", `select count(*) as n from ${from}`], { cwd: place.path });
  const [whole, alone, named, other, changes, unnamed] = await Promise.all([
    asked("delta_scan('shop/lake/bronze/orders')"),
    asked("delta_scan('clone')"),
    asked("delta_scan('clone', version => 0, files_from => 'shop/lake/bronze/orders')"),
    asked("delta_scan('clone', files_from => 'shop/lake/bronze/orders2')"),
    asked(
      "table_changes('./clone', 0, inferred => true, files_from => 'shop/lake/bronze/orders') where _change_type = 'insert'",
    ),
    asked("table_changes('./clone', 0, inferred => true)"),
  ]);
  assert.equal(named.out, whole.out, named.err);
  assert.equal(changes.out, whole.out, changes.err);
  for (const { err } of [alone, other, unnamed]) {
    assert.match(err, /^error\[delta\/foreign-path\]/);
    assert.match(err, /files_from => /);
  }
});

test("a failure behind a call of several lines is told by its own line", async () => {
  const sql = `select ('x' || day)::int as n\nfrom delta_scan(\n  'shop/lake/bronze/orders',\n  version => 0\n) where nothing`;
  const { err } = await millrace(["query", sql], { cwd: place.path });
  assert.match(err, /^error\[engine\/sql\]: Binder error in SQL \(line 5, /);
});

test("without project and lake, a table asked for by its name is missed, and nothing else", async () => {
  const bare = (sql: string) => millrace(["query", sql], { cwd: place.path });
  const [number, name] = await Promise.all([bare("select 1 as n"), bare("from bronze.orders")]);
  assert.equal(number.out, "n\n1\n");
  assert.match(name.err, /^error\[project\/not-found\]/);
});

test("changes of rows are told by versions and times, of tables by name and by path", async () => {
  const { changeRows } = await import("./changed-table.ts");
  const folder = join(place.path, "changes");
  await changeRows(folder);
  const asked = (call: string) =>
    json(
      [
        "query",
        `select _change_type as type, _commit_version as v, id, n from ${call} order by v, id, n`,
        "--lake",
        folder,
      ],
      { cwd: place.path },
    );
  const updated = [
    { type: "update_preimage", v: 2, id: 1, n: 1 },
    { type: "update_postimage", v: 2, id: 1, n: 9 },
  ];
  const deleted = [{ type: "delete", v: 3, id: 2, n: 2 }];
  assert.deepEqual(await asked("table_changes('a.t', 2)"), [...updated, ...deleted]);
  assert.deepEqual(await asked("table_changes('./changes/a/t', 2, 1 + 1)"), updated);
  assert.deepEqual(await asked("table_changes('a.t', now() - interval 1 day, '2999-01-01')"), [
    { type: "insert", v: 1, id: 1, n: 1 },
    { type: "insert", v: 1, id: 2, n: 2 },
    ...updated,
    ...deleted,
  ]);
  assert.deepEqual(await asked("table_changes('a.t', 3, inferred => true)"), deleted);
});

test("a folder that is no table is told with the tables below it", async () => {
  const { code, err } = await query(`from delta_scan('${lake}/bronze')`);
  assert.equal(code, 1);
  assert.match(
    err,
    /^error\[delta\/no-table\]: .*holds no _delta_log.*\n {2}Tables below it: .*bronze\/orders\n$/,
  );
});

test("the conformance tables are read by their paths, as the log of each says", async (t) => {
  const cases = listCases().filter(({ expect }) => expect.kind === "rows");
  if (cases.length === 0) return t.diagnostic(`no cases in ${CONFORMANCE}`);
  const sql = cases.map(
    ({ name, folder }) =>
      `select '${name}' as name, count(*) as rows from delta_scan('${folder}/delta')`,
  );
  const waiting = cases.filter(({ name }) => WAITING.includes(name)).map(({ name }) => name);
  assert.deepEqual(waiting, []);
  const { out, err } = await query(sql.join(" union all "), "--json");
  assert.deepEqual(
    documentOf(out),
    cases.map(({ name, expect }) => ({ name, rows: expect.rows })),
    err,
  );
});

const REFUSED: readonly (readonly [string, string])[] = [
  ["insert into bronze.orders values (1)", "query/not-a-select"],
  ["copy (select 1) to 'stolen.csv'", "query/not-a-select"],
  ["attach 'x.db'", "query/not-a-select"],
  ["set memory_limit = '1GB'", "query/not-a-select"],
  ["install httpfs", "query/not-a-select"],
  ["create table t as select 1", "query/not-a-select"],
  ["explain analyze select 1", "query/not-a-select"],
  ["show tables", "query/not-a-select"],
  ["pivot bronze.orders on shop using sum(amount)", "query/not-a-select"],
  ["select 1) ; drop view x; select (1", "engine/sql"],
  ["select 1; copy (select 1) to 'stolen.csv'", "query/several-statements"],
  ["select * from query('select 1')", "query/refused-function"],
  [
    "from main.Enable_Logging(storage => 'file', storage_path => 'stolen')",
    "query/refused-function",
  ],
  [" -- nothing", "query/empty"],
  ["from bronze.orderz", "lake/no-table"],
  ["from orders", "lake/no-table"],
  ["from quarantine.bronze.orders", "query/bad-table-name"],
  ["from bronze.orders at (version => 9)", "delta/no-such-version"],
  ["from bronze.orders at (version => -1)", "query/bad-version"],
  ["select amuont from bronze.orders", "engine/sql"],
  ["selekt 1", "engine/sql"],
  ["from delta_scan()", "query/bad-table-call"],
  ["from delta_scan('a', 'b')", "query/bad-table-call"],
  ["from delta_scan('a', verzion => 1)", "query/bad-table-call"],
  ["from delta_scan('a', version => 1, timestamp => '2026-01-01')", "query/bad-table-call"],
  ["from delta_scan('shop/lake/bronze/orders', version => 'x')", "engine/sql"],
  ["from delta_scan('shop/lake/bronze/orders', version => -1)", "query/bad-version"],
  ["from delta_scan('shop/lake/bronze/orders', version => 9)", "delta/no-such-version"],
  [
    "from delta_scan('shop/lake/bronze/orders', timestamp => '1999-01-01')",
    "delta/no-such-version",
  ],
  ["from (values ('x')) t(p), delta_scan(t.p)", "query/bad-table-call"],
  ["from table_changes('bronze.orders')", "query/bad-table-call"],
  ["from table_changes('bronze.orders', 0)", "operation/no-change-feed"],
  ["from table_changes('bronze.ordres', 0)", "lake/no-table"],
  ["from table_changes('bronze.orders', -1)", "query/bad-version"],
  ["from main.delta_scan('a')", "query/bad-table-call"],
  ["select delta_scan('a')", "query/bad-table-call"],
  ["from delta_scan('nowhere')", "delta/no-table"],
  ["from delta_scan('shop')", "delta/no-table"],
  ["from delta_scan('shop/millrace.ts')", "delta/no-table"],
  ["from delta_scan('shop/lake/bronze/orders/_delta_log')", "delta/no-table"],
  ["from delta_scan('gopher://a/b')", "query/bad-path"],
];

test("what is no single SELECT is refused and leaves nothing behind", async () => {
  const { createDuckDB } = await import("../../src/engine/duckdb.ts");
  const { openQuery } = await import("../../src/run/query.ts");
  const { openLake } = await import("../../src/lake/lake.ts");
  const { localStorage } = await import("../../src/storage/local.ts");
  const { systemClock } = await import("../../src/run/clock.ts");
  const { openStores } = await import("../../src/storage/open.ts");
  const engine = await createDuckDB();
  const opened = openLake({ storage: localStorage(lake), engine, clock: systemClock });
  const here = place.path;
  const at = { engine, clock: systemClock, here, stores: openStores(), lake: () => opened };
  try {
    for (const [sql, code] of REFUSED) {
      await assert.rejects(openQuery(at, sql), { code }, sql);
    }
    const databases = await engine.rows(
      "select database_name from duckdb_databases() where not internal",
    );
    assert.equal(databases.length, 1);
  } finally {
    opened.close();
  }
  assert.ok(!existsSync("stolen.csv"));
  assert.ok(!existsSync("stolen"));
});

test("a failure at the last row is one document, and its place is that of the person's SQL", async () => {
  const sql =
    "select\n\n  case when i < 200000 then '1' else 'x' end::int as n from range(200001) t(i)";
  const { code, out, err } = await query(sql, "--json");
  assert.equal(code, 1);
  assert.equal(err, "");
  const { error } = documentOf(out) as { error: { code: string; message: string } };
  assert.equal(error.code, "engine/sql");
  assert.match(
    error.message,
    /^Conversion error in SQL \(line 3, column 45\): Could not convert string 'x'/,
  );
});

test("a failure after the first rows were printed is one", async () => {
  const sql =
    "select case when i < 3000000 then '1' else 'x' end::int as n from range(3000001) t(i)";
  const { code, out, err } = await query(sql);
  assert.equal(code, 1);
  assert.ok(out.startsWith("n\n1\n"));
  assert.match(err, /^error\[engine\/sql\]: Conversion error in SQL \(line 1, .*string 'x'/);
});

test("a missing table names the nearest one", async () => {
  const { code, err } = await query("from gold.revenu");
  assert.equal(code, 1);
  assert.match(err, /^error\[lake\/no-table\]: .*\n {2}Did you mean gold\.revenue\?\n$/);
});

test("SQL may come from standard input", async () => {
  const { out } = await millrace(["query", "-", "--lake", lake], {
    input: "-- hello\nselect 42 as n;\n",
  });
  assert.equal(out, "n\n42\n");
});

test("a reader that goes away ends the query quietly", async () => {
  const child = startMillrace(["query", "from range(100000000)", "--lake", lake]);
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  await once(child.stdout ?? child, "data");
  child.stdout?.destroy();
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.equal(said, "");
});

test("files are written whole under their own names, in all formats", async () => {
  const folder = join(place.path, "it's ü", "out");
  const sql =
    "select i, '=1+1' as t, null as n, 0.5::decimal(3, 2) as d from range(2) t(i) order by i";
  const file = (name: string) => join(folder, name);
  const names = ["a.CSV", "a.json", "a.ndjson", "a b.parquet"];
  for (const name of names) {
    const { code, out, err } = await query(sql, "--to", file(name));
    assert.equal(code, 0, err);
    assert.ok(out.startsWith(`2 rows in ${file(name)} (`), out);
  }
  assert.deepEqual(readdirSync(folder).toSorted(), names.toSorted());
  assert.equal(readFileSync(file("a.CSV"), "utf8"), "i,t,n,d\n0,=1+1,,0.50\n1,=1+1,,0.50\n");
  const lines = ['{"i":0,"t":"=1+1","n":null,"d":0.50}', '{"i":1,"t":"=1+1","n":null,"d":0.50}'];
  assert.equal(readFileSync(file("a.json"), "utf8"), `[\n${lines.join(",\n")}\n]\n`);
  assert.equal(readFileSync(file("a.ndjson"), "utf8"), `${lines.join("\n")}\n`);
  const back = await query(`from '${file("a b.parquet").replaceAll("'", "''")}'`, "--json");
  assert.equal(back.out, `[\n${lines.join(",\n").replaceAll('"n":null', '"n":null')}\n]\n`);
});

test("a query that fails leaves the file that was there", async () => {
  const file = join(place.path, "kept.json");
  await query("select 1 as a", "--to", file);
  const before = readdirSync(place.path);
  const { code, err } = await query(
    "select ('x' || i)::int as a from range(10) t(i)",
    "--to",
    file,
  );
  assert.equal(code, 1);
  assert.match(err, /Could not convert string 'x/);
  assert.equal(readFileSync(file, "utf8"), '[\n{"a":1}\n]\n');
  assert.deepEqual(readdirSync(place.path), before);
});

test("export writes a version of a table, quarantines too", async () => {
  const to = (name: string) => join(place.path, "exported", name);
  const at = (...args: readonly string[]) => millrace(["export", "--lake", lake, ...args]);
  const [table, quarantine, version, nothing] = await Promise.all([
    at("gold.revenue", "--to", to("r.ndjson"), "--json"),
    at('quarantine."bronze.orders"', "--to", to("q.json"), "--timestamp", "2999-01-01"),
    at("gold.revenue", "--to", to("x.csv"), "--version", "7"),
    at("gold.revenue", "--to", to("x.xlsx")),
  ]);
  assert.equal(table.code, 0, table.err);
  assert.deepEqual(documentOf(table.out), {
    file: to("r.ndjson"),
    rows: 4,
    size: readFileSync(to("r.ndjson")).length,
  });
  assert.equal(quarantine.code, 0, quarantine.err);
  assert.equal(JSON.parse(readFileSync(to("q.json"), "utf8")).length, 3);
  assert.match(version.err, /^error\[delta\/no-such-version\]/);
  assert.match(nothing.err, /^error\[query\/bad-file\]/);
  assert.deepEqual(readdirSync(join(place.path, "exported")).toSorted(), ["q.json", "r.ndjson"]);
});
