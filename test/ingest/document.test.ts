/** JSON documents, workbooks and Parquet files from outside, judged by the same contract. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type WriteSheet, writeXlsx } from "hucre/xlsx";
import {
  bigint,
  type Columns,
  date,
  decimal,
  float,
  ingest,
  integer,
  jsonFile,
  list,
  localTimestamp,
  parquet,
  struct,
  text,
  timestamp,
  xlsx,
} from "../../src/index.ts";
import type { JsonOptions, XlsxOptions } from "../../src/source/file-source.ts";
import { type Landed, land, useYards } from "./harness.ts";

const open = useYards();

const ID = { id: integer() };

function landJson<C extends Columns>(
  content: string,
  columns: C,
  how?: JsonOptions,
): Promise<Landed> {
  return land(open(), { "in.json": content }, { from: jsonFile("in.json", how), columns });
}

async function landSheet<C extends Columns>(
  rows: WriteSheet["rows"],
  columns: C,
  how?: XlsxOptions,
): Promise<Landed> {
  const book = await writeXlsx({
    sheets: [
      { name: "First", rows: rows ?? [] },
      { name: "Second", rows: [["id"], [2]] },
    ],
  });
  return land(open(), { "in.xlsx": book }, { from: xlsx("in.xlsx", how), columns });
}

/** A Parquet file of the rows of a query. */
async function landParquet<C extends Columns>(
  query: string,
  columns: C,
  extra: "ignore" | "reject" = "ignore",
): Promise<Landed> {
  const yard = open();
  await yard.lake.engine.run(`copy (${query}) to '${yard.path("in.parquet")}' (format parquet)`);
  const bytes = readFileSync(yard.path("in.parquet"));
  return land(yard, { "in.parquet": bytes }, { from: parquet("in.parquet"), columns, extra });
}

test("a Parquet file with a column that nobody knows is turned away where the contract says so", async () => {
  const query = "select 1 as id, 2 as surplus";
  assert.deepEqual((await landParquet(query, ID)).rows, [{ id: 1 }]);
  assert.match(
    refusal(await landParquet(query, ID, "reject")),
    /has columns that the contract does not know: "surplus"/,
  );
});

const said = ({ rejected }: Landed): string[] =>
  rejected.map(({ position, reasons }) => `${position} ${reasons.join(" & ")}`);
function refusal(landed: Landed): string {
  assert.deepEqual([landed.rows, landed.rejected.map(({ form }) => form)], [[], ["file"]]);
  return said(landed)[0] ?? "";
}

test("the elements of an array, or the one object, are the records of a document", async () => {
  assert.deepEqual((await landJson('[{"id":1},\n{"id":2}]', ID)).rows, [{ id: 1 }, { id: 2 }]);
  assert.deepEqual((await landJson('\n{"id":1}\n', ID)).rows, [{ id: 1 }]);
  assert.deepEqual((await landJson("[]", ID)).rows, []);
});

test("records stand at a path, and can ask what is around them", async () => {
  const landed = await landJson(
    '{"meta":{"v":7},"pages":[{"no":1,"items":[{"id":1},{"id":"x"}]},{"no":2,"items":[{"id":3}]},{"no":3,"items":[]}]}',
    { id: integer(), page: integer().from("^.no"), version: integer().from("^.^.meta.v") },
    { records: "$.pages[*].items[*]" },
  );
  assert.deepEqual(landed.rows, [
    { id: 1, page: 1, version: 7 },
    { id: 3, page: 2, version: 7 },
  ]);
  assert.deepEqual(said(landed), [
    "in.json $.pages[0].items[1] id|type|is not a whole number of 32 bits|x",
  ]);
  assert.equal(landed.rejected[0]?.context, '[{"no":1},{"meta":{"v":7}}]');
});

test("an error envelope among pages is turned away and says what stood there", async () => {
  const landed = await landJson(
    '[{"items":[{"id":1}]},{"error":"rate limit","code":429},{"items":null},{"items":[{"id":2}, 5, null]}]',
    ID,
    { records: "$[*].items[*]" },
  );
  assert.deepEqual(landed.rows, [{ id: 1 }, { id: 2 }]);
  assert.deepEqual(landed.rejected.map(({ raw }) => raw).toSorted(), [
    "5",
    "null",
    '{"error":"rate limit","code":429}',
  ]);
  assert.ok(
    landed.rejected.every(({ reasons }) => reasons.length === 1),
    said(landed).join("\n"),
  );
});

test("a document with a syntax error is turned away whole, with its place", async () => {
  assert.match(
    refusal(await landJson('[{"id":1},\n{"id":2},,\n{"id":3}]', ID)),
    /^in\.json:2 \|file\|is no valid JSON: .*\(line 2, column 10\)/,
  );
  assert.match(refusal(await landJson('[{"id":1},\n{"id":', ID)), /is no valid JSON/);
  assert.match(refusal(await landJson('[{"id":NaN}]', ID)), /is no valid JSON/);
  assert.match(refusal(await landJson('{"id":1} {"id":2}', ID)), /is no valid JSON/);
  assert.match(refusal(await landJson("<html></html>", ID)), /is HTML/);
});

test("numbers of a document keep every digit", async () => {
  const landed = await landJson(
    '[{"n":9223372036854775807,"d":0.12345678901234567891,"t":1.10,"l":[12345678901234567890.123]}]',
    { n: bigint(), d: decimal(38, 20), t: text(), l: list(text()) },
  );
  assert.deepEqual(landed.rows, [
    {
      n: 9223372036854775807n,
      d: "0.12345678901234567891",
      t: "1.10",
      l: ["12345678901234567890.123"],
    },
  ]);
});

test("a record of many megabytes in a document loads, and one above the bound is turned away", async () => {
  const sized = (bytes: number) => `{"id":1,"t":"${"z".repeat(bytes)}"}`;
  const landed = await landJson(`[${sized(15_000_000)},${sized(30_000_000)},${sized(1)}]`, {
    id: integer(),
    t: text(),
  });
  assert.deepEqual(landed.rows.map(({ t }) => String(t).length).toSorted(), [1, 15_000_000]);
  assert.deepEqual(said(landed), ["in.json $[1] |record|is longer than 16777216 bytes"]);
});

test("a sheet is read below its header, the first or the one that is named", async () => {
  assert.deepEqual((await landSheet([["id"], [1]], ID)).rows, [{ id: 1 }]);
  assert.deepEqual((await landSheet([["id"], [1]], ID, { sheet: "Second" })).rows, [{ id: 2 }]);
  assert.deepEqual(
    (await landSheet([["A report"], [], ["id", "x"], [1, 2]], ID, { header: 3 })).rows,
    [{ id: 1 }],
  );
  assert.match(
    refusal(await landSheet([["id"]], ID, { sheet: "Secund" })),
    /no sheet "Secund"\. Did you mean "Second"/,
  );
});

test("a sheet without a needed column is turned away whole", async () => {
  assert.match(
    refusal(
      await landSheet(
        [
          ["Id", "name"],
          [1, "a"],
          [2, "b"],
        ],
        ID,
      ),
    ),
    /has no column "id"/,
  );
});

test("cells are judged as the file types them", async () => {
  const landed = await landSheet(
    [
      ["id", "day", "at", "code", "n"],
      [1, new Date("2024-01-15"), new Date("2024-01-15T10:30:00Z"), "007", 1.5],
      [2.5, "15/01/2024", "x", 7, "1.5"],
      ["3", "2024-01-15", "2024-01-15T10:30:00", "x", "one"],
    ],
    { id: integer(), day: date(), at: localTimestamp(), code: text(), n: float() },
  );
  assert.deepEqual(landed.rows, [
    { id: 1, day: "2024-01-15", at: "2024-01-15T10:30:00", code: "007", n: 1.5 },
  ]);
  assert.deepEqual(
    landed.rejected.map(({ position, line, reasons }) => [position, line, reasons.length]),
    [
      ["in.xlsx First!3", 3, 3],
      ["in.xlsx First!4", 4, 1],
    ],
  );
});

test("a column of a sheet may have dots and blanks in its name", async () => {
  const landed = await landSheet(
    [
      ["Country Code", "a.b", "^.x"],
      [1, "y", "z"],
    ],
    {
      code: integer().from("Country Code"),
      ab: text().from("a.b"),
      x: text().from("^.x"),
    },
  );
  assert.deepEqual(landed.rows, [{ code: 1, ab: "y", x: "z" }]);
});

test("what is no workbook, and what unpacks to far more than it is, is turned away", async () => {
  const landed = await land(
    open(),
    {
      "a.xlsx": "id\n1\n",
      "b.xlsx": zipOf("xl/workbook.xml", Buffer.alloc(600_000_000)),
      "c.xlsx": Buffer.from("504b0304", "hex"),
    },
    { from: xlsx("*.xlsx"), columns: ID },
  );
  assert.deepEqual(landed.rows, []);
  assert.deepEqual(
    landed.rejected.map(({ file }) => file),
    ["a.xlsx", "b.xlsx", "c.xlsx"],
  );
  assert.match(said(landed)[0] ?? "", /is text, not an XLSX workbook/);
});

/** A ZIP archive of one entry. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const central = Buffer.alloc(46 + name.length);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + packed.length, 16);
  return Buffer.concat([local, packed, central, end]);
}

test("typed columns of a Parquet file are judged cell by cell", async () => {
  const landed = await landParquet(
    `select * from (values
      (1, 1.5::double, 'a', date '2024-01-15', timestamptz '2024-01-15 10:00:00+08', 1.25::decimal(9,2), [1, 2], {'a': 1, 'b': 'x'}),
      (null, 'nan'::double, null, null, null, null, null, null),
      (3000000000, 2.0::double, 'c', date '2024-01-16', timestamptz '2024-01-16 10:00:00.123456+08', 7.00, [3, null], {'a': null, 'b': 'y'}))
      t(id, f, t, day, "at", d, l, o)`,
    {
      id: integer(),
      f: float(),
      t: text(),
      day: date(),
      at: timestamp(),
      d: decimal(9, 2),
      l: list(integer()),
      o: struct({ a: integer(), b: text() }),
    },
  );
  assert.deepEqual(landed.rows, [
    {
      id: 1,
      f: 1.5,
      t: "a",
      day: "2024-01-15",
      at: "2024-01-15T02:00:00Z",
      d: "1.25",
      l: [1, 2],
      o: { a: 1, b: "x" },
    },
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, reasons }) => [
      line,
      reasons.map((one) => one.split("|").slice(0, 2).join()),
    ]),
    [
      [
        2,
        [
          "id,required",
          "f,type",
          "t,required",
          "day,required",
          "at,required",
          "d,required",
          "l,required",
          "o,required",
        ],
      ],
      [3, ["id,type", "l,type", "o,type"]],
    ],
  );
});

test("64-bit numbers, doubles, nested decimals and instants of a Parquet file lose nothing", async () => {
  const landed = await landParquet(
    `select 9007199254740993::bigint as n, 0.1::double + 0.2::double as f, 1e300::double as big, [0.12345678901234567891::decimal(38,20)] as l,
      {'at': timestamptz '2024-01-15 10:00:00.123456+00', 'n': 9007199254740993} as o, timestamp '2024-01-15 10:00:00' as w,
      12345678901234567890123456789012345678::decimal(38,0) as d`,
    {
      n: bigint(),
      f: float(),
      big: float(),
      l: list(decimal(38, 20)),
      o: struct({ at: timestamp(), n: bigint() }),
      w: localTimestamp(),
      d: decimal(38, 0),
    },
  );
  assert.deepEqual(said(landed), []);
  assert.deepEqual(landed.rows, [
    {
      n: 9007199254740993n,
      f: 0.1 + 0.2,
      big: 1e300,
      l: ["0.12345678901234567891"],
      o: { at: "2024-01-15T10:00:00.123456Z", n: 9007199254740993n },
      w: "2024-01-15T10:00:00",
      d: "12345678901234567890123456789012345678",
    },
  ]);
});

test("a Parquet file that is cut, damaged or lacks a column is turned away and stops no other", async () => {
  const yard = open();
  const make = async (name: string, query: string): Promise<Buffer> => {
    await yard.lake.engine.run(`copy (${query}) to '${yard.path(name)}' (format parquet)`);
    return readFileSync(yard.path(name));
  };
  const good = await make(
    "good.parquet",
    "select i::integer as id, repeat('x', 100) || i as t from range(2000) r(i)",
  );
  const footer = Buffer.from(good);
  footer.fill(0xff, good.length - 200, good.length - 20);
  const pages = Buffer.from(good);
  pages.fill(0xee, 40, good.length >> 1);
  const landed = await land(
    yard,
    {
      "good.parquet": good,
      "cut.parquet": good.subarray(0, good.length >> 1),
      "footer.parquet": footer,
      "pages.parquet": pages,
      "other.parquet": await make("other.parquet", "select 1 as ID2, 'x' as t"),
      "text.parquet": "PAR1 is not enough",
    },
    { from: parquet("*.parquet"), columns: { id: integer(), t: text() } },
  );
  assert.equal(landed.rows.length, 2000);
  assert.deepEqual(
    landed.rejected.map(({ file, form }) => [file, form]),
    [
      ["cut.parquet", "file"],
      ["footer.parquet", "file"],
      ["other.parquet", "file"],
      ["pages.parquet", "file"],
      ["text.parquet", "file"],
    ],
  );
});

/** Of the conformance tables beside the project. */
const WITH_INT96 = join(
  import.meta.dirname,
  "../../../shared/conformance/kernel-rs/stats-writing-all-types/delta",
);

test("times of 96 bits in Parquet files are read as such", async (t) => {
  if (!existsSync(WITH_INT96)) {
    t.diagnostic("../shared is not there, so that this test reads nothing");
    return;
  }
  const yard = open();
  for (const name of readdirSync(WITH_INT96).filter((one) => one.endsWith(".parquet")))
    yard.write(name, readFileSync(join(WITH_INT96, name)));
  const [column] = await yard.lake.engine.rows(
    `select distinct name from parquet_schema('${yard.path("*.parquet")}') where type = 'INT96'`,
  );
  const from = parquet("*.parquet");
  const columns = { at: localTimestamp().from(String(column?.name)).optional() };
  const ran = await yard.run([ingest("bronze.t", { from, columns })]);
  assert.deepEqual([ran.error, ran.ledger.quarantined], [undefined, 0]);
  const times = (await yard.rows()).map(({ at }) => at).filter((at) => at !== null);
  assert.ok(times.length > 0);
  for (const at of times) assert.match(String(at), /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/);
});
