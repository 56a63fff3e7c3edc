/** What each type of a column takes and what it refuses, to the letter. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bigint,
  binary,
  boolean,
  type Column,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  json,
  list,
  localTimestamp,
  ndjson,
  struct,
  text,
  timestamp,
  uuid,
} from "../../src/index.ts";
import { land, useYards } from "./harness.ts";

const open = useYards();

const cell = (value: string): string => `"${value.replaceAll('"', '""')}"`;

/** The texts that the column takes with what becomes of each, and those that it refuses. */
async function read(
  column: Column,
  texts: readonly string[],
): Promise<{ taken: Record<string, unknown>; refused: string[]; messages: string[] }> {
  const lines = texts.map((value) => `${cell(value)},${cell(value)}\n`);
  const { rows, rejected } = await land(
    open(),
    { "in.csv": `raw,value\n${lines.join("")}` },
    { from: csv("in.csv"), columns: { raw: text().optional(), value: column } },
  );
  assert.equal(rows.length + rejected.length, texts.length);
  const byText = new Map(rows.map((row) => [row.raw, row.value]));
  const taken = texts
    .filter((one) => byText.has(one))
    .map((one) => [one, byText.get(one)] as const);
  const reasons = rejected.flatMap((entry) => entry.reasons);
  assert.ok(reasons.every((reason) => reason.startsWith("value|type|")));
  return {
    taken: Object.fromEntries(taken),
    refused: texts.filter((one) => !byText.has(one)),
    messages: [...new Set(reasons.map((reason) => reason.split("|")[2] ?? ""))],
  };
}

const NO_NUMBER = [
  " 12 ",
  "12 ",
  "\t12",
  "1_000",
  "1,000",
  "0x10",
  "0b1",
  "1e3",
  "1E3",
  "+5",
  "",
  "-",
  "--1",
  "nan",
  "NaN",
  "inf",
  "-inf",
  "Infinity",
  "true",
  "١٢",
  "12\n",
  "12\u00a0",
  "1e1000",
  "½",
  "null",
];

test("an integer is digits of 32 bits and nothing else", async () => {
  const good = ["0", "-0", "7", "007", "-12", "2147483647", "-2147483648", "00000000000000000001"];
  const bad = [
    ...NO_NUMBER,
    "12.7",
    "12.0",
    ".5",
    "5.",
    "2147483648",
    "-2147483649",
    "9".repeat(60),
  ];
  const { taken, refused, messages } = await read(integer(), [...good, ...bad]);
  assert.deepEqual(taken, {
    "0": 0,
    "-0": 0,
    "7": 7,
    "007": 7,
    "-12": -12,
    "2147483647": 2147483647,
    "-2147483648": -2147483648,
    "00000000000000000001": 1,
  });
  assert.deepEqual(refused, bad);
  assert.deepEqual(messages, ["is not a whole number of 32 bits"]);
});

test("a bigint keeps every digit of 64 bits", async () => {
  const good = ["9007199254740993", "9223372036854775807", "-9223372036854775808", "-0"];
  const bad = [...NO_NUMBER, "12.7", "9223372036854775808", "-9223372036854775809"];
  const { taken, refused } = await read(bigint(), [...good, ...bad]);
  assert.deepEqual(taken, {
    "9007199254740993": 9007199254740993n,
    "9223372036854775807": 9223372036854775807n,
    "-9223372036854775808": -9223372036854775808n,
    "-0": 0n,
  });
  assert.deepEqual(refused, bad);
});

test("a decimal is never rounded", async () => {
  const good = ["1.25", "1.2", "1", "-0", "-0.00", "00012.50", "12345678.90", "-99999999.99"];
  const bad = [...NO_NUMBER, "1.255", "1.250", "1.", ".5", "123456789.00", "1e1", "100000000"];
  const { taken, refused, messages } = await read(decimal(10, 2), [...good, ...bad]);
  assert.deepEqual(taken, {
    "1": "1.00",
    "1.25": "1.25",
    "1.2": "1.20",
    "-0": "0.00",
    "-0.00": "0.00",
    "00012.50": "12.50",
    "12345678.90": "12345678.90",
    "-99999999.99": "-99999999.99",
  });
  assert.deepEqual(refused, bad);
  assert.deepEqual(messages, [
    "is not a decimal number with at most 8 digits before the point and 2 after it",
  ]);
});

test("a decimal of 38 digits keeps them all, and one without a scale takes no point", async () => {
  const many = "12345678901234567890123456789012345678";
  assert.deepEqual(await read(decimal(38, 0), [many, `-${many}`, `${many}0`, "1.0"]), {
    taken: { [many]: many, [`-${many}`]: `-${many}` },
    refused: [`${many}0`, "1.0"],
    messages: ["is not a decimal number with at most 38 digits before the point and 0 after it"],
  });
  const small = `0.${"1".repeat(38)}`;
  const { taken } = await read(decimal(38, 38), [small, "1.0"]);
  assert.deepEqual(taken, { [small]: small });
});

test("a float is a finite number in digits, with or without an exponent", async () => {
  const good = [
    "1.5",
    "-0.1",
    "1e3",
    "1E-3",
    "12",
    "007",
    "1.7976931348623157e308",
    "5e-324",
    "-0",
  ];
  const bad = [
    ...NO_NUMBER.filter((one) => one !== "1e3" && one !== "1E3"),
    "0x1p3",
    "1e309",
    "-1e309",
    ".5",
    "5.",
    "1e",
    "1,5",
  ];
  const { taken, refused } = await read(float(), [...good, ...bad]);
  assert.deepEqual(taken, {
    "12": 12,
    "1.5": 1.5,
    "-0.1": -0.1,
    "1e3": 1000,
    "1E-3": 0.001,
    "007": 7,
    "1.7976931348623157e308": Number.MAX_VALUE,
    "5e-324": Number.MIN_VALUE,
    "-0": 0,
  });
  assert.deepEqual(refused, bad);
});

test("a boolean is true or false and not yes, t or 1", async () => {
  const good = ["true", "false", "True", "False", "TRUE", "FALSE"];
  const bad = ["yes", "no", "t", "f", "1", "0", "tRUE", " true", "true ", "", "on"];
  const { taken, refused } = await read(boolean(), [...good, ...bad]);
  assert.deepEqual(taken, {
    true: true,
    false: false,
    True: true,
    False: false,
    TRUE: true,
    FALSE: false,
  });
  assert.deepEqual(refused, bad);
});

test("a date without formats is an ISO day that exists", async () => {
  const good = ["1996-02-03", "2024-02-29", "0001-01-01", "9999-12-31"];
  const bad = [
    "1996-02-31",
    "2023-02-29",
    "1996-2-3",
    " 1996-02-03",
    "1996-02-03 ",
    "1996-02-03 10:00",
    "1996-02-03T00:00:00",
    "96-02-03",
    "10000-01-01",
    "1996/02/03",
    "19960203",
    "0000-00-00",
    "2024-13-01",
    "-0001-01-01",
    "today",
    "infinity",
    "epoch",
    "1996-02-03 (BC)",
    "",
    "１９９６-02-03",
  ];
  const { taken, refused } = await read(date(), [...good, ...bad]);
  assert.deepEqual(taken, Object.fromEntries(good.map((one) => [one, one])));
  assert.deepEqual(refused, bad);
});

test("of several date formats the first that fits to the letter is taken", async () => {
  const formats = ["%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y", "%d-%m-%Y"];
  const bad = [
    "1996/02/31",
    "1996/2/3",
    " 1996/02/03",
    "1996/02/03 ",
    "96/02/03",
    "19960/02/03",
    "1996/02/03 00:00",
    "02/03/96",
    "13/01/1996",
    "1996.02.03",
    "1996-02/03",
    "",
  ];
  const { taken, refused, messages } = await read(date({ formats }), [
    "1996/02/03",
    "1996-02-03",
    "02/03/1996",
    "02-03-1996",
    ...bad,
  ]);
  assert.deepEqual(taken, {
    "1996/02/03": "1996-02-03",
    "1996-02-03": "1996-02-03",
    "02/03/1996": "1996-02-03",
    "02-03-1996": "1996-03-02",
  });
  assert.deepEqual(refused, bad);
  assert.deepEqual(messages, [`is not a date of the form ${formats.join(" or ")}`]);
});

test("formats with month names, short years and single digits mean what they say", async () => {
  const { taken, refused } = await read(date({ formats: ["%d %b %Y", "%B %-d, %Y", "%d.%m.%y"] }), [
    "03 Feb 1996",
    "03 feb 1996",
    "February 3, 1996",
    "03.02.96",
    "03 Fev 1996",
    "3 Feb 1996",
    "Feb 3, 1996",
    "03.02.1996",
  ]);
  assert.deepEqual(taken, {
    "03 Feb 1996": "1996-02-03",
    "03 feb 1996": "1996-02-03",
    "February 3, 1996": "1996-02-03",
    "03.02.96": "1996-02-03",
  });
  assert.deepEqual(refused, ["03 Fev 1996", "3 Feb 1996", "Feb 3, 1996", "03.02.1996"]);
});

test("a timestamp without a declared zone says its own", async () => {
  const good = {
    "2024-12-31T23:59:59Z": "2024-12-31T23:59:59Z",
    "2024-12-31 23:59:59+08:00": "2024-12-31T15:59:59Z",
    "2024-12-31T23:59:59.123456-0330": "2025-01-01T03:29:59.123456Z",
    "2024-12-31T23:59Z": "2024-12-31T23:59:00Z",
    "2024-12-31T23:59:59.5z": "2024-12-31T23:59:59.500000Z",
    "2024-12-31T23:59:59+08": "2024-12-31T15:59:59Z",
  };
  const bad = [
    "2024-12-31",
    "2024-12-31T23:59:59",
    "2024-12-31T25:00:00Z",
    "2024-02-30T00:00:00Z",
    "2024-12-31T23:59:60Z",
    "2024-12-31T24:00:00Z",
    " 2024-12-31T23:59:59Z",
    "2024-12-31T23:59:59 Z",
    "2024-12-31T23:59:59.1234567Z",
    "2024-12-31T23:59:59+99:00",
    "2024-12-31T23:59:59,5Z",
    "2024-12-31T23:59:59,5",
    "2024-12-31T23:59:59 Europe/Berlin",
    "1735689599",
    "infinity",
    "",
    "24-12-31T23:59:59Z",
    "12024-12-31T23:59:59Z",
    "2024-12-31T3:59:59Z",
  ];
  const { taken, refused, messages } = await read(timestamp(), [...Object.keys(good), ...bad]);
  assert.deepEqual(taken, good);
  assert.deepEqual(refused, bad);
  assert.deepEqual(messages, ["is not a time with a zone like 2024-12-31T23:59:59Z"]);
});

test("a timestamp in a declared zone is read on its clock, and refused in the hour that it leaves out", async () => {
  const { taken, refused } = await read(timestamp({ zone: "Europe/Berlin" }), [
    "2024-07-01T12:00:00",
    "2024-01-01T12:00:00",
    "2024-07-01T12:00:00Z",
    "2024-03-31T02:30:00",
    "2024-10-27T02:30:00",
    "2024-03-31T03:00:00",
    "2024-03-31T01:59:59",
  ]);
  assert.deepEqual(taken, {
    "2024-07-01T12:00:00": "2024-07-01T10:00:00Z",
    "2024-01-01T12:00:00": "2024-01-01T11:00:00Z",
    "2024-07-01T12:00:00Z": "2024-07-01T12:00:00Z",
    "2024-03-31T03:00:00": "2024-03-31T01:00:00Z",
    "2024-03-31T01:59:59": "2024-03-31T00:59:59Z",
  });
  assert.deepEqual(refused, ["2024-03-31T02:30:00", "2024-10-27T02:30:00"]);
});

test("timestamps in declared formats take the zone of the text or of the column", async () => {
  const own = await read(timestamp({ formats: ["%d/%m/%Y %H:%M:%S %z"] }), [
    "03/02/1996 10:11:12 +0800",
    "03/02/1996 10:11:12 +08:00",
    "03/02/1996 10:11:12",
    "3/2/1996 10:11:12 +0800",
    "31/02/1996 10:11:12 +0800",
  ]);
  assert.deepEqual(own.taken, {
    "03/02/1996 10:11:12 +0800": "1996-02-03T02:11:12Z",
    "03/02/1996 10:11:12 +08:00": "1996-02-03T02:11:12Z",
  });
  const declared = await read(
    timestamp({ formats: ["%d/%m/%Y %I:%M %p", "%d/%m/%Y"], zone: "Asia/Singapore" }),
    [
      "03/02/1996 10:11 PM",
      "03/02/1996 10:11 pm",
      "03/02/1996",
      "03/02/1996 13:11 PM",
      "03/02/1996 00:11 AM",
    ],
  );
  assert.deepEqual(declared.taken, {
    "03/02/1996 10:11 PM": "1996-02-03T14:11:00Z",
    "03/02/1996 10:11 pm": "1996-02-03T14:11:00Z",
    "03/02/1996": "1996-02-02T16:00:00Z",
  });
});

test("a format without a zone needs one declared, and a zone that exists", () => {
  const columnsOf = (at: Column) => () =>
    ingest("bronze.t", { from: csv("in.csv"), columns: { at } });
  assert.throws(columnsOf(timestamp({ formats: ["%Y-%m-%d"] })), /"%Y-%m-%d", which says no zone/);
  assert.throws(columnsOf(timestamp({ zone: "Europe/Berlinn" })), /which nobody knows/);
  assert.throws(columnsOf(date({ formats: ["%Y-%Q"] })), /"%Y-%Q" with "%Q"/);
});

test("a local timestamp has no zone", async () => {
  const { taken, refused } = await read(localTimestamp(), [
    "2024-03-31T02:30:00",
    "2024-12-31 23:59",
    "2024-12-31T23:59:59.123456",
    "2024-12-31",
    "2024-12-31T23:59:59Z",
    "2024-12-31T23:59:59,5",
    "2024-12-31T24:00:00",
    " 2024-12-31T23:59:59",
    "2024-02-30T10:00:00",
  ]);
  assert.deepEqual(taken, {
    "2024-03-31T02:30:00": "2024-03-31T02:30:00",
    "2024-12-31 23:59": "2024-12-31T23:59:00",
    "2024-12-31T23:59:59.123456": "2024-12-31T23:59:59.123456",
  });
  assert.equal(refused.length, 6);
  const formatted = await read(localTimestamp({ formats: ["%d.%m.%Y %H:%M"] }), [
    "31.12.2024 23:59",
    "31.12.2024 23:60",
    "1.1.2024 10:00",
    "31.12.2024",
  ]);
  assert.deepEqual(formatted.taken, { "31.12.2024 23:59": "2024-12-31T23:59:00" });
});

test("a UUID is 36 characters and kept in small letters", async () => {
  const good = "01234567-89AB-cdef-0123-456789abcdef";
  const { taken, refused } = await read(uuid(), [
    good,
    good.replaceAll("-", ""),
    `{${good}}`,
    `${good} `,
    good.replace("0", "g"),
    "",
  ]);
  assert.deepEqual(taken, { [good]: good.toLowerCase() });
  assert.equal(refused.length, 5);
});

test("JSON is kept as its text, and refused where a strict reader would refuse it", async () => {
  const good = [
    '{"a": 1.10, "b": [1, null]}',
    "12345678901234567890",
    '"t"',
    "true",
    "[]",
    ' {"a":1} ',
  ];
  const bad = [
    "{a:1}",
    '{"a":1,}',
    "NaN",
    '{"a":NaN}',
    "[1,]",
    "'t'",
    "",
    "{",
    "Infinity",
    "01",
    '"\t"',
    "/**/1",
  ];
  const { taken, refused } = await read(json(), [...good, ...bad]);
  assert.deepEqual(taken, Object.fromEntries(good.map((one) => [one, one])));
  assert.deepEqual(refused, bad);
});

test("binary is base64 with its padding", async () => {
  const { taken, refused } = await read(binary(), [
    "aGk=",
    "AAEC",
    "",
    "aGk",
    "a-_=",
    "aG k=",
    "====",
    "A===",
  ]);
  assert.deepEqual(taken, {
    "aGk=": new Uint8Array([0x68, 0x69]),
    AAEC: new Uint8Array([0, 1, 2]),
    "": new Uint8Array(),
  });
  assert.deepEqual(refused, ["aGk", "a-_=", "aG k=", "====", "A==="]);
});

test("a text keeps every character, and an empty one between quotes is not a missing one", async () => {
  const odd = [
    "",
    " ",
    " x ",
    "é\u0301",
    "👩‍👩‍👧",
    'a"b',
    "a,b",
    "NULL",
    "null",
    "\\N",
    "a\\nb",
    "\u200b",
    "'",
  ];
  const { taken } = await read(text(), odd);
  assert.deepEqual(taken, Object.fromEntries(odd.map((one) => [one, one])));
  const { rows, rejected } = await land(
    open(),
    { "in.csv": 'id,value\n1,""\n2,\n3,x\n' },
    { from: csv("in.csv"), columns: { id: integer(), value: text() } },
  );
  assert.deepEqual(rows, [
    { id: 1, value: "" },
    { id: 3, value: "x" },
  ]);
  assert.deepEqual(
    rejected.map(({ position, reasons }) => [position, reasons]),
    [["in.csv:3", ["value|required|is missing"]]],
  );
});

test("lists and objects are taken whole or not at all", async () => {
  const column = struct({
    id: integer(),
    tags: list(text()).optional(),
    at: struct({ lat: decimal(5, 2), note: text().optional() }).optional(),
  });
  const good = [
    '{"id":1}',
    '{"id":"2","tags":["a","b"],"other":1}',
    '{"id":3,"at":{"lat":1.5,"note":null},"tags":[]}',
    '{"id":4,"tags":null,"at":null}',
  ];
  const bad = [
    '{"id":null}',
    "{}",
    '{"id":1.5}',
    '{"id":1,"tags":"a"}',
    '{"id":1,"tags":["a",null]}',
    '{"id":1,"tags":[["a"]]}',
    '{"id":1,"tags":[{"a":1}]}',
    '{"id":1,"at":{"lat":1.555}}',
    '{"id":1,"at":{}}',
    '{"id":1,"at":[]}',
    "[]",
    "1",
    "x",
    '{"id":1',
    '{"id":[1]}',
  ];
  const { taken, refused, messages } = await read(column, [...good, ...bad]);
  assert.deepEqual(Object.values(taken), [
    { id: 1, tags: null, at: null },
    { id: 2, tags: ["a", "b"], at: null },
    { id: 3, tags: [], at: { lat: "1.50", note: null } },
    { id: 4, tags: null, at: null },
  ]);
  assert.deepEqual(refused, bad);
  assert.deepEqual(messages, ["is not an object of the declared kind"]);
});

test("lists of lists and lists of objects keep their order, their nulls and their digits", async () => {
  const deep = await read(list(list(bigint().optional())), [
    "[[9007199254740993,null],[]]",
    "[]",
    "[null]",
    "[[1],2]",
    '[["1"]]',
    "[[1.0]]",
    "null",
  ]);
  assert.deepEqual(deep.taken, {
    "[[9007199254740993,null],[]]": [[9007199254740993n, null], []],
    "[]": [],
    '[["1"]]': [[1n]],
  });
  const objects = await read(list(struct({ "a b": text(), n: json().optional() })), [
    '[{"a b":"x","n":{"k":[1.10]}},{"a b":"y"}]',
    '[{"a b":"x"},null]',
    '[{"n":1}]',
  ]);
  assert.deepEqual(objects.taken, {
    '[{"a b":"x","n":{"k":[1.10]}},{"a b":"y"}]': [
      { "a b": "x", n: '{"k":[1.1]}' },
      { "a b": "y", n: null },
    ],
  });
});

test("the fields of an object may stand deeper or under other names in the record", async () => {
  const { rows } = await land(
    open(),
    { "in.ndjson": '{"o":{"Inner Name":"x","deep":{"n":"5"}}}\n' },
    {
      from: ndjson("in.ndjson"),
      columns: { o: struct({ name: text().from("Inner Name"), n: integer().from("deep.n") }) },
    },
  );
  assert.deepEqual(rows, [{ o: { name: "x", n: 5 } }]);
});
