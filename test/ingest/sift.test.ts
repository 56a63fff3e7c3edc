/** The fast lane of large files: the same table, quarantine and ledger as on the long way, whatever the lines hold. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Engine } from "../../src/engine/engine.ts";
import { quotePath } from "../../src/engine/path.ts";
import {
  arrival,
  bigint,
  boolean,
  type Columns,
  csv,
  date,
  decimal,
  defineProject,
  float,
  ingest,
  integer,
  localTimestamp,
  ndjson,
  position,
  sql,
  text,
} from "../../src/index.ts";
import type { IngestOptions } from "../../src/ingest/asset.ts";
import { checkProject } from "../../src/project/load.ts";
import { replay } from "../../src/run/replay.ts";
import type { CsvOptions } from "../../src/source/file-source.ts";
import { type Entry, type Ran, TABLE, useYards, type Yard } from "./harness.ts";

const SEED = Date.now() % 100_000;
/** CSV takes the fast lane from 8 MiB on. */
const CSV_LINES = 9000;
const PAD = "p".repeat(1000);
const JSON_LINES = 9000;

let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;

/** The statements that wrote rows, and how each ended. */
const written: { readonly query: string; readonly code: string | undefined }[] = [];

/** What happens before rows are taken out of lines that passed the sieve. */
let meanwhile: (() => void) | undefined;

/** Tells of each statement of the engine that writes rows. */
function watched(engine: Engine): Engine {
  return {
    ...engine,
    session: async () => watched(await engine.session()),
    write: async (query, options) => {
      if (query.includes("write_log")) meanwhile?.();
      try {
        const files = await engine.write(query, options);
        written.push({ query, code: undefined });
        return files;
      } catch (error) {
        written.push({ query, code: (error as { code: string }).code });
        throw error;
      }
    },
  };
}

const open = useYards(watched);

interface Lanes {
  /** How the statements ended that took rows out of lines that passed the sieve. */
  readonly sifted: readonly (string | undefined)[];
  /** Whether the engine read one of these files as they are. */
  readonly isLong: boolean;
}

interface Loaded extends Ran {
  readonly lanes: Lanes;
  readonly rows: readonly unknown[];
  readonly rejected: readonly Entry[];
}

interface Case<C extends Columns> {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly how: IngestOptions<C>;
}

async function loadInto<C extends Columns>(yard: Yard, { files, how }: Case<C>): Promise<Loaded> {
  for (const [name, content] of Object.entries(files)) yard.write(name, content);
  written.length = 0;
  const ran = await yard.run([ingest(TABLE, how)], { clock: CLOCK });
  assert.deepEqual(ran.error, undefined);
  const read = written.map(
    ({ query }) => /read_(?:csv|ndjson_objects)\(\[([^\]]*)/.exec(query)?.[1],
  );
  const isOf = (name: string): boolean =>
    read.some((paths) => paths?.includes(quotePath(yard.path(name))) === true);
  const sifted = written.filter(({ query }) => query.includes("write_log")).map(({ code }) => code);
  assert.deepEqual(stagingOf(yard), []);
  return {
    ...ran,
    lanes: { sifted, isLong: Object.keys(files).some(isOf) },
    rows: await yard.rows(),
    rejected: await yard.rejected(),
  };
}

const CLOCK = { now: () => new Date("2026-01-02T03:04:05Z"), sleep: async () => {} };

function stagingOf({ folder }: Yard): string[] {
  const of = (name: string): string[] => {
    try {
      return readdirSync(`${folder}/lake/${name}`);
    } catch {
      return [];
    }
  };
  return of(".staging");
}

/** Loads on the fast lane, and once more where all records are asked for, which is the long way; gives what came of the first. */
async function loadBoth<C extends Columns>(
  one: Case<C>,
  { isStaged = false, isFast = true } = {},
): Promise<Loaded> {
  const fast = await loadInto(open(), one);
  const isSifted =
    fast.lanes.sifted.length > 0 && fast.lanes.sifted.every((code) => code === undefined);
  if (isFast) assert.deepEqual([isSifted, fast.lanes.isLong], [true, false]);
  else assert.deepEqual(fast.lanes.isLong || isStaged, true);
  const slow = await loadInto(open(), { ...one, how: { ...one.how, where: sql`true` } });
  assert.deepEqual(slow.lanes.sifted, []);
  assert.deepEqual(fast.ledger, slow.ledger);
  assertSame(fast.rows, slow.rows);
  assertSame(fast.rejected, slow.rejected);
  return fast;
}

/** Row by row: a difference of large lists takes minutes to be shown. */
function assertSame(some: readonly unknown[], others: readonly unknown[]): void {
  for (const [index, one] of some.entries()) assert.deepEqual(one, others[index], `row ${index}`);
  assert.equal(some.length, others.length);
}

const COLUMNS = {
  id: integer(),
  name: text(),
  amount: decimal(9, 2).optional(),
  day: date().optional(),
  at: localTimestamp().optional(),
  flag: boolean().optional(),
  ratio: float().between(-10, 10).optional(),
  big: bigint().optional(),
  note: text().matches("[^!]*").optional(),
};
const NAMES = [...Object.keys(COLUMNS), "pad"];

interface Made {
  readonly lines: readonly string[];
  /** Places of lines that are bad, from 0. */
  readonly bad: readonly number[];
}

/** Lines of CSV, one in ten of which is odd or bad. */
function csvLines(
  count: number,
  delimiter = ",",
  quote = '"',
  isBad = () => random(40) === 0,
): Made {
  const bad: number[] = [];
  const q = (value: string): string => quote + value.replaceAll(quote, quote + quote) + quote;
  const lines = Array.from({ length: count }, (_, index) => {
    const isOdd = random(30) === 0;
    const fields = [
      String(index),
      pick(["plain", "ünïcode 🐎", q(`in ${quote}quotes${quote}${delimiter} too`), q("")]),
      isOdd ? "007" : pick(["", "12.50", "-0.5", "0", "1234567.89"]),
      pick(["", "2024-02-29", "1999-12-31"]),
      isOdd ? "2024-02-29 12:00" : pick(["", "2024-02-29T12:00:00", "2024-02-29 12:00:00.123456"]),
      isOdd ? "True" : pick(["", "true", "false"]),
      pick(["", "1.5", "-2e0", "0.1", "9", "10"]),
      pick(["", "9223372036854775807", "-1", "0"]),
      pick(["", "note", "\ttab", " blanks "]),
      PAD,
    ];
    if (random(30) === 0 && index > 0) return pick(["", ""]);
    if (!isBad()) return fields.join(delimiter);
    bad.push(index);
    const [at, value] = pick([
      [0, "x"],
      [0, "2147483648"],
      [0, ""],
      [1, ""],
      [2, "1.234"],
      [3, "2023-02-29"],
      [4, "2024-01-01T24:00:00"],
      [5, "yes"],
      [6, "11.5"],
      [6, "-1e2"],
      [7, "9223372036854775808"],
      [8, "no!"],
    ] as const);
    const kind = random(16);
    if (kind === 0) return fields.slice(0, 4).join(delimiter);
    if (kind === 1) return [...fields, "more"].join(delimiter);
    if (kind === 2) return fields.with(1, `${quote}a${quote}b`).join(delimiter);
    if (kind === 3) return "same";
    return fields.with(at, value).join(delimiter);
  });
  return { lines, bad };
}

function csvFile(lines: readonly string[], delimiter = ",", lineEnd = "\n"): string {
  return [NAMES.join(delimiter), ...lines, ""].join(lineEnd);
}

const linesOf = ({ rejected }: Loaded): (number | null)[] => rejected.map(({ line }) => line);

test(`good and bad lines of CSV are the same as on the long way (seed ${SEED})`, async () => {
  const { lines, bad } = csvLines(CSV_LINES);
  const loaded = await loadBoth({
    files: { "in.csv": csvFile(lines) },
    how: { from: csv("in.csv"), columns: COLUMNS },
  });
  assert.deepEqual(
    linesOf(loaded),
    bad.map((index) => index + 2),
  );
  assert.ok(loaded.rejected.length > 100);
});

for (const [title, options, change, header] of [
  ["CRLF", {}, (content) => content.replaceAll("\n", "\r\n"), 1],
  ["CRLF and no last line end", {}, (content) => content.trimEnd().replaceAll("\n", "\r\n"), 1],
  ["no last line end", {}, (content) => content.trimEnd(), 1],
  ["blank lines before the header", {}, (content) => `\n\n${content}`, 3],
  ["a byte order mark", {}, (content) => `\ufeff${content}`, 1],
  ["semicolons and single quotes", { delimiter: ";", quote: "'" }, (content) => content, 1],
  ["pipes", { delimiter: "|" }, (content) => content, 1],
  [
    "no header",
    { header: false, names: NAMES },
    (content) => content.slice(content.indexOf("\n") + 1),
    0,
  ],
  [
    "no header and a byte order mark",
    { header: false, names: NAMES },
    (content) => `\ufeff${content.slice(content.indexOf("\n") + 1)}`,
    0,
  ],
  [
    "texts that mean null",
    { nulls: ["plain", "0", "true", "note"] },
    (content) => content,
    undefined,
  ],
  ["numbers that mean null", { nulls: ["9", "100", "15000"] }, (content) => content, undefined],
  ["mixed line ends", {}, (content) => content.replace(/\n/g, () => pick(["\n", "\r\n"])), 1],
] as const satisfies readonly (readonly [
  string,
  CsvOptions,
  (content: string) => string,
  number | undefined,
])[])
  test(`a large file with ${title} is the same as on the long way (seed ${SEED})`, async () => {
    const { delimiter = ",", quote = '"' } = options as CsvOptions;
    const { lines, bad } = csvLines(CSV_LINES, delimiter, quote);
    const isFast = !["numbers that mean null", "no header and a byte order mark"].includes(title);
    const loaded = await loadBoth(
      {
        files: { "in.csv": change(csvFile(lines, delimiter)) },
        how: { from: csv("in.csv", options as CsvOptions), columns: COLUMNS },
      },
      { isFast },
    );
    if (header !== undefined)
      assert.deepEqual(
        linesOf(loaded),
        bad.map((index) => index + header + 1),
      );
  });

test(`gzip, zstd and latin-1 take the fast lane too (seed ${SEED})`, async () => {
  const { lines, bad } = csvLines(CSV_LINES);
  const latin = lines.map((line) => line.replace(" 🐎", ""));
  for (const [content, options] of [
    [gzipSync(csvFile(lines)), {}],
    [zstdCompressSync(csvFile(lines)), {}],
    [Buffer.from(csvFile(latin), "latin1"), { encoding: "latin-1" }],
  ] as const) {
    const loaded = await loadBoth({
      files: { "in.csv": content },
      how: { from: csv("in.csv", options), columns: COLUMNS },
    });
    assert.deepEqual(
      linesOf(loaded),
      bad.map((index) => index + 2),
    );
  }
});

test(`several files are taken together, and columns know the file and the line (seed ${SEED})`, async () => {
  const made = [csvLines(CSV_LINES), csvLines(CSV_LINES), csvLines(CSV_LINES + 1000)];
  const files = Object.fromEntries(
    made.map(({ lines }, index) => [`in${index}.csv`, csvFile(lines)]),
  );
  const columns = {
    ...COLUMNS,
    line: position("line"),
    file: position("file"),
    place: position(),
    came: arrival(),
  };
  const { rows, rejected } = await loadBoth({ files, how: { from: csv("*.csv"), columns } });
  for (const [index, { bad }] of made.entries())
    assert.deepEqual(
      rejected.filter(({ file }) => file === `in${index}.csv`).map(({ line }) => line),
      bad.map((at) => at + 2),
    );
  for (const row of rows as readonly { id: number; line: bigint; file: string; place: string }[])
    assert.deepEqual([Number(row.line), row.place], [row.id + 2, `${row.file}:${row.line}`]);
});

test(`rules, cleaning, formats, partitions and duplicates are as on the long way (seed ${SEED})`, async () => {
  const { lines } = csvLines(CSV_LINES);
  const doubled = [...lines, ...lines.slice(0, 2000)];
  const columns = {
    id: integer().check(
      (id) => sql`case when ${id} <> 7 then 100 // (${id} - 9) is distinct from 1 end`,
      "odd",
    ),
    name: text()
      .clean((name) => sql`nullif(trim(${name}), 'plain')`)
      .notBlank()
      .optional(),
    amount: text()
      .clean((amount) => sql`replace(${amount}, '.', ',')`)
      .optional(),
    day: date({ formats: ["%Y-%m-%d"] }).optional(),
    flag: boolean().optional(),
    ratio: float()
      .check((ratio) => sql`1 / ${ratio} < 1e9`, "must not be nothing")
      .optional(),
    big: bigint().optional(),
  };
  for (const more of [
    { unique: { key: "id" as const } },
    { partitionBy: ["flag" as const, "day" as const] },
    {
      rules: { "big and small": sql`big > 0 or ratio < 9` },
      constraints: { small: sql`id < 8500` },
    },
    { extra: "ignore" as const, redact: ["name"] },
    { extra: "evolve" as const },
    { properties: { "delta.columnMapping.mode": "name" }, partitionBy: ["flag" as const] },
  ])
    await loadBoth({
      files: { "in.csv": csvFile(doubled) },
      how: { from: csv("in.csv"), columns, ...more },
    });
  await loadBoth(
    {
      files: { "in.csv": csvFile(doubled) },
      how: { from: csv("in.csv"), columns, extra: "keep" },
    },
    { isFast: false },
  );
});

/** Lines of JSON, one in ten of which is odd or bad. */
function jsonLines(count: number): Made {
  const bad: number[] = [];
  const lines = Array.from({ length: count }, (_, index) => {
    const record: Record<string, string> = {
      id: String(index),
      name: pick([
        '"plain"',
        '"ünïcode 🐎"',
        '"\\"quotes\\" \\\\ and \\ud83d\\udc0e"',
        '""',
        "12",
        "true",
      ]),
      amount: pick(["null", "12.50", "-0.5", '"0.25"', "1234567.89"]),
      day: pick(["null", '"2024-02-29"', '"1999-12-31"']),
      at: pick(["null", '"2024-02-29T12:00:00"', '"2024-02-29 12:00:00.123456"']),
      flag: pick(["null", "true", '"false"']),
      ratio: pick(["null", "1.5", "-2e0", '"0.1"', "9"]),
      big: pick(["null", "9223372036854775807", '"-1"', "0"]),
      note: pick(["null", '"note"', '"a\\nb"']),
    };
    const odd = random(30);
    if (odd === 0) return pick(["", " ", "\r"]);
    if (odd === 1) record.name = pick(["1.10", "-0", "1e3", "12345678901234567890123"]);
    if (odd === 2) record.ratio = pick(["-0", "-0.0", "1E0"]);
    if (odd === 3) record.other = pick(["1", '{"a":[1]}', '"x"', '"\\u0041"']);
    if (odd === 4) record.flag = '"True"';
    const kind = random(400) < 10 ? random(10) : 10;
    if (kind < 10) bad.push(index);
    if (kind === 0)
      return pick([
        "nonsense",
        "\u0001",
        "a\u0001\u0001,\u0001",
        `{"id":${index},"name":"\u0001"}`,
      ]);
    if (kind === 1) return "[1]";
    if (kind === 2) return `{"id":${index},"na`;
    if (kind === 3) record.id = '"x"';
    if (kind === 4) delete record.name;
    if (kind === 5) record.name = '{"a":1}';
    if (kind === 6) record.ratio = "11";
    if (kind === 7) record.note = '"no!"';
    if (kind === 8) record.day = '"2023-02-29"';
    if (kind === 9) record.id = "null";
    const members = Object.entries(record).map(([name, value]) => `"${name}":${value}`);
    return `{${members.join(",")}}${odd === 5 ? " " : ""}`;
  });
  return { lines, bad };
}

const PAD_FIELD = `"pad":"${PAD.slice(0, 100)}",`;
const jsonFileOf = (lines: readonly string[]): string =>
  `${lines.map((line) => line.replace('{"id"', `{${PAD_FIELD}"id"`)).join("\n")}\n`;

for (const extra of ["ignore", "keep", "reject", "evolve"] as const)
  test(`lines of JSON are the same as on the long way, where unknown fields are to ${extra} (seed ${SEED})`, async () => {
    const { lines, bad } = jsonLines(JSON_LINES);
    const columns =
      extra === "reject" || extra === "keep" ? { ...COLUMNS, pad: text().optional() } : COLUMNS;
    const loaded = await loadBoth({
      files: { "in.ndjson": jsonFileOf(lines) },
      how: { from: ndjson("in.ndjson"), columns, extra },
    });
    if (extra !== "reject")
      assert.deepEqual(
        linesOf(loaded),
        bad.map((index) => index + 1),
      );
  });

test(`lines of JSON with CRLF, a byte order mark, no last line end, or in several files are the same (seed ${SEED})`, async () => {
  const { lines } = jsonLines(JSON_LINES);
  const content = jsonFileOf(lines);
  const half = Math.floor(lines.length / 2);
  const columns = { ...COLUMNS, line: position("line"), place: position() };
  for (const files of [
    { "in.ndjson": content.replaceAll(/\r?\n/g, "\r\n") },
    { "in.ndjson": `\ufeff${content.trimEnd()}` },
    { "a.ndjson": jsonFileOf(lines.slice(0, half)), "b.ndjson": jsonFileOf(lines.slice(half)) },
  ])
    await loadBoth({ files, how: { from: ndjson("*.ndjson"), columns } });
});

test(`rows go into a table by merging and by overwriting as on the long way (seed ${SEED})`, async () => {
  const { lines } = csvLines(CSV_LINES);
  const { lines: others } = csvLines(CSV_LINES / 4);
  const files = { "in.csv": csvFile([...lines, ...others]) };
  for (const write of [{ merge: "id" as const, newest: "at" as const }, "overwrite" as const])
    await loadBoth({ files, how: { from: csv("in.csv"), columns: COLUMNS, write } });
});

/** CSV of lines that surely pass, but for what `change` makes of some fields. */
function plainCsv(count: number, change: (fields: string[], index: number) => string): string {
  const lines = Array.from({ length: count }, (_, index) =>
    change(
      [String(index), "name", "1.50", "2024-02-29", "", "true", "1.5", "", "note", PAD],
      index,
    ),
  );
  return csvFile(lines);
}

const join = (fields: readonly string[]): string => fields.join(",");
const from = csv("in.csv");

test("where all lines are good none is looked at twice, and where all are bad each is turned away once", async () => {
  const good = await loadBoth({
    files: { "in.csv": plainCsv(CSV_LINES, join) },
    how: { from, columns: COLUMNS },
  });
  assert.deepEqual([good.rows.length, good.rejected.length], [CSV_LINES, 0]);
  const bad = await loadInto(open(), {
    files: { "in.csv": plainCsv(CSV_LINES, (fields) => join(fields.with(0, "x"))) },
    how: { from, columns: COLUMNS },
  });
  assert.deepEqual([bad.rows.length, bad.rejected.length], [0, CSV_LINES]);
});

test("where too many lines do not pass, the long way is taken, and nothing is there twice", async () => {
  const content = plainCsv(12_000, (fields, index) =>
    join(index % 3 === 0 ? fields.with(2, "007") : fields),
  );
  const { lanes, rows } = await loadInto(open(), {
    files: { "in.csv": content },
    how: { from, columns: COLUMNS },
  });
  assert.deepEqual(lanes, { sifted: ["engine/sql"], isLong: true });
  assert.equal(rows.length, 12_000);
});

test("where half of the rows break a rule they go the long way, and nothing is there twice", async () => {
  const content = plainCsv(24_000, join).replaceAll(PAD, PAD.slice(0, 400));
  const { lanes, rows, rejected } = await loadInto(open(), {
    files: { "in.csv": content },
    how: { from, columns: COLUMNS, rules: { even: sql`id % 2 = 0` } },
  });
  assert.deepEqual(lanes, { sifted: [undefined], isLong: false });
  assert.deepEqual([rows.length, rejected.length], [12_000, 12_000]);
});

test("a rule that fails is told as on the long way, and leaves nothing", async () => {
  const yard = open();
  yard.write("in.csv", plainCsv(CSV_LINES, join));
  const rules = { number: sql`cast(name as integer) > 0` };
  const { error } = await yard.run([ingest(TABLE, { from, columns: COLUMNS, rules })]);
  assert.equal(error?.code, "engine/sql");
  assert.deepEqual(stagingOf(yard), []);
});

test("lines that only the reader can turn away are turned away", async () => {
  const wide = [...Array(3000).keys()].map(() => "surplus!").join(",");
  const columns = { id: integer(), ratio: float().optional() };
  const long = await loadBoth(
    {
      files: {
        "in.csv": plainCsv(CSV_LINES, (fields, index) =>
          index === 4000 ? `${join(fields)},${wide}` : join(index === 5000 ? ["x"] : fields),
        ),
      },
      how: { from, columns },
    },
    { isFast: false, isStaged: true },
  );
  assert.deepEqual(linesOf(long), [4002, 5002]);
  const bytes = Buffer.from(plainCsv(CSV_LINES, join));
  bytes[bytes.indexOf("note", 5_000_000)] = 0xff;
  const { rejected } = await loadBoth(
    { files: { "in.csv": bytes }, how: { from, columns } },
    { isFast: false },
  );
  assert.equal(rejected.length, 1);
  const lines = Buffer.from(
    jsonFileOf(Array.from({ length: JSON_LINES }, (_, index) => `{"id":${index},"x":"ü"}`)),
  );
  lines[lines.indexOf("ü", 500_000)] = 0xff;
  const json = await loadBoth(
    { files: { "in.ndjson": lines }, how: { from: ndjson("in.ndjson"), columns } },
    { isFast: false },
  );
  assert.equal(json.rejected.length, 1);
});

test("a file that is cut or replaced while it is sifted is read once, as it is then", async () => {
  const content = plainCsv(CSV_LINES, (fields, index) =>
    join(index % 100 === 0 ? fields.with(6, "99") : fields),
  );
  for (const [now, count] of [
    [content.slice(0, content.indexOf("\n5000,") + 1), 5000],
    [content.replaceAll("name", "NAME").replaceAll(",99,", ",0.5,"), CSV_LINES],
  ] as const) {
    const yard = open();
    meanwhile = () => {
      meanwhile = undefined;
      yard.write("in.csv", now);
    };
    const { rows, rejected, lanes } = await loadInto(yard, {
      files: { "in.csv": content },
      how: { from, columns: COLUMNS },
    });
    assert.equal(lanes.isLong, true);
    assert.equal(rows.length + rejected.length, count);
    const names = new Set((rows as readonly { name: string }[]).map(({ name }) => name));
    assert.equal(names.size, 1);
  }
});

test("what the fast lane turned away is mended by a replay, and keeps no secret", async () => {
  const content = plainCsv(CSV_LINES, (fields, index) =>
    join(
      index % 500 === 0 ? fields.with(6, "99") : index % 500 === 1 ? fields.slice(0, 3) : fields,
    ),
  );
  const yard = open();
  const how = { from, columns: COLUMNS, redact: ["name"] };
  const { lanes, rejected } = await loadInto(yard, { files: { "in.csv": content }, how });
  assert.equal(lanes.isLong, false);
  assert.equal(rejected.length, 36);
  for (const { raw } of rejected) assert.ok(!raw.includes('"name":"name"'), raw);
  const columns = { ...COLUMNS, ratio: float().optional() };
  const assets = [ingest(TABLE, { ...how, columns })];
  const place = { folder: yard.folder, params: {}, lake: undefined, environment: {} };
  const project = checkProject(defineProject({ name: "yard", assets }), place);
  const { signal } = new AbortController();
  const workspace = { lake: yard.lake, close: async () => {} };
  await replay(project, workspace, { table: TABLE, dryRun: false, signal });
  const forms = (await yard.rejected()).map(({ form }) => form);
  assert.ok(forms.filter((form) => form === "line").length === 18, forms.join());
});

test("records of JSON may have as many columns as a sieve has bits, and more", async () => {
  for (const count of [64, 65]) {
    const names = Array.from({ length: count }, (_, index) => `column number ${index}`);
    const lines = Array.from({ length: 1500 }, (_, row) => {
      const members = names.map((name, index) => `${JSON.stringify(name)}:${row + index}`);
      return `{${members.join(",")}}`;
    });
    const columns = Object.fromEntries(names.map((name) => [name, integer()]));
    lines[700] = `{${'"column number 0":1'}}`;
    const { rows, rejected } = await loadBoth(
      {
        files: { "in.ndjson": `${lines.join("\n")}\n` },
        how: { from: ndjson("*.ndjson"), columns },
      },
      { isFast: count <= 64 },
    );
    assert.equal(rows.length, 1499);
    assert.deepEqual(
      rejected.map(({ line }) => line),
      [701],
    );
  }
});

test("files of CSV may have as many columns as a chunk has room for, and more", async () => {
  for (const count of [512, 513]) {
    const names = Array.from({ length: count }, (_, index) => `c${index}`);
    const lines = Array.from({ length: 450 }, (_, row) =>
      names.map((_name, index) => `${row}-${index}-${PAD.slice(0, 35)}`).join(","),
    );
    lines[7] = "too few";
    const columns = { c0: text(), c510: text().optional(), missing: integer().optional() };
    const { rows, rejected } = await loadBoth(
      {
        files: { "in.csv": `${names.join(",")}\n${lines.join("\n")}\n` },
        how: { from: csv("*.csv"), columns },
      },
      { isFast: count <= 512 },
    );
    assert.deepEqual([rows.length, rejected.length], [449, 1]);
  }
});

test("a run that is stopped while it sifts takes no other way, and leaves nothing", async () => {
  const yard = open();
  yard.write("in.csv", plainCsv(CSV_LINES, join));
  const stop = new AbortController();
  meanwhile = () => {
    meanwhile = undefined;
    stop.abort(new Error("enough"));
  };
  written.length = 0;
  const door = ingest(TABLE, { from, columns: COLUMNS });
  const { state } = await yard.run([door], { signal: stop.signal });
  assert.notEqual(state, "done");
  const read = written.filter(({ query }) => /write_log|read_csv/.test(query));
  assert.equal(read.length, 1);
  assert.deepEqual([stagingOf(yard), await yard.lake.find(TABLE)], [[], undefined]);
  assert.equal((await yard.run([door])).ledger.written, CSV_LINES);
});
