/** CSV files as the world delivers them: what is loaded, what is turned away, and under which line. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { csv, integer, text } from "../../src/index.ts";
import type { CsvOptions } from "../../src/source/file-source.ts";
import { type Landed, land, useYards } from "./harness.ts";

const open = useYards();

const COLUMNS = { id: integer(), name: text().optional() };

/** Files of the columns `id` and `name`. */
function landAll(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: CsvOptions = {},
): Promise<Landed> {
  return land(open(), files, { from: csv("*.{csv,gz,zst,txt}", options), columns: COLUMNS });
}

const landOne = (content: string | Uint8Array, options?: CsvOptions): Promise<Landed> =>
  landAll({ "in.csv": content }, options);

const pairs = ({ rows }: Landed): unknown[][] => rows.map(({ id, name }) => [id, name]);
const said = ({ rejected }: Landed): string[] =>
  rejected.map(({ position, reasons }) => `${position} ${reasons.join(" & ")}`);
/** The file was turned away as a whole, and this is why. */
function refusal(landed: Landed): string {
  assert.deepEqual(landed.rows, []);
  assert.deepEqual(
    landed.rejected.map(({ form }) => form),
    ["file"],
  );
  return said(landed)[0] ?? "";
}

test("columns are found by the names in the header, in whatever order they stand", async () => {
  const landed = await landAll({
    "a.csv": "id,name\n1,a\n",
    "b.csv": "name,id\nb,2\n",
    "c.csv": "x,name,y,id\n.,c,.,3\n",
  });
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [2, "b"],
    [3, "c"],
  ]);
});

test("a file without a needed column is turned away as a whole, with the columns that it has", async () => {
  const landed = await landAll({ "a.csv": "Id,name\n1,a\n", "b.csv": "id,name\n2,b\n" });
  assert.deepEqual(pairs(landed), [[2, "b"]]);
  assert.deepEqual(
    landed.rejected.map(({ form, position, raw, reasons }) => [form, position, raw, reasons]),
    [
      [
        "file",
        "a.csv:1",
        "Id,name\n1,a\n",
        [
          '|file|has no column "id" in its header; it has "Id", "name". Is "Id" what "id" should be read from?',
        ],
      ],
    ],
  );
  assert.deepEqual(landed.ledger, {
    read: 2,
    written: 1,
    quarantined: 1,
    deduplicated: 0,
    filtered: 0,
  });
});

test("a file without an optional column has null there", async () => {
  assert.deepEqual(pairs(await landOne("id\n1\n\n2\n")), [
    [1, null],
    [2, null],
  ]);
});

test("a header may be quoted, hold line breaks, carry a byte order mark and stand below blank lines", async () => {
  assert.deepEqual(pairs(await landOne('\ufeff"id","name"\n1,a\n')), [[1, "a"]]);
  assert.deepEqual(pairs(await landOne("\ufeffid,name\r\n1,a\r\n")), [[1, "a"]]);
  const broken = await landOne('"the\nother",id,name\nx,1,a\nx,z,b\n');
  assert.deepEqual(pairs(broken), [[1, "a"]]);
  assert.deepEqual(
    broken.rejected.map(({ line }) => line),
    [4],
  );
  const below = await landOne("\n\nid,name\n1,a\nx,b\n");
  assert.deepEqual(pairs(below), [[1, "a"]]);
  assert.deepEqual(
    below.rejected.map(({ line }) => line),
    [5],
  );
});

test("a header that names a column twice is turned away", async () => {
  assert.match(refusal(await landOne("id,name,id\n1,a,2\n")), /in\.csv:1 .*two columns "id"/);
});

test("a broken line below blank ones has its own number and text, however lines end", async () => {
  for (const lineEnd of ["\n", "\r\n"]) {
    const lines = ["id,name", "1,a", "", "", "x", "", "2", "3,b,c", "", "4,d", ""];
    const { rejected } = await landOne(lines.join(lineEnd));
    assert.deepEqual(
      rejected.map(({ line, raw }) => [line, raw]),
      [
        [5, "x"],
        [7, "2"],
        [8, "3,b,c"],
      ],
    );
  }
});

test("columns without a name are passed over", async () => {
  const landed = await landOne("id,,name,\n1,x,a,y\nz,x,a,y\n");
  assert.deepEqual(pairs(landed), [[1, "a"]]);
});

test("a wrong delimiter is guessed in the message", async () => {
  assert.match(
    refusal(await landOne("id;name\n1;a\n")),
    /separated by ";": set the option delimiter/,
  );
  assert.match(refusal(await landOne("id\tname\n1\ta\n")), /separated by "\\t"/);
});

test("a declared delimiter and quote are taken at their word", async () => {
  const landed = await landOne("id|name\n1|'a|b'\n2|it's\n3|'it''s'\n4|\"x\"\n", {
    delimiter: "|",
    quote: "'",
  });
  assert.deepEqual(pairs(landed), [
    [1, "a|b"],
    [2, "it's"],
    [3, "it's"],
    [4, '"x"'],
  ]);
  assert.deepEqual(pairs(await landOne("id\tname\n1\ta,b\n", { delimiter: "\t" })), [[1, "a,b"]]);
});

test("a file without a header gets the declared names, and its first line is a record", async () => {
  const landed = await landOne("a,1\nb,x\n", { header: false, names: ["name", "id"] });
  assert.deepEqual(pairs(landed), [[1, "a"]]);
  assert.deepEqual(said(landed), ["in.csv:2 id|type|is not a whole number of 32 bits|x"]);
});

for (const [name, end] of Object.entries({ LF: "\n", CRLF: "\r\n", CR: "\r" })) {
  test(`lines may end in ${name}, with or without one at the end of the file`, async () => {
    const lines = ["id,name", "1,a", '2,"b,""b"', "x,c", "3", '4,5" pipe', '5,"d\nd"', "y,e"];
    for (const content of [lines.join(end), lines.join(end) + end]) {
      const landed = await landOne(content);
      assert.deepEqual(pairs(landed), [
        [1, "a"],
        [2, 'b,"b'],
        [4, '5" pipe'],
        [5, "d\nd"],
      ]);
      assert.deepEqual(said(landed), [
        "in.csv:4 id|type|is not a whole number of 32 bits|x",
        "in.csv:5 |fields|has 1 field where the header has 2",
        "in.csv:9 id|type|is not a whole number of 32 bits|y",
      ]);
      assert.equal(landed.rejected[1]?.raw, "3");
    }
  });
}

test("line ends may be mixed in one file, and lines keep their numbers", async () => {
  const landed = await landOne('id,name\r\n1,a\n2,b\r\nx,c\n3,d\re,4\n5,"f\r\nf"\r\ny,g\n');
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [2, "b"],
    [3, "d"],
    [5, "f\r\nf"],
  ]);
  assert.deepEqual(said(landed), [
    "in.csv:4 id|type|is not a whole number of 32 bits|x",
    "in.csv:6 id|type|is not a whole number of 32 bits|e",
    "in.csv:9 id|type|is not a whole number of 32 bits|y",
  ]);
});

test("a file that changes its line ends far below its start is read whole", async () => {
  const many = (from: number, end: string) =>
    Array.from({ length: 12_000 }, (_, index) => `${from + index},${"n".repeat(100)}${end}`).join(
      "",
    );
  for (const [first, second] of [
    ["\r\n", "\n"],
    ["\n", "\r\n"],
    ["\n", "\r"],
  ] as const) {
    const landed = await landOne(
      `id,name${first}${many(0, first)}x,bad${second}${many(60_000, second)}`,
    );
    assert.equal(landed.rows.length, 24_000, JSON.stringify([first, second]));
    assert.ok(landed.rows.every(({ name }) => name === "n".repeat(100)));
    assert.deepEqual(
      landed.rejected.map(({ line }) => line),
      [12_002],
    );
  }
});

test("commas, doubled quotes and line breaks inside quotes belong to the value, and lines after them keep their numbers", async () => {
  const landed = await landOne(
    'id,name\n1,"a,b"\n2,"say ""hi"""\n3,"two\nlines\n\nand more"\nx,late\n4,""""\n5,""\n6,a"b"c\n',
  );
  assert.deepEqual(pairs(landed), [
    [1, "a,b"],
    [2, 'say "hi"'],
    [3, "two\nlines\n\nand more"],
    [4, '"'],
    [5, ""],
    [6, 'a"b"c'],
  ]);
  assert.deepEqual(said(landed), ["in.csv:8 id|type|is not a whole number of 32 bits|x"]);
});

test("blank lines are no records, and the lines after them keep their numbers", async () => {
  const landed = await landOne("id,name\n\n1,a\n\r\n\n\nx,b\n\n");
  assert.deepEqual(pairs(landed), [[1, "a"]]);
  assert.deepEqual(
    landed.rejected.map(({ line }) => line),
    [7],
  );
});

test("a line of nothing but delimiters is a record of nulls", async () => {
  const landed = await landOne("id,name\n,\n");
  assert.deepEqual(said(landed), ["in.csv:2 id|required|is missing"]);
});

test("too few and too many fields are told with their numbers", async () => {
  const landed = await landOne(`id,name\n1\n2,b,c\n3${",x".repeat(15)}\n4,d\n"5"\n`);
  assert.deepEqual(pairs(landed), [[4, "d"]]);
  assert.deepEqual(
    landed.rejected.map(({ line, form, raw }) => [line, form, raw]),
    [
      [2, "line", "1"],
      [3, "line", "2,b,c"],
      [4, "line", `3${",x".repeat(15)}`],
      [6, "line", '"5"'],
    ],
  );
  assert.deepEqual(said(landed).slice(0, 3), [
    "in.csv:2 |fields|has 1 field where the header has 2",
    "in.csv:3 |fields|has 3 fields where the header has 2",
    "in.csv:4 |fields|has 16 fields where the header has 2",
  ]);
  assert.equal(landed.rejected[0]?.context, '["id","name"]');
});

test("fields beyond the header that are empty hold nothing, and their rows keep their lines", async () => {
  const landed = await landOne('id,name\n1,a,\n2,"b",,,\nx,c,,\ny,"d",\n3,e\nx,c\n');
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [2, "b"],
    [3, "e"],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    [
      [4, '{"id":"x","name":"c"}'],
      [5, '{"id":"y","name":"d"}'],
      [7, '{"id":"x","name":"c"}'],
    ],
  );
});

test("blanks around quotes are no part of a value, and rows after them keep their lines", async () => {
  const landed = await landOne('id,name\n "1" , "a" \n2, b \nx,"c\nd"  \ny, "e\nf"\nz,g\n');
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [2, " b "],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    [
      [4, '{"id":"x","name":"c\\nd"}'],
      [6, '{"id":"y","name":"e\\nf"}'],
      [8, '{"id":"z","name":"g"}'],
    ],
  );
});

test("text after a closing quote turns away its own line and no other", async () => {
  const landed = await landOne('id,name\n1,a\n2,"b"x\n3,c\n4,"d" d\n5,e\n6,"f"g"\n7,h\n');
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [3, "c"],
    [5, "e"],
    [7, "h"],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    [
      [3, '2,"b"x'],
      [5, '4,"d" d'],
      [7, '6,"f"g"'],
    ],
  );
});

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index},n${from + index}\n`).join(
    "",
  );

for (const [place, bad, rows] of [
  ["in the middle", 3000, 8000],
  ["near the end", 39_990, 40_000],
] as const) {
  test(`a quote that is never closed ${place} of a file gives back every line that it swallows`, async () => {
    const landed = await landOne(
      `id,name\n${numbered(1, bad - 1)}${bad},"open\n${numbered(bad + 1, rows)}`,
    );
    assert.equal(landed.rows.length + landed.rejected.length, rows);
    assert.deepEqual(
      landed.rows.map(({ id }) => id).slice(0, bad - 1),
      Array.from({ length: bad - 1 }, (_, index) => index + 1),
    );
    const [first, second] = landed.rejected;
    assert.deepEqual([first?.line, first?.raw], [bad + 1, `${bad},"open`]);
    assert.deepEqual([second?.line, second?.raw], [bad + 2, `${bad + 1},n${bad + 1}`]);
    assert.match(
      second?.reasons[0] ?? "",
      new RegExp(`swallowed by the quote that line ${bad + 1} opens`),
    );
    const seen = new Set(landed.rejected.map(({ line }) => line));
    assert.equal(seen.size, landed.rejected.length);
  });
}

/** Lines of so many bytes that look like records. */
const wide = (lines: number, bytes = 100): string =>
  Array.from(
    { length: lines },
    (_, index) => `${String(index).padStart(9, "1")},${"n".repeat(bytes - 11)}\n`,
  ).join("");

test("an open quote in a file larger than the longest record gives back every line", async () => {
  const landed = await landOne(`id,name\n${wide(1000)}0,"open\n${wide(100_000)}x,late\n`);
  assert.equal(landed.rows.length, 1000);
  assert.deepEqual(
    landed.rejected.map(({ line }) => line),
    Array.from({ length: 100_002 }, (_, index) => index + 1002),
  );
});

test("lines of a text inside quotes are never taken for records, however large the file", async () => {
  const text = wide(3500, 1000);
  const parts = Array.from({ length: 10 }, (_, part) => `${wide(500)}${part},"${text}"\n`);
  const content = `id,name\n${parts.join("")}x,bad\n`;
  assert.ok(content.length > 35_000_000);
  const { yard, ledger, rejected } = await landOne(content);
  assert.deepEqual(ledger, {
    read: 5011,
    written: 5010,
    quarantined: 1,
    deduplicated: 0,
    filtered: 0,
  });
  const [counted] = await yard.rows(undefined, "count(*) filter (length(name) > 1000) as texts");
  assert.equal(counted?.texts, 10n);
  assert.equal(rejected[0]?.line, content.split("\n").length - 1);
});

test("texts above the longest line are turned away line by line, and what stands between is loaded", async () => {
  for (const end of ["\n", "\r\n"]) {
    const text = wide(9000, 1000).replaceAll("\n", end);
    const records = [
      "id,name",
      "1,a",
      `2,"${text}"`,
      "x,b",
      `3,"${text}"`,
      "4",
      "5,c",
      `6,"${text}`,
    ];
    const landed = await landOne(records.join(end) + end);
    assert.deepEqual(pairs(landed), [
      [1, "a"],
      [5, "c"],
    ]);
    const lines = landed.rejected.map(({ line }) => line);
    const count = 9001;
    assert.deepEqual(lines, [
      ...Array.from({ length: count + 1 + count + 1 }, (_, index) => index + 3),
      ...Array.from({ length: count - 1 }, (_, index) => index + 2 * count + 6),
    ]);
    const short = landed.rejected.filter(({ form, raw }) => form === "record" || raw.length < 3);
    assert.deepEqual(
      short.map(({ line, raw }) => [line, raw]),
      [
        [count + 2, '"'],
        [count + 3, '{"id":"x","name":"b"}'],
        [2 * count + 3, '"'],
        [2 * count + 4, "4"],
      ],
    );
  }
});

test("two million blank lines are passed over, and the record below them is not lost", async () => {
  const landed = await landOne(`id,name\n1,a\n${"\n".repeat(2_500_000)}2,b\n3,c\n`);
  assert.equal(landed.rows.length + landed.rejected.length, 3);
});

test("a record of several lines that is turned away is one entry with all its text", async () => {
  const landed = await landOne('id,name\n1,"two\nlines",c\n"2\n2"\n3,d\nx,e\n');
  assert.deepEqual(pairs(landed), [[3, "d"]]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    [
      [2, '1,"two\nlines",c'],
      [4, '"2\n2"'],
      [7, '{"id":"x","name":"e"}'],
    ],
  );
});

test("an open quote that a later quote closes takes only the lines between", async () => {
  const landed = await landOne(`id,name\n1,"open\n2,b\n3,"c"\n4,d\n5,"e"\n6,f\n`);
  const ids = landed.rows.map(({ id }) => id);
  const lines = landed.rejected.map(({ line }) => line);
  assert.deepEqual(
    [...ids, ...lines.map((line) => Number(line) - 1)].toSorted(),
    [1, 2, 3, 4, 5, 6],
  );
  assert.ok(ids.includes(6));
});

test("a line of ten million bytes is turned away by itself", async () => {
  const landed = await landOne(`id,name\n1,a\n2,${"x".repeat(10_000_000)}\n3,c\nx,d\n`);
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [3, "c"],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, form, raw }) => [line, form, raw.length]),
    [
      [3, "line", 10_000_002],
      [5, "record", '{"id":"x","name":"d"}'.length],
    ],
  );
  assert.match(landed.rejected[0]?.reasons[0] ?? "", /is longer than 8 MiB/);
});

test("a value of five million bytes loads", async () => {
  const long = "y".repeat(5_000_000);
  assert.deepEqual(pairs(await landOne(`id,name\n1,"${long}"\n2,b\n`)), [
    [1, long],
    [2, "b"],
  ]);
});

test("a NUL byte turns away its row and says so", async () => {
  const landed = await landOne("id,name\n1,a\n2,b\0c\n3,d\n");
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [3, "d"],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, reasons }) => [line, reasons[0]?.split("|").slice(0, 3)]),
    [[3, ["name", "text", "holds a NUL byte"]]],
  );
});

test("bytes that are no UTF-8 turn away their line", async () => {
  const bytes = Buffer.concat([
    Buffer.from("id,name\n1,a\n2,caf"),
    Buffer.from([0xe9]),
    Buffer.from("\n3,é\nx,y\n"),
  ]);
  const landed = await landOne(bytes);
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [3, "é"],
  ]);
  assert.deepEqual(said(landed), [
    "in.csv:3 |encoding|is not valid UTF-8",
    "in.csv:5 id|type|is not a whole number of 32 bits|x",
  ]);
  assert.equal(landed.rejected[0]?.raw, "2,caf\ufffd");
});

test("invalid bytes in a header and in a quoted value of many lines lose nothing", async () => {
  const bytes = Buffer.concat([
    Buffer.from('id,name\n1,"two\nl'),
    Buffer.from([0xff]),
    Buffer.from('nes"\n2,b\nx,c\n'),
  ]);
  const landed = await landOne(bytes);
  assert.deepEqual(pairs(landed), [[2, "b"]]);
  assert.equal(landed.rejected.at(-1)?.line, 5);
  assert.equal(landed.rejected[0]?.line, 2);
});

test("UTF-16 is read where it is declared, and told where it is not", async () => {
  const content = "id,name\r\n1,é\r\nx,漢\r\n";
  const utf16 = Buffer.from(`\ufeff${content}`, "utf16le");
  const declared = await landOne(utf16, { encoding: "utf-16" });
  assert.deepEqual(pairs(declared), [[1, "é"]]);
  assert.deepEqual(said(declared), ["in.csv:3 id|type|is not a whole number of 32 bits|x"]);
  assert.match(refusal(await landOne(utf16)), /is UTF-16; declare it with encoding: "utf-16"/);
  assert.deepEqual(
    pairs(
      await landOne(Buffer.from(`\ufeff${content}`, "utf16le").swap16(), { encoding: "utf-16" }),
    ),
    [[1, "é"]],
  );
});

test("latin-1 is read where it is declared", async () => {
  const landed = await landOne(Buffer.from("id,name\n1,caf\xe9\nx,\xfc\n", "latin1"), {
    encoding: "latin-1",
  });
  assert.deepEqual(pairs(landed), [[1, "café"]]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw]),
    [[3, '{"id":"x","name":"ü"}']],
  );
});

test("gzip, gzip of several members and zstd are read whatever the files are called", async () => {
  const part = (from: number, to: number) => gzipSync(numbered(from, to));
  const landed = await landAll({
    "a.csv.gz": gzipSync(`id,name\n${numbered(1, 3)}x,bad\n`),
    "b.csv": Buffer.concat([gzipSync("id,name\n"), part(4, 6), gzipSync("y,bad\n"), part(7, 8)]),
    "c.zst": zstdCompressSync(`id,name\n${numbered(9, 10)}z,bad\n`),
    "d.zst": Buffer.concat([
      zstdCompressSync("id,name\n11,a\n"),
      zstdCompressSync("12,b\nw,bad\n"),
    ]),
  });
  assert.deepEqual(
    landed.rows.map(({ id }) => id),
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    landed.rejected.map(({ position }) => position),
    ["a.csv.gz:5", "b.csv:5", "c.zst:4", "d.zst:4"],
  );
});

test("a truncated or damaged gzip file is turned away whole, before any row of it", async () => {
  const whole = gzipSync(`id,name\n${numbered(1, 5000)}`);
  const damaged = Buffer.from(whole);
  damaged.writeUInt32LE(1, damaged.length - 8);
  const landed = await landAll({
    "cut.gz": whole.subarray(0, whole.length >> 1),
    "trailer.gz": whole.subarray(0, whole.length - 4),
    "crc.gz": damaged,
    "tail.gz": Buffer.concat([whole, Buffer.from("garbage")]),
    "zcut.zst": zstdCompressSync(`id,name\n${numbered(1, 5000)}`).subarray(0, 2000),
    "good.csv": "id,name\n1,a\n",
  });
  assert.deepEqual(pairs(landed), [[1, "a"]]);
  assert.deepEqual(
    landed.rejected.map(({ file, form }) => [file, form]),
    [
      ["crc.gz", "file"],
      ["cut.gz", "file"],
      ["tail.gz", "file"],
      ["trailer.gz", "file"],
      ["zcut.zst", "file"],
    ],
  );
  assert.ok(
    landed.rejected.every(({ reasons }) =>
      /\|file\|is damaged (gzip|zstd) data/.test(reasons[0] ?? ""),
    ),
  );
});

test("declared compression must be true", async () => {
  assert.match(
    refusal(await landOne("id,name\n1,a\n", { compression: "gzip" })),
    /declared to be gzip but is plain text/,
  );
});

test("what is no CSV at all is turned away by what it is", async () => {
  const kinds: Record<string, [string | Uint8Array, RegExp]> = {
    "a.csv": ["<!DOCTYPE html><html><body>id,name</body></html>", /is HTML, not CSV/],
    "b.csv": ["%PDF-1.7\n%\xe2\xe3\nid,name\n", /is a PDF, not CSV/],
    "c.csv": [
      Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(50)]),
      /is a PNG picture/,
    ],
    "d.csv": [Buffer.from("504b0304140000000800", "hex"), /ZIP archive or an Office file/],
    "e.csv": ['<?xml version="1.0"?><a/>', /is XML/],
    "f.csv": [Buffer.from("PAR1\0\0\0\0\0\0\0\0PAR1"), /Parquet/],
    "g.csv": [gzipSync(gzipSync("id,name\n1,a\n")), /compressed twice/],
  };
  const landed = await landAll(
    Object.fromEntries(Object.entries(kinds).map(([name, [content]]) => [name, content])),
  );
  assert.deepEqual(landed.rows, []);
  for (const { file, reasons } of landed.rejected)
    assert.match(reasons[0] ?? "", kinds[file]?.[1] ?? /^never$/);
  assert.equal(landed.rejected.length, Object.keys(kinds).length);
});

test("a file called .gz that is plain text is read as what it is", async () => {
  assert.deepEqual(pairs(await landAll({ "a.csv.gz": "id,name\n1,a\n" })), [[1, "a"]]);
});

test("an empty file and one of a header alone give no rows and no rejects", async () => {
  const landed = await landAll({
    "a.csv": "",
    "b.csv": "id,name\n",
    "c.csv": "id,name",
    "d.csv": "\ufeff",
    "e.csv": "id,name\n1,a",
  });
  assert.deepEqual(pairs(landed), [[1, "a"]]);
  assert.deepEqual(landed.rejected, []);
  assert.deepEqual(landed.ledger, {
    read: 1,
    written: 1,
    quarantined: 0,
    deduplicated: 0,
    filtered: 0,
  });
});

test("a file of blank lines alone has no header and says so", async () => {
  assert.match(refusal(await landOne("\n\n\n")), /has no header/);
});

test("a line with a million fields is turned away by itself", async () => {
  const landed = await landOne(`id,name\n1,a\n${"x,".repeat(999_999)}x\n2,b\n`);
  assert.deepEqual(pairs(landed), [
    [1, "a"],
    [2, "b"],
  ]);
  assert.deepEqual(
    landed.rejected.map(({ line, raw }) => [line, raw.length]),
    [[3, 1_999_999]],
  );
});

test("texts that are declared to be null are null where they stand without quotes", async () => {
  const landed = await landOne('id,name\n1,NA\n2,"NA"\n3,-\n4,""\n5,\nNA,x\n', {
    nulls: ["NA", "-"],
  });
  assert.deepEqual(pairs(landed), [
    [1, null],
    [2, "NA"],
    [3, null],
    [4, ""],
    [5, null],
  ]);
  assert.deepEqual(said(landed), ["in.csv:7 id|required|is missing"]);
});

test("a file of one column has a record on every line that is not blank", async () => {
  const { rows, rejected } = await land(
    open(),
    { "in.csv": 'n\n1\n\n"2"\n""\nx\n3' },
    { from: csv("in.csv"), columns: { n: integer() } },
  );
  assert.deepEqual(rows, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.deepEqual(
    rejected.map(({ line }) => line),
    [5, 6],
  );
});
