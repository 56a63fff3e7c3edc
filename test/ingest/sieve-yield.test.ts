/** What the reader makes of lines that passed the sieve, against what the contract makes of their texts: lines made at random, near the borders of every type. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import {
  bigint,
  boolean,
  type Columns,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  localTimestamp,
  ndjson,
  sql,
  text,
  timestamp,
  uuid,
} from "../../src/index.ts";
import { type Contract, compileContract } from "../../src/ingest/contract.ts";
import { csvRecords } from "../../src/ingest/csv-records.ts";
import { ndjsonRecords } from "../../src/ingest/json-records.ts";
import { openPassedRows } from "../../src/ingest/passed-rows.ts";
import type { InputFile, Records } from "../../src/ingest/records.ts";
import type { CsvOptions } from "../../src/source/file-source.ts";
import { inspectFile } from "../../src/source/inspect.ts";
import { openSifting, type Sifting } from "../../src/source/sieve/sift-parts.ts";
import { quoteName } from "../../src/sql/quote.ts";

const SEED = Date.now() % 100_000;
const LINES = 9000;
/** What the first line holds as its number; beyond all that means null. */
const FIRST = 20_000_000;

let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
const digits = (count: number): string =>
  Array.from({ length: count }, () => String(random(10))).join("");
const sign = (): string => (random(3) === 0 ? "-" : "");

let engine: Engine;
let folder: string;
before(async () => {
  engine = await createDuckDB({ memoryLimit: "1GB", threads: 2 });
  folder = mkdtempSync(join(tmpdir(), "millrace-yield-"));
});
after(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Values that are right or nearly so. */
const VALUES: Readonly<Record<string, () => string>> = {
  whole: () =>
    pick([
      () => `${sign()}${digits(1 + random(20))}`,
      () => `${sign()}${random(10) + 1}${digits(random(9))}`,
      () =>
        `${sign()}${2n ** BigInt(pick([31, 32, 53, 63, 64])) + BigInt(random(5)) - 2n}${pick(["", "", "", ".0"])}`,
      () => pick(["0", "-0", "00", "-", "+1", "7.", "1e2", " 1", "1 ", "1_0", "0x1F", "", "12,5"]),
    ])(),
  decimal: () =>
    pick([
      () => `${sign()}${random(1000)}.${digits(1 + random(4))}`,
      () => `${sign()}${digits(1 + random(12))}.${digits(1 + random(3))}`,
      () => `${sign()}${1 + random(9)}${digits(random(38))}`,
      () => `${sign()}9${"9".repeat(random(36))}.${"9".repeat(1 + random(3))}`,
      () => pick(["0", "-0", "-0.00", ".5", "5.", "0.5", "00.5", "1e3", "1.0e0", "-.5", ""]),
    ])(),
  float: () =>
    pick([
      () => `${sign()}${random(1000)}.${digits(1 + random(20))}`,
      () => `${sign()}${digits(1 + random(25))}`,
      () =>
        `${sign()}${random(10)}.${digits(1 + random(17))}${pick(["e", "E"])}${pick(["", "+", "-"])}${digits(1 + random(3))}`,
      () =>
        `${sign()}${random(1000)}${pick(["e", "E"])}${pick(["", "+", "-"])}${digits(1 + random(2))}`,
      () =>
        pick([
          "0",
          "-0",
          "-0.0",
          "0e0",
          "-0e5",
          "1e5",
          "1e309",
          "4.9e-324",
          "9007199254740993",
          "18446744073709551616",
          "nan",
          "inf",
          "1e",
          "0.1",
          "0.30000000000000004",
          "1.7976931348623157e308",
          "9".repeat(64),
          "",
        ]),
    ])(),
  boolean: () =>
    pick([
      "true",
      "false",
      "true",
      "false",
      "True",
      "FALSE",
      "t",
      "1",
      "0",
      "yes",
      "truf",
      "falsy",
      "",
    ]),
  date: () =>
    pick([
      () =>
        `${1000 + random(9000)}-${String(1 + random(12)).padStart(2, "0")}-${String(1 + random(31)).padStart(2, "0")}`,
      () => `${pick([1600, 1900, 2000, 2023, 2024, 2100])}-02-${28 + random(3)}`,
      () =>
        pick([
          "1582-10-10",
          "0999-01-01",
          "2024-13-01",
          "2024-00-10",
          "2024-01-00",
          "2024-1-01",
          "2024/01/01",
          "2024-01-011",
          "24-01-01",
          "",
        ]),
    ])(),
  time: () => {
    const day = VALUES.date?.() ?? "";
    const two = (below: number): string => String(random(below)).padStart(2, "0");
    const clock = pick([
      () => `${two(24)}:${two(60)}:${two(60)}`,
      () => `${two(25)}:${two(61)}:${two(61)}`,
      () => pick(["24:00:00", "23:59:60", "00:00:00", "12:30", "1:02:03"]),
    ])();
    const fraction = pick(["", "", `.${digits(3)}`, `.${digits(6)}`, `.${digits(1 + random(9))}`]);
    return `${day}${pick(["T", "T", " ", "t", "  "])}${clock}${fraction}${pick(["", "", "", "Z", "+01"])}`;
  },
  instant: () => `${VALUES.time?.()}${pick(["Z", "+02:00", ""])}`,
  uuid: () => pick(["00000000-0000-4000-8000-00000000000A", "{}", "x"]),
  text: () =>
    Array.from({ length: random(8) }, () =>
      pick([
        "a",
        "é",
        "🐎",
        " ",
        "'",
        "\t",
        "1",
        "-",
        ";",
        "|",
        "NA",
        "\\",
        "/",
        "\ufeff",
        "{",
        "[",
        "0123456789abcdef",
        "null",
      ]),
    ).join(""),
};

/** Of two columns, one of which is cleaned: what the sieve holds of the one it does not hold of the other. */
const NAME = text().matches("[a-z]*|é*").optional();

const COLUMNS = {
  a: integer().between(-40_000, 2_000_000_000).optional(),
  b: bigint().optional(),
  c: decimal(9, 2).between("-500.5", "9999999").optional(),
  d: decimal(38, 10).between("-99999999999999999999", "99999999999999999999").optional(),
  e: decimal(5, 0).optional(),
  f: float().between(-300, 1e30).optional(),
  g: boolean().optional(),
  h: date().between("1500-01-01", "2024-02-29").optional(),
  i: localTimestamp().between("1500-01-01", "2024-02-29T12:00:00").optional(),
  j: text().matches("x?[^a\\s]*|null.*|.{3,5}").optional(),
  k: integer().oneOf([12, -7, 0]),
  l: text().notBlank(),
  m: timestamp().optional(),
  n: uuid().optional(),
  o: text().oneOf(["x", "é", "🐎a", "NA"]).optional(),
  p: NAME,
  q: NAME.clean((value) => sql`replace(${value}, '1', '2')`),
  "odd näme": float().optional(),
  "a name of more than sixteen bytes": bigint().between(-5n, 5_000_000_000n).optional(),
};
const KIND_OF: Readonly<Record<string, string>> = {
  a: "whole",
  b: "whole",
  c: "decimal",
  d: "decimal",
  e: "whole",
  f: "float",
  g: "boolean",
  h: "date",
  i: "time",
  j: "text",
  k: "whole",
  l: "text",
  m: "instant",
  n: "uuid",
  o: "text",
  p: "text",
  q: "text",
  "odd näme": "float",
  "a name of more than sixteen bytes": "whole",
};
/** What surely passes, so that one odd value alone decides about a line. */
const PLAIN: Readonly<Record<string, string>> = {
  whole: "12",
  decimal: "1.5",
  float: "2.25",
  boolean: "true",
  date: "2024-02-29",
  time: "2024-02-29T12:00:00",
  text: "x",
  instant: "2024-02-29T12:00:00Z",
  uuid: "00000000-0000-4000-8000-00000000000a",
};
const NAMES = Object.keys(COLUMNS);

function valuesOfLine(): string[] {
  const odd = new Set(Array.from({ length: random(3) }, () => random(NAMES.length)));
  return NAMES.map((name, index) => {
    const kind = KIND_OF[name] ?? "";
    return (odd.has(index) ? VALUES[kind]?.() : PLAIN[kind]) ?? "";
  });
}

function contractOf(
  columns: Columns,
  from = ndjson("x"),
  extra: "ignore" | "reject" = "ignore",
): Contract {
  const { definition } = ingest("bronze.t", { from, columns, extra });
  return compileContract({
    definition,
    resolver: { table: ({ name }) => name, param: () => "" },
    arrival: new Date(0),
    refuseNul: false,
  });
}

async function inputOf(path: string, format: "csv" | "ndjson"): Promise<InputFile> {
  const inspection = await inspectFile(path, { format });
  const { sizeBytes, modifiedMs } = inspection;
  return {
    found: { path, name: "in", sizeBytes, modifiedMs } as InputFile["found"],
    inspection,
    readPath: path,
  };
}

/** Sifts the file, and holds each line that passed against the same line on the long way; gives how many passed, and were good. */
async function compare(
  path: string,
  {
    records,
    contract,
    extra,
    firstLine,
  }: { records: Records; contract: Contract; extra: "ignore" | "reject"; firstLine: number },
): Promise<{ passed: number; good: number }> {
  const { sieve } = records;
  const sifted = contract.sifted();
  assert.ok(sieve !== undefined && sifted !== undefined);
  const through = sieve.through(sifted.demands, extra);
  assert.ok(through !== undefined);
  const into = (kind: string): string => join(folder, kind);
  const paths = {
    held: into("held"),
    broken: into("broken"),
    odd: into("odd"),
  };
  const range = { path, from: 0, to: Number.MAX_SAFE_INTEGER, isLineStart: true };
  const sift = (): Sifting =>
    openSifting([{ ...range, ...through, numbersAfter: 0, paths }], { threads: 1, bytes: 1 });
  let sifting = sift();
  const passed = openPassedRows(engine, through, {
    next: (thread) => sifting.next(thread),
    fraction: () => 0,
  });
  try {
    const positions = { file: "'f'", line: `"~n"`, place: "''" };
    const columns = contract.read.map(({ name }) => quoteName(name));
    // A double is compared by its bits, so that -0 is not 0.
    const texts = columns.map((one) => `coalesce(${one}::varchar, '~null')`);
    const list = `[${texts.join(", ")}] as row`;
    const key = quoteName(contract.read[0]?.name ?? "");
    const layer = { relation: passed.relation, ...positions };
    const [all] = await engine.rows(
      `select count(*)::integer as count from (${sifted.judge(layer, "true")})`,
    );
    const [part] = await sifting.parts();
    assert.deepEqual([part?.isUnfit, part?.passed], [false, all?.count]);
    for (const one of Object.values(paths)) rmSync(one);
    sifting = sift();
    const good = await engine.rows(
      `select ${key} as id, "~n" as line, true as good, ${list} from (${sifted.judge(layer, "false")}) order by 1`,
    );
    const slow = await engine.rows(
      `select ${key} as id, "~class" = 0 as good, ${list} from (${contract.judge(records.raw)}) where "~class" = 0 order by 1`,
    );
    const byId = new Map(slow.map((row) => [row.id, row]));
    for (const { line, ...row } of good) {
      assert.deepEqual(row, byId.get(row.id), `the line ${line}`);
      assert.equal(Number(line), Number(row.id) - FIRST + firstLine);
    }
    return { passed: part?.passed ?? 0, good: good.length };
  } finally {
    passed.close();
    for (const one of Object.values(paths)) rmSync(one);
  }
}

function csvField(value: string, quote: string): string {
  const isOdd = value.includes(quote) || /[,;|\n]/.test(value);
  if (!isOdd && random(5) > 0) return value;
  return quote + value.replaceAll(quote, quote + quote) + quote;
}

for (const [name, options, lineEnd] of [
  ["commas", {}, "\n"],
  [
    "semicolons, other quotes and texts that mean null",
    { delimiter: ";", quote: "'", nulls: ["NA", "0", "-7", "9.5", "x"] },
    "\n",
  ],
  ["tabs and CRLF", { delimiter: "\t" }, "\r\n"],
  ["pipes", { delimiter: "|" }, "\n"],
] as const satisfies readonly (readonly [string, CsvOptions, string])[]) {
  test(`a line of CSV with ${name} that passes is the row that its texts make (seed ${SEED})`, async () => {
    const columns = { id: bigint(), ...COLUMNS };
    const contract = contractOf(columns, csv("x") as never);
    const names = ["id", ...NAMES];
    const { delimiter = ",", quote = '"' } = options as CsvOptions;
    const lines = Array.from({ length: LINES }, (_, index) =>
      [
        String(index + FIRST),
        ...valuesOfLine()
          .map((value) => value.replaceAll(delimiter === "\t" ? "\t" : "\n", ""))
          .map((value) =>
            value.includes(delimiter)
              ? quote + value.replaceAll(quote, quote + quote) + quote
              : csvField(value, quote),
          ),
      ].join(delimiter),
    );
    const path = join(folder, "in.csv");
    writeFileSync(path, [names.join(delimiter), ...lines, ""].join(lineEnd));
    const shape = {
      names,
      headerLine: 1,
      inParts: true,
      isPlain: true,
      mostLineBytes: 2 ** 21,
      options,
    };
    const records = csvRecords({
      engine,
      files: [await inputOf(path, "csv")],
      shape,
      read: contract.read,
    });
    // The header alone has no number.
    const { good } = await compare(path, { records, contract, extra: "ignore", firstLine: 2 });
    assert.ok(good > LINES / 20, `${good}`);
    await records.forget?.();
  });
}

const escaped = (value: string): string => {
  const plain = JSON.stringify(value);
  if (random(6) > 0) return plain;
  return plain.replace(/[^"\\]/u, (one) =>
    [...Array(one.length).keys()]
      .map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
};

function jsonLine(id: number): string {
  const values = valuesOfLine();
  const isUnquoted = (value: string, kind: string): boolean =>
    /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$|^(true|false)$/.test(value) &&
    (kind === "text" ? random(2) === 0 : random(4) > 0);
  const blank = (): string => (random(30) === 0 ? pick([" ", "  ", "\t"]) : "");
  let members = NAMES.flatMap((name, index) => {
    const value = values[index] ?? "";
    if (value === "") return random(2) === 0 ? [] : [`${JSON.stringify(name)}:null`];
    const kind = KIND_OF[name] ?? "";
    const odd =
      random(100) === 0
        ? pick([
            '{"a":1}',
            "[1]",
            "-0",
            "-0.0",
            "1.10",
            "1e2",
            "12345678901234567890123",
            "0.1000000000000000055511151231257827",
            '"\\ud83d\\udc0e"',
            '"\\ud83d"',
            '"\\u0041"',
            '"\\/"',
            "nul",
            "truex",
          ])
        : undefined;
    const written = odd ?? (isUnquoted(value, kind) ? value : escaped(value));
    return [`${JSON.stringify(name)}${blank()}:${blank()}${written}`];
  });
  if (random(20) === 0)
    members.push(
      pick([
        '"x":1',
        '"x":"y\\n"',
        '"x":{"a":1}',
        '"a":5',
        '"\\u0061":5',
        '"A":5',
        '"x":1e5',
        '"x":null',
      ]),
    );
  if (random(10) === 0) members = members.toSorted(() => random(3) - 1);
  return `{${blank()}"id":${id},${blank()}${members.join(`${blank()},${blank()}`)}${blank()}}`;
}

for (const extra of ["ignore", "reject"] as const)
  test(`a line of JSON that passes is the row that its texts make, where unknown fields are to ${extra} (seed ${SEED})`, async () => {
    const contract = contractOf({ id: bigint(), ...COLUMNS }, ndjson("x"), extra);
    const path = join(folder, "in.ndjson");
    writeFileSync(
      path,
      Array.from(
        { length: LINES },
        (_, index) => `${jsonLine(index + FIRST)}${random(50) === 0 ? "\r" : ""}\n`,
      ).join(""),
    );
    const records = ndjsonRecords({
      engine,
      files: [await inputOf(path, "ndjson")],
      read: contract.read,
      refuseExtra: extra === "reject",
      isFlat: false,
    });
    const { good } = await compare(path, { records, contract, extra, firstLine: 1 });
    assert.ok(good > LINES / 20, `${good}`);
  });
