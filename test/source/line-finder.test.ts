/** Line numbers of records, held against a slow and obvious way of counting. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { CsvDialect } from "../../src/source/csv-record.ts";
import { findLines, type LineDialect } from "../../src/source/line-finder.ts";

let folder = "";
const CSV = { format: "csv", delimiter: ",", quote: '"', header: true } as const;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lines-"));
});
after(() => rm(folder, { recursive: true }));

async function find(
  text: string | Buffer,
  wanted: readonly (readonly (string | null)[])[],
  dialect: Partial<Extract<LineDialect, CsvDialect>> = {},
  isPlain = false,
): Promise<(number | undefined)[]> {
  const path = join(folder, "file.csv");
  await writeFile(path, text);
  return findLines(path, wanted, { dialect: { ...CSV, ...dialect, format: "csv" }, isPlain });
}

test("a record has the line on which it begins, line breaks in quotes and blank lines counted", async () => {
  const text = 'a,b\n1,"x\ny"\n\n2,"say ""hi"""\n"",\n,\n5" pipe,6" pipe\nlast,one';
  const wanted = [
    ["last", "one"],
    ["1", "x\ny"],
    ['5" pipe', '6" pipe'],
    ["", null],
    [null, null],
    ["2", 'say "hi"'],
  ];
  assert.deepEqual(await find(text, wanted), [9, 2, 8, 6, 7, 5]);
});

test("a byte order mark, CRLF and bare CR change no number", async () => {
  const text = '\ufeffa,b\n1,"x\ny"\n2,z\n';
  const wanted = [
    ["2", "z"],
    ["1", "x\ny"],
  ];
  assert.deepEqual(await find(text, wanted), [4, 2]);
  const crlf = wanted.map((row) => row.map((field) => field.replace("\n", "\r\n")));
  assert.deepEqual(await find(text.replaceAll("\n", "\r\n"), crlf), [4, 2]);
  const cr = wanted.map((row) => row.map((field) => field.replace("\n", "\r")));
  assert.deepEqual(await find(text.replaceAll("\n", "\r"), cr, { endsInCr: true }), [4, 2]);
});

test("records that are alike get a line each, and one more than there are gets none", async () => {
  const wanted = [["x"], ["y"], ["x"], ["x"]];
  assert.deepEqual(await find("h\nx\nz\nx\n", wanted), [2, undefined, 4, undefined]);
});

test("the header is no record unless the file has none", async () => {
  assert.deepEqual(await find("a,b\na,b\n", [["a", "b"]]), [2]);
  assert.deepEqual(await find("a,b\na,b\n", [["a", "b"]], { header: false }), [1]);
});

test("a record that looks like another when joined is not taken for it", async () => {
  const text = 'h\na,b,c\n"a,b",c\n"",x\n,x\n';
  const wanted = [
    ["a,b", "c"],
    ["a", "b", "c"],
    [null, "x"],
    ["", "x"],
  ];
  assert.deepEqual(await find(text, wanted), [3, 2, 5, 4]);
});

test("texts that mean null are found where null was decoded, and in quotes they are texts", async () => {
  const text = 'h,i\n1,NA\n2,"NA"\n3,\n-,"a,b"\n';
  const wanted = [
    ["3", null],
    ["2", "NA"],
    ["1", null],
    [null, "a,b"],
  ];
  assert.deepEqual(await find(text, wanted, { nulls: ["NA", "-"] }), [4, 3, 2, 5]);
});

test("lines of JSON are found whatever blanks stand around them", async () => {
  const path = join(folder, "file.ndjson");
  await writeFile(path, '\n{"a":1}\n  {"a":"\\"2\\""}  \r\n\n{"a":3}\n');
  const wanted = ['{"a":3}', '{"a":"\\"2\\""}', ' {"a":1}'];
  assert.deepEqual(await findLines(path, wanted, { dialect: { format: "ndjson" } }), [5, 3, 2]);
});

test("compressed files are searched as what they hold", async () => {
  for (const [compression, bytes] of [
    ["gzip", gzipSync("a\nb\nc\n")],
    ["zstd", zstdCompressSync("a\nb\nc\n")],
  ] as const) {
    const path = join(folder, "file.packed");
    await writeFile(path, bytes);
    assert.deepEqual(await findLines(path, [["c"]], { dialect: CSV, compression }), [3]);
  }
});

test("a line of twenty million bytes is walked over and an open quote ends the search", async () => {
  const long = Buffer.alloc(20e6, "x");
  const text = Buffer.concat([Buffer.from("h\n1\n"), long, Buffer.from("\n2\n")]);
  assert.deepEqual(await find(text, [["2"], ["1"]]), [4, 2]);
  const open = Buffer.concat([Buffer.from('h\n1\n"'), long, Buffer.from("\n2\n")]);
  assert.deepEqual(await find(open, [["2"], ["1"]]), [undefined, 2]);
});

test("random files give the same lines as a reader that goes byte by byte", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    const isPlain = seed % 2 === 0;
    const lineEnd = pick(["\n", "\r\n"]);
    const size = pick([1, 40, 400, 9000]);
    let text = `${pick(["", "\ufeff"])}h,i${lineEnd}`;
    const wanted: (string | null)[][] = [];
    const expected: number[] = [];
    let line = 2;
    for (let row = 0; row < size; row++) {
      if (random() < 0.05) {
        text += lineEnd;
        line += 1;
      }
      const fields = Array.from({ length: 3 }, () => {
        const field = randomField(pick, random, lineEnd);
        return isPlain ? (field?.replaceAll(/[\r\n]/g, "_") ?? null) : field;
      });
      const rendered = fields.map((field) => renderField(field, random)).join(",");
      text += rendered;
      text += row === size - 1 && random() < 0.5 ? "" : lineEnd;
      if (random() < 0.3 && fields.some((field) => field !== null)) {
        wanted.push(fields);
        expected.push(line);
      }
      line += rendered.split("\n").length;
    }
    const found = await find(text, wanted, {}, isPlain);
    const byKey = (lines: readonly (number | undefined)[]) => {
      const groups = new Map<string, (number | undefined)[]>();
      wanted.forEach((row, at) => {
        const key = JSON.stringify(row);
        groups.set(key, [...(groups.get(key) ?? []), lines[at]]);
      });
      return groups;
    };
    // Records alike may be given each other's lines, and those of an unwanted one.
    const all = naiveLines(text, lineEnd);
    for (const [key, lines] of byKey(found)) {
      const possible = all.get(key) ?? [];
      assert.equal(new Set(lines).size, lines.length, `seed ${seed}: ${key}`);
      assert.ok(
        lines.every((line) => line !== undefined && possible.includes(line)),
        `seed ${seed}: ${key} ${lines}`,
      );
    }
    for (const [at, line] of expected.entries()) {
      assert.ok(
        all.get(JSON.stringify(wanted[at]))?.includes(line),
        `seed ${seed}: the naive reader is wrong`,
      );
    }
  }
});

function randomField(
  pick: <T>(of: readonly T[]) => T,
  random: () => number,
  lineEnd: string,
): string | null {
  const kind = random();
  if (kind < 0.15) return null;
  if (kind < 0.2) return "";
  if (kind < 0.3) return `x${lineEnd}y${pick([",", '"', "é"])}`;
  if (kind < 0.4) return pick(['say "hi"', '"', 'a""b', "a,b", ",", "'"]);
  if (kind < 0.7) return pick(["a", "b", "Zürich", "東京"]);
  return `${Math.floor(random() * 1e6)} and a longer text so that lines differ in length`;
}

function renderField(field: string | null, random: () => number): string {
  if (field === null) return "";
  const needsQuotes = field === "" || /[",\r\n]/.test(field);
  const mayStayBare = /^[^",\r\n]+"[^,\r\n]*$/.test(field) && random() < 0.5;
  if (mayStayBare || (!needsQuotes && random() < 0.8)) return field;
  return `"${field.replaceAll('"', '""')}"`;
}

/** All records of the file with all their lines, one character after another. */
function naiveLines(text: string, lineEnd: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  let fields: (string | null)[] = [];
  let field = "";
  let [isQuoted, isOpen, line, begun] = [false, false, 1, 1];
  const endField = () => {
    fields.push(field === "" && !isQuoted ? null : field);
    field = "";
    isQuoted = false;
  };
  const endRecord = () => {
    endField();
    const key = JSON.stringify(fields);
    found.set(key, [...(found.get(key) ?? []), begun]);
    fields = [];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\n") line += 1;
    if (isOpen && character === '"' && text[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (isOpen) {
      if (character === '"') isOpen = false;
      else field += character;
    } else if (character === '"' && field === "" && !isQuoted) {
      isQuoted = true;
      isOpen = true;
    } else if (character === ",") endField();
    else if (text.startsWith(lineEnd, at)) {
      at += lineEnd.length - 1;
      if (lineEnd === "\r\n") line += 1;
      endRecord();
      begun = line;
    } else field += character;
  }
  if (field !== "" || fields.length > 0 || isQuoted) endRecord();
  return found;
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test("lines of a plain file are found across its pieces, the last one without a line end, and long ones too", async () => {
  const long = "y".repeat(5 * 2 ** 20);
  const lines = Array.from(
    { length: 60_000 },
    (_, row) => `${row},"q""${row % 7}",${"z".repeat(row % 90)}`,
  );
  const wanted = [0, 1, 777, 31_000, 59_999].map((row) => [
    String(row),
    `q"${row % 7}`,
    row % 90 === 0 ? null : "z".repeat(row % 90),
  ]);
  const text = `\ufeff\n\nh,i,j\n${lines.join("\n")}`;
  const expected = [0, 1, 777, 31_000, 59_999].map((row) => row + 4);
  assert.deepEqual(await find(text, wanted, {}, true), expected);
  assert.deepEqual(await find(text.replaceAll("\n", "\r\n"), wanted, {}, true), expected);
  const withLong = `${text}\n1,${long},2\n3,4,5\n`;
  assert.deepEqual(await find(withLong, [...wanted, ["3", "4", "5"]], {}, true), [
    ...expected,
    60_005,
  ]);
});

test("lines of JSON are found in a plain file with blanks around them", async () => {
  const path = join(folder, "plain.ndjson");
  await writeFile(path, '{"a":1}\n\n {"a":2} \r\n{"a":1}\n{"a":"\u00e9"}');
  const wanted = ['{"a":2}', '{"a":1}', '{"a":"\u00e9"}', '{"a":1}', '{"a":1}'];
  const found = await findLines(path, wanted, { dialect: { format: "ndjson" }, isPlain: true });
  assert.deepEqual(found, [3, 1, 5, 4, undefined]);
});
