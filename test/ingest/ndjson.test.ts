/** JSON lines: good ones keep every digit, and each kind of bad one is turned away under its own line. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  bigint,
  boolean,
  type Columns,
  decimal,
  float,
  integer,
  json,
  list,
  ndjson,
  struct,
  text,
} from "../../src/index.ts";
import { type Landed, land, useYards } from "./harness.ts";

const open = useYards();

function landLines<C extends Columns>(content: string | Uint8Array, columns: C): Promise<Landed> {
  return land(open(), { "in.ndjson": content }, { from: ndjson("in.ndjson"), columns });
}

const said = ({ rejected }: Landed): string[] =>
  rejected.map(({ line, form, reasons }) => `${line} ${form} ${reasons.join(" & ")}`);

const ID = { id: integer() };

test("a line that is no JSON is turned away with its text, its number and why", async () => {
  const bad = [
    '{"id":2',
    '{"id":3} trailing',
    "{'id':4}",
    '{"id":5}{"id":6}',
    "nonsense",
    '{"id":7]',
    '{"a":"\t"}',
    "{}}",
  ];
  const landed = await landLines(`{"id":1}\n${bad.join("\n")}\n{"id":9}\n`, ID);
  assert.deepEqual(landed.rows, [{ id: 1 }, { id: 9 }]);
  assert.deepEqual(
    landed.rejected.map(({ line, form, raw }) => [line, form, raw.trim()]),
    bad.map((raw, index) => [index + 2, "line", raw]),
  );
  assert.ok(
    landed.rejected.every(({ reasons }) => /^\|json\|is not valid JSON: /.test(reasons[0] ?? "")),
  );
});

test("a line of JSON that is no object is turned away, and is no row of nulls", async () => {
  const bad = ["null", "[1]", '"t"', "5", "true", '[{"id":1}]'];
  const landed = await landLines(`{"id":1}\n${bad.join("\n")}\n`, { id: integer().optional() });
  assert.deepEqual(landed.rows, [{ id: 1 }]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    bad.map((raw, index) => [index + 2, raw]),
  );
  assert.ok(
    landed.rejected.every(({ reasons }) => reasons.join() === "|record|is not a JSON object"),
    said(landed).join("\n"),
  );
});

test("NaN and Infinity are no numbers", async () => {
  const landed = await landLines(
    '{"f":NaN}\n{"f":Infinity}\n{"f":-inf}\n{"f":1e999}\n{"f":1e3}\n',
    { f: float() },
  );
  assert.deepEqual(landed.rows, [{ f: 1000 }]);
  assert.equal(landed.rejected.length, 4);
});

test("a comma before a closing bracket changes no value and is passed over", async () => {
  const landed = await landLines('{"id":1,}\n', ID);
  assert.deepEqual(landed.rows, [{ id: 1 }]);
});

test("of a key that stands twice the first value counts", async () => {
  assert.deepEqual((await landLines('{"id":1,"id":2}\n', ID)).rows, [{ id: 1 }]);
});

test("numbers keep their digits, and numbers in texts are numbers", async () => {
  const columns = { n: bigint(), t: text(), d: decimal(38, 20), f: float() };
  const landed = await landLines(
    [
      '{"n":9007199254740993,"t":12345678901234567890123,"d":0.12345678901234567891,"f":0.1}',
      '{"n":"9223372036854775807","t":"007","d":"0.12345678901234567891","f":"1e-3"}',
      '{"n":-1,"t":1.10,"d":123456789012345678.12345678,"f":1}',
      '{"n":0,"t":true,"d":1e2,"f":-0.0}',
    ].join("\n"),
    columns,
  );
  assert.deepEqual(landed.rejected, []);
  assert.deepEqual(
    landed.rows.map(({ n, t, d }) => [n, t, d]),
    [
      [-1n, "1.10", "123456789012345678.12345678000000000000"],
      [0n, "true", "100.00000000000000000000"],
      [9007199254740993n, "12345678901234567890123", "0.12345678901234567891"],
      [9223372036854775807n, "007", "0.12345678901234567891"],
    ],
  );
});

test("the digits of a number are those behind its own key, wherever else the key stands", async () => {
  const records = [
    '{"n":1,"t":1.10}',
    '{"n":2,"x":{"t":2.500},"t":2.50}',
    '{"n":3,"x":"t","t" :\t3.10}',
    '{"n":4,"\\u0074":4.10,"x":{"t":4.100}}',
    '{"n":5,"x\\"t":5.100,"t":5.10}',
    '{"n":6,"t":"6.10"}',
    '{"n":7,"x":"\\"t\\":7.100","t":7.10}',
    '{"n":8,"t":8.10,"t":8.100}',
  ];
  const { rows } = await landLines(records.join("\n"), { n: integer(), t: text() });
  assert.deepEqual(
    rows.map(({ n, t }) => [n, t]),
    records.map((_, index) => [index + 1, `${index + 1}.${index === 1 ? "50" : "10"}`]),
  );
});

test("digits of decimals inside objects and lists are kept too", async () => {
  const landed = await landLines(
    '{"o":{"d":0.12345678901234567891},"l":[1234567890123456.78,"x.10"],"d":1}\n',
    { o: struct({ d: decimal(38, 20) }), l: list(text()) },
  );
  assert.deepEqual(landed.rows, [
    { o: { d: "0.12345678901234567891" }, l: ["1234567890123456.78", "x.10"] },
  ]);
});

test("numbers with too many digits for their column are refused and never rounded", async () => {
  const landed = await landLines(
    '{"d":1.255}\n{"d":1e1}\n{"d":1234567890123456.78}\n{"d":1.50}\n{"d":12345678901234567.8}\n',
    {
      d: decimal(18, 2),
    },
  );
  assert.deepEqual(landed.rows, [{ d: "1.50" }, { d: "10.00" }, { d: "1234567890123456.78" }]);
  assert.deepEqual(
    said(landed).map((one) => one.slice(0, 15)),
    ["1 record d|type", "5 record d|type"],
  );
});

test("whole numbers are whole", async () => {
  const landed = await landLines(
    '{"id":1.0}\n{"id":1.5}\n{"id":1e2}\n{"id":2147483648}\n{"id":" 1"}\n{"id":true}\n{"id":""}\n{"id":[1]}\n{"id":{"a":1}}\n',
    ID,
  );
  assert.deepEqual(landed.rows, []);
  assert.equal(landed.rejected.length, 9);
});

test("a text column refuses an object or a list, and takes a text that looks like one", async () => {
  const landed = await landLines(
    '{"t":{"a":1}}\n{"t":[1]}\n{"t":"{\\"a\\":1}"}\n{"t":"[1]"}\n{"t":false}\n',
    { t: text() },
  );
  assert.deepEqual(landed.rows, [{ t: "[1]" }, { t: "false" }, { t: '{"a":1}' }]);
  assert.deepEqual(said(landed), [
    '1 record t|type|is an object or a list and not a text|{"a":1}',
    "2 record t|type|is an object or a list and not a text|[1]",
  ]);
});

test("null and a missing key are both missing", async () => {
  const landed = await landLines('{"a":null}\n{}\n{"a":""}\n{"a":"null"}\n', {
    a: text(),
    j: json().optional(),
  });
  assert.deepEqual(landed.rows, [
    { a: "", j: null },
    { a: "null", j: null },
  ]);
  assert.deepEqual(said(landed), [
    "1 record a|required|is missing",
    "2 record a|required|is missing",
  ]);
});

test("booleans are true, false or their texts", async () => {
  const landed = await landLines('{"b":true}\n{"b":"false"}\n{"b":1}\n{"b":"yes"}\n', {
    b: boolean(),
  });
  assert.deepEqual(landed.rows, [{ b: false }, { b: true }]);
  assert.equal(landed.rejected.length, 2);
});

test("dots go inside, where a name with dots is not what is asked for", async () => {
  const landed = await landLines(
    '{"a":{"b":{"c":1}},"a.b.c":2}\n{"a":{"b":[{"c":1}]}}\n{"a":5}\n',
    {
      c: integer().from("a.b.c"),
      b: json().from("a.b").optional(),
    },
  );
  assert.deepEqual(landed.rows, [{ c: 1, b: '{"c":1}' }]);
  assert.deepEqual(said(landed), [
    "2 record c|required|is missing",
    "3 record c|required|is missing",
  ]);
});

test("a path and its beginning may both be columns", async () => {
  const landed = await landLines('{"a":{"b":1,"c":"x"}}\n', {
    a: json(),
    b: integer().from("a.b"),
    c: text().from("a.c"),
  });
  assert.deepEqual(landed.rows, [{ a: '{"b":1,"c":"x"}', b: 1, c: "x" }]);
});

test("keys are told apart by case, and may be escaped", async () => {
  const landed = await landLines('{"ID":1,"id":2,"n\\u0061me":"x\\u00e9\\ud83d\\ude00"}\n', {
    big: integer().from("ID"),
    small: integer().from("id"),
    name: text(),
  });
  assert.deepEqual(landed.rows, [{ big: 1, small: 2, name: "xé😀" }]);
});

test("keys of any characters can be asked for", async () => {
  const names = [
    "a b",
    'q"q',
    "é",
    "*",
    "$",
    "a'b",
    "back\\slash",
    "[0]",
    "select",
    "x".repeat(300),
    "#",
    "@",
    "?",
    "/",
  ];
  const record = Object.fromEntries(names.map((name, index) => [name, index]));
  const columns = Object.fromEntries(names.map((name) => [name, integer()]));
  const landed = await landLines(
    `${JSON.stringify(record)}\n${JSON.stringify({ ...record, "*": "x" })}\n`,
    columns,
  );
  assert.deepEqual(landed.rows, [record]);
  assert.deepEqual(said(landed), ["2 record *|type|is not a whole number of 32 bits|x"]);
});

test("a NUL character in a text turns its row away", async () => {
  const landed = await landLines('{"a":"x\\u0000y"}\n{"a":"z"}\n', { a: text() });
  assert.deepEqual(landed.rows, [{ a: "z" }]);
  assert.match(said(landed)[0] ?? "", /^1 record a\|text\|holds a NUL/);
});

test("a raw NUL byte, a lone surrogate and invalid UTF-8 turn away their own lines", async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"a":"1"}\n{"a":"x'),
    Buffer.from([0]),
    Buffer.from('"}\n{"a":"'),
    Buffer.from([0xe9]),
    Buffer.from('"}\n{"a":"\\ud800"}\n{"a":"5"}\n'),
  ]);
  const landed = await landLines(bytes, { a: text() });
  assert.deepEqual(landed.rows, [{ a: "1" }, { a: "5" }]);
  assert.deepEqual(
    landed.rejected.map(({ line }) => line),
    [2, 3, 4],
  );
});

test("CRLF, blank lines, blanks around and a missing last line end change nothing", async () => {
  const landed = await landLines(
    '\r\n{"id":1}\r\n\r\n   \n\t{"id":2} \r\n{"id":"x"}\r\n{"id":3}',
    ID,
  );
  assert.deepEqual(landed.rows, [{ id: 1 }, { id: 2 }, { id: 3 }]);
  assert.deepEqual(said(landed), ["6 record id|type|is not a whole number of 32 bits|x"]);
});

test("a byte order mark and gzip are no hindrance", async () => {
  const landed = await landLines(gzipSync('\ufeff{"id":1}\n{"id":\n'), ID);
  assert.deepEqual(landed.rows, [{ id: 1 }]);
  assert.deepEqual(
    landed.rejected.map(({ line }) => line),
    [2],
  );
});

test("a record of 20 million characters loads", async () => {
  const long = "y".repeat(20_000_000);
  const landed = await landLines(`{"id":1}\n{"id":2,"t":"${long}"}\n{"id":"x"}\n`, {
    id: integer(),
    t: text().optional(),
  });
  assert.deepEqual(
    landed.rows.map(({ id, t }) => [id, t === null ? null : String(t).length]),
    [
      [1, null],
      [2, 20_000_000],
    ],
  );
  assert.equal(landed.rejected[0]?.line, 3);
});

test("an array or a document with line breaks as NDJSON is turned away line by line", async () => {
  const landed = await landLines('[\n{"id":1},\n{"id":2}\n]\n', ID);
  assert.deepEqual(landed.rows, [{ id: 2 }]);
  assert.deepEqual(
    landed.rejected.map(({ line }) => line),
    [1, 2, 4],
  );
});

test("lines that end in commas between brackets are read where that is declared", async () => {
  const { rows, rejected } = await land(
    open(),
    { "in.json": '[\n{"id":1},\n{"id":"x"},\n{"id":3}\n]\n' },
    { from: ndjson("in.json", { trailingCommas: true }), columns: ID },
  );
  assert.deepEqual(rows, [{ id: 1 }, { id: 3 }]);
  assert.deepEqual(
    rejected.map(({ line }) => line),
    [3],
  );
});

test("of lines that end in commas a broken one is one entry, and the rest is loaded", async () => {
  const { rows, rejected } = await land(
    open(),
    { "in.json": '[{"id":1},\n{"id":2,\n\n{"id":3}},\n{"id":4},\n' },
    { from: ndjson("in.json", { trailingCommas: true }), columns: ID },
  );
  assert.deepEqual(rows, [{ id: 1 }, { id: 4 }]);
  assert.deepEqual(
    rejected.map(({ line, form, raw }) => [line, form, raw.trim()]),
    [
      [2, "line", '{"id":2'],
      [4, "line", '{"id":3}}'],
    ],
  );
});

const TWICE =
  '{"id":1,"id":2,"x":5,"x":6}\n{"id":"a","id":3}\n{"id":4,"s":{"a":1,"a":2}}\n{"id":5,}\n{"id":6,"\\u0069d":7}\n';

test("of a field that is named twice the first counts, and what is kept as JSON holds all", async () => {
  const { rows, rejected } = await land(
    open(),
    { "in.ndjson": TWICE },
    { from: ndjson("in.ndjson"), columns: { ...ID, s: json().optional() }, extra: "keep" },
  );
  assert.deepEqual(
    rows.map(({ id, s, _extra }) => [id, s, _extra]),
    [
      [1, null, '{"x":5,"x":6}'],
      [4, '{"a":1,"a":2}', null],
      [5, null, null],
      [6, null, null],
    ],
  );
  assert.deepEqual(
    rejected.map(({ line }) => line),
    [2],
  );
});

test("a record that names a field twice is turned away where nothing unknown may be in it", async () => {
  const landed = await land(
    open(),
    { "in.ndjson": TWICE },
    { from: ndjson("in.ndjson"), columns: { ...ID, s: json().optional() }, extra: "reject" },
  );
  assert.deepEqual(
    landed.rows.map(({ id }) => id),
    [4, 5],
  );
  const twice = "|extra|names a field more than once|";
  assert.deepEqual(
    landed.rejected.map(({ line, reasons }) => [
      line,
      reasons.some((one) => twice.startsWith(one)),
    ]),
    [
      [1, true],
      [2, true],
      [5, true],
    ],
  );
});

test("an empty file has no rows", async () => {
  const landed = await landLines("", ID);
  assert.deepEqual([landed.rows, landed.rejected], [[], []]);
});
