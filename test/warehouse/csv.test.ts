/** Tests of CSV files: their bytes, and what a reader gets back from them. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openBench } from "./bench.ts";

test("a CSV file has a header, and quotes commas, quotes and line breaks", async (t) => {
  const { text } = await openBench(t);
  const query = `select * from (values (1, 'plain', 'x,y'), (2, 'say "hi"', e'two\\nlines'), (3, e'a\\r\\nb', ' blanks ')) t(id, "the ""name""", "a,b")`;
  assert.equal(
    await text(query),
    'id,"the ""name""","a,b"\n1,plain,"x,y"\n2,"say ""hi""","two\nlines"\n3,"a\r\nb", blanks \n',
  );
});

test("an empty text and a missing value are told apart, whatever stands for missing ones", async (t) => {
  const { engine, write } = await openBench(t);
  const query =
    "select * from (values (1, 'NA'), (2, ''), (3, null), (4, 'x')) t(id, v) order by id";
  const empty = await write(query);
  assert.equal(await readFile(empty.path, "utf8"), 'id,v\n1,NA\n2,""\n3,\n4,x\n');
  const named = await write(query, { nulls: "NA" });
  assert.equal(await readFile(named.path, "utf8"), 'id,v\n1,"NA"\n2,\n3,NA\n4,x\n');
  const read = `from read_csv('${named.path}', nullstr = 'NA', allow_quoted_nulls = false, columns = {id: 'int', v: 'varchar'})`;
  assert.deepEqual(await engine.rows(read), await engine.rows(query));
});

test("texts with every awkward character come back as they were", async (t) => {
  const { engine, write } = await openBench(t);
  const query = `select i as id, v from (select unnest(range(8)) as i, unnest(['"', '""', ',', e'\\n', e'a\\r', '#comment', 'ünïcödé 日本 🙂', '\\n']) as v) order by id`;
  const { path } = await write(query, { formulas: "keep" });
  const read = `from read_csv('${path}', header = true, columns = {id: 'bigint', v: 'varchar'}, quote = '"', escape = '"', delim = ',', comment = '')`;
  assert.deepEqual(await engine.rows(read), await engine.rows(query));
});

test("values are written with every digit, instants in UTC with Z whatever the session's zone, binary as base64", async (t) => {
  const { engine, text } = await openBench(t);
  await engine.run("set TimeZone = 'Asia/Tokyo'");
  const query = `select 9223372036854775807::bigint as long, 170141183460469231731687303715884105727::hugeint as huge,
    -0.5::decimal(3, 3) as small, 12345678901234567890.123456789::decimal(38, 9) as exact, 0.1::float as single, 'nan'::double as nan,
    timestamptz '2022-01-01 09:30:00.120+09' as at, timestamp '2022-01-01 00:30:00' as local, date '2022-01-01' as day,
    true as yes, '\\x00\\xFFa'::blob as bytes, uuid '00000000-0000-0000-0000-000000000001' as id, timestamptz 'infinity' as never`;
  assert.equal(
    (await text(query)).split("\n")[1],
    "9223372036854775807,170141183460469231731687303715884105727,-0.500,12345678901234567890.123456789,0.1,nan,2022-01-01T00:30:00.12Z,2022-01-01T00:30:00,2022-01-01,true,AP9h,00000000-0000-0000-0000-000000000001,infinity",
  );
});

test("nested values are JSON text", async (t) => {
  const { engine, write } = await openBench(t);
  const query = `select {a: 'x"y', b: [1, null], c: {d: null::int}} as s, map {'k': timestamptz '2022-01-01 00:00:00+00'} as m, []::int[] as l, null::int[] as n`;
  const { path } = await write(query);
  const rows = await engine.rows(`from read_csv('${path}', all_varchar = true)`);
  assert.deepEqual(rows, [
    {
      s: '{"a":"x\\"y","b":[1,null],"c":{"d":null}}',
      m: '{"k":"2022-01-01T00:00:00Z"}',
      l: "[]",
      n: null,
    },
  ]);
});

test("texts that a spreadsheet would run get a leading quote, in cells and titles", async (t) => {
  const { text } = await openBench(t);
  const values = [
    "=1+1",
    "+SUM(A1)",
    "-2+3",
    "@now",
    "\tx",
    "\r=1",
    "＝1",
    "plain",
    "a=b",
    "-12.5",
    "+65",
    "-",
    "+65 6123",
  ];
  const query = `select unnest([${values.map((value) => `'${value}'`).join(", ")}]) as "=title", -12.5 as number, -3::bigint as long`;
  const escaped = [
    "'=1+1",
    "'+SUM(A1)",
    "'-2+3",
    "'@now",
    "'\tx",
    '"\'\r=1"',
    "'＝1",
    "plain",
    "a=b",
    "-12.5",
    "+65",
    "'-",
    "'+65 6123",
  ];
  const expected = escaped.map((value) => `${value},-12.5,-3\n`).join("");
  assert.equal(await text(query), `'=title,number,long\n${expected}`);
  assert.match(await text(query, { formulas: "keep" }), /^=title,number,long\n=1\+1,-12\.5,-3\n/);
});

test("a byte order mark begins the file where it is asked for, and is part of its hash and size", async (t) => {
  const { write } = await openBench(t);
  const plain = await write('select 1 as "a,b"');
  const marked = await write('select 1 as "a,b"', { bom: true });
  const bytes = await readFile(marked.path);
  assert.deepEqual([...bytes.subarray(0, 4)], [0xef, 0xbb, 0xbf, 0x22]);
  assert.equal(marked.sizeBytes, bytes.length);
  assert.equal(marked.sizeBytes, plain.sizeBytes + 3);
  assert.notEqual(marked.sha256, plain.sha256);
});

test("columns are chosen, ordered and titled", async (t) => {
  const { text } = await openBench(t);
  const columns = [
    { name: "b", title: "Second, first" },
    { name: "a", title: "=First" },
  ];
  assert.equal(
    await text("select 1 as a, 2 as b, 3 as c", { columns }),
    '"Second, first",\'=First\n2,1\n',
  );
});

test("an output without rows is a header", async (t) => {
  const { engine, write } = await openBench(t);
  const { path, rows } = await write("select 1 as a, 'x' as b where false");
  assert.equal(await readFile(path, "utf8"), "a,b\n");
  assert.equal(rows, 0n);
  assert.deepEqual(await engine.rows(`from read_csv('${path}')`), []);
});

test("rows stand in the order of the query, also when several threads write", async (t) => {
  const { write } = await openBench(t);
  const query = "select hash(i) as h from range(400000) t(i) order by h";
  const { path, rows, sha256 } = await write(query);
  const hashes = (await readFile(path, "utf8")).trimEnd().split("\n").slice(1).map(BigInt);
  assert.equal(rows, 400000n);
  assert.equal(hashes.length, 400000);
  assert.ok(hashes.every((hash, index) => hash > (hashes[index - 1] ?? -1n)));
  assert.equal((await write(query)).sha256, sha256);
});
