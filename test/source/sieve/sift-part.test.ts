/** The sieve over lines made at random: what passes, what is held, and that each line of a file is there once, however the file is cut. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { SieveColumn, SieveKind } from "../../../src/source/sieve/column.ts";
import type { SieveDialect } from "../../../src/source/sieve/held-line.ts";
import { siftPart } from "../../../src/source/sieve/sift-part.ts";
import { siftParts } from "../../../src/source/sieve/sift-parts.ts";

const SEED = Date.now() % 100_000;
let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-sieve-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const CSV: SieveDialect = { format: "csv", delimiter: ",", quote: '"' };
const JSON_LINES: SieveDialect = { format: "ndjson", skipsUnknown: true };

interface Seen {
  readonly lines: number;
  /** By the number of the line: the record that passed, without its number. */
  readonly passed: ReadonlyMap<number, string>;
  /** The others that are not blank, as they are. */
  readonly held: ReadonlyMap<number, string>;
}

let serial = 0;

function pathsOf(): Readonly<Record<"passed" | "held" | "broken" | "odd", string>> {
  serial += 1;
  const path = (kind: string): string => join(folder, `${kind}-${serial}`);
  return { passed: path("passed"), held: path("held"), broken: path("broken"), odd: path("odd") };
}

function siftRange(
  path: string,
  [from, to]: readonly [number, number],
  {
    dialect,
    columns,
  }: { readonly dialect: SieveDialect; readonly columns: readonly SieveColumn[] },
): Seen {
  const paths = pathsOf();
  const range = { path, from, to, isLineStart: from === 0 };
  const { isUnfit, lines, passed, ...others } = siftPart({ ...range, dialect, columns, paths });
  assert.equal(isUnfit, false);
  const linesIn = (kind: keyof typeof paths): string[] => {
    const text = readFileSync(paths[kind], "utf8");
    rmSync(paths[kind]);
    assert.ok(text === "" || text.endsWith("\n"));
    return text.split("\n").slice(0, -1);
  };
  const numbered = (line: string): [number, string] => {
    const end = line.indexOf(",");
    return [Number(line.slice(0, end)), line.slice(end + 1)];
  };
  const good = linesIn("passed");
  assert.equal(good.length, passed);
  const taken = linesIn("held");
  assert.equal(taken.length, others.held);
  const unquoted = ([number, text]: [number, string]): [number, string] =>
    dialect.format === "csv" ? [number, text] : [number, text.slice(1, -1).replaceAll('""', '"')];
  const held = new Map(taken.map(numbered).map(unquoted));
  for (const [at, line] of linesIn("broken").entries()) held.set(others.broken[2 * at] ?? 0, line);
  for (const [at, line] of linesIn("odd").entries()) held.set(others.odd[at] ?? 0, line);
  const asRecord = (line: string): [number, string] => {
    if (dialect.format === "csv") return numbered(line);
    return [(JSON.parse(line) as { n: number }).n, line];
  };
  return { lines, passed: new Map(good.map(asRecord)), held };
}

const columnOf = (is: SieveKind, optional: boolean, name = ""): SieveColumn => ({
  is,
  optional,
  name,
});
const KINDS: readonly SieveKind[] = [
  { kind: "text" },
  { kind: "integer" },
  { kind: "bigint" },
  { kind: "float" },
  { kind: "boolean" },
  { kind: "date" },
  { kind: "timestamp" },
  { kind: "decimal", precision: 5, scale: 2 },
  { kind: "decimal", precision: 38, scale: 0 },
  { kind: "decimal", precision: 38, scale: 37 },
];

const isWithin = (text: string, bits: bigint): boolean => {
  const most = 2n ** (bits - 1n);
  return /^-?(0|[1-9]\d*)$/.test(text) && BigInt(text) >= -most && BigInt(text) < most;
};

function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Whether the text is written in the canonical way of its kind. */
function isCanonical(text: string, is: SieveKind): boolean {
  switch (is.kind) {
    case "text":
      return true;
    case "integer":
      return isWithin(text, 32n);
    case "bigint":
      return isWithin(text, 64n);
    case "float":
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text));
    case "boolean":
      return text === "true" || text === "false";
    case "date":
      return isDay(text);
    case "timestamp":
      return (
        isDay(text.slice(0, 10)) &&
        /^[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{3}|\.\d{6})?$/.test(text.slice(10))
      );
    case "decimal": {
      const [, whole = "", , places = ""] = /^-?(0|[1-9]\d*)(\.(\d+))?$/.exec(text) ?? [];
      return (
        whole !== "" &&
        whole.length <= is.precision - is.scale &&
        places.length <= is.scale &&
        !(text.includes(".") && places === "")
      );
    }
  }
}

const TEXTS = [
  "",
  "0",
  "-0",
  "00",
  "01",
  "7",
  "-7",
  "+7",
  "-",
  "2147483647",
  "2147483648",
  "-2147483648",
  "-2147483649",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "99999999999999999999",
  "1.5",
  "1.",
  ".5",
  "-.5",
  "999.99",
  "1000.00",
  "9.999",
  "0.00",
  "9".repeat(38),
  "9".repeat(39),
  `1.${"3".repeat(37)}`,
  `1.${"3".repeat(38)}`,
  "1e5",
  "1E-9",
  "1e",
  "1e100",
  "1e+",
  "0e0",
  "9".repeat(64),
  "9".repeat(65),
  "nan",
  "inf",
  "true",
  "false",
  "True",
  "tru",
  "truee",
  "falsx",
  "2024-02-29",
  "2023-02-29",
  "1900-02-29",
  "2000-02-29",
  "0999-01-01",
  "9999-12-31",
  "2024-00-01",
  "2024-13-01",
  "2024-04-31",
  "2024-1-01",
  "2024/01/01",
  "2024-01-01T00:00:00",
  "2024-01-01 23:59:59",
  "2024-01-01T24:00:00",
  "2024-01-01T12:60:00",
  "2024-01-01T12:00:60",
  "2024-01-01T12:00:00.123",
  "2024-01-01T12:00:00.12",
  "2024-01-01T12:00:00.123456",
  "2024-01-01T12:00:00.1234567",
  "2024-01-01t12:00:00",
  "2024-01-01T12:00",
  "2024-02-30T12:00:00",
  "é",
  "🐎",
  " ",
  " 1",
  "1 ",
  "\ufeff1",
  "\t",
  "0123456789abcdef",
  "0123456789abcdef0123456789abcdef0",
];
/** What surely passes as a value of each kind. */
const SURE: Readonly<Record<SieveKind["kind"], readonly string[]>> = {
  text: ["a", "é", "0123456789abcdef0"],
  integer: ["0", "7", "-7", "2147483647", "-2147483647"],
  bigint: ["0", "-1", "9223372036854775807", "2147483648"],
  float: ["1.5", "7", "-2.25", "0.1"],
  boolean: ["true", "false"],
  date: ["2024-02-29", "1999-12-31", "2000-02-29"],
  timestamp: ["2024-01-01T00:00:00", "2024-01-01 23:59:59.999", "2024-01-01T12:00:00.123456"],
  decimal: ["0", "7", "-7"],
};

/** The fields of a line; undefined where its quotes are at odds. */
function fieldsOf(line: string): { text: string; isQuoted: boolean }[] | undefined {
  const fields: { text: string; isQuoted: boolean }[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const found = field.exec(line);
    if (found === null) return undefined;
    const [, quoted, plain = "", mark] = found;
    fields.push({ text: quoted?.replaceAll('""', '"') ?? plain, isQuoted: quoted !== undefined });
    if (mark === "") return fields;
  }
}

test(`a line of CSV passes only where each field is canonical, and is what it was (seed ${SEED})`, () => {
  for (let round = 0; round < 12; round++) {
    const columns = Array.from({ length: 1 + random(4) }, () =>
      columnOf(pick(KINDS), random(2) === 0),
    );
    const sure: boolean[] = [];
    const lines = Array.from({ length: 800 }, () => {
      const odd = random(3) === 0 ? random(columns.length) : -1;
      const isSure = odd === -1;
      const fields = columns.map(({ is }, index) => {
        const text = index === odd ? pick(TEXTS) : pick(SURE[is.kind]);
        return random(5) === 0 ? `"${text}"` : text;
      });
      sure.push(isSure);
      if (isSure) return fields.join(",");
      const broken = random(12);
      if (broken === 0) fields.push("more");
      if (broken === 1) fields.pop();
      if (broken === 2)
        return pick(["", " ", '"', '""', '"a"b', 'a"b', '""""', ",", ",,,", '"a""']);
      if (broken === 3) return fields.join(pick([", ", ";", ',"', '",']));
      return fields.join(",");
    });
    const ends = lines.map(() => (random(4) === 0 ? "\r\n" : "\n"));
    const path = join(folder, "in.csv");
    writeFileSync(path, lines.map((line, index) => line + ends[index]).join(""));
    const seen = siftRange(path, [0, Number.MAX_SAFE_INTEGER], { dialect: CSV, columns });
    assert.equal(seen.lines, lines.length);
    for (const [index, line] of lines.entries()) {
      const passed = seen.passed.get(index + 1)?.replace(/\r$/, "");
      const held = seen.held.get(index + 1)?.replace(/\r$/, "");
      const fields = fieldsOf(line);
      const isRight =
        fields?.length === columns.length &&
        columns.every(({ is, optional }, at) => {
          const field = fields[at];
          if (field?.text === "" && !field.isQuoted) return optional;
          return isCanonical(field?.text ?? "", is);
        });
      const place = JSON.stringify([line, columns.map(({ is, optional }) => [is, optional])]);
      if (line === "") assert.deepEqual([passed, held], [undefined, undefined]);
      else
        assert.deepEqual([passed ?? held, passed === undefined], [line, held !== undefined], place);
      if (passed !== undefined) assert.ok(isRight, `passed: ${place}`);
      if (sure[index]) assert.equal(passed, line, `held: ${place}`);
    }
  }
});

/** The members of a record, numbers as they are written. */
function valuesIn(line: string): Record<string, string | null> {
  const keep = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" || typeof value === "boolean" ? context?.source : value;
  return JSON.parse(line, keep) as Record<string, string | null>;
}

test(`a line of JSON passes only as a record of the same values (seed ${SEED})`, () => {
  const names = ["a", "id", "näme", "a name of more than 16 bytes", "with blank"];
  for (let round = 0; round < 12; round++) {
    const columns = names.map((name) => columnOf(pick(KINDS), random(2) === 0, name));
    const sure: boolean[] = [];
    const lines = Array.from({ length: 500 }, () => {
      const odd = random(3) === 0 ? random(columns.length) : -1;
      const isSure = odd === -1;
      sure.push(isSure);
      let members = columns.map(({ is, name }, index) => {
        const text = index === odd ? pick(TEXTS) : pick(SURE[is.kind]);
        const isPlain =
          ["integer", "bigint", "float", "decimal", "boolean"].includes(is.kind) && random(2) === 0;
        return `${JSON.stringify(name)}:${isPlain && text !== "" ? text : JSON.stringify(text)}`;
      });
      if (isSure) return `{${members.join(",")}}`;
      const broken = random(14);
      if (broken === 0) members.pop();
      if (broken === 1) members.push('"a":1');
      if (broken === 2)
        members.push(pick(['"x":[1]', '"x":1', '"x":"\\u0041"', '"\\u0061":1', '"x":nul']));
      if (broken === 3) members = members.toReversed();
      if (broken === 4) members[0] = '"a":null';
      if (broken === 5)
        members[1] = `"id":${pick(['"\\ud83d"', '"\\ud83d\\udc0e"', '"\\x"', '"\\u00e9"', "1e5", '"a', "{}"])}`;
      if (broken === 6)
        return pick(["", " ", "{", "{}", "[]", "null", '{"a"}', '{"a":}', "{,}", "{}}"]);
      const text = `{${members.join(pick([",", " , ", ",,", ",\t"]))}}`;
      return broken === 7 ? pick([`${text} `, ` ${text}`, text.slice(0, -1), `${text},`]) : text;
    });
    const path = join(folder, "in.ndjson");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const seen = siftRange(path, [0, Number.MAX_SAFE_INTEGER], { dialect: JSON_LINES, columns });
    assert.equal(seen.lines, lines.length);
    for (const [index, line] of lines.entries()) {
      const passed = seen.passed.get(index + 1);
      const held = seen.held.get(index + 1);
      if (line.trim() === "") continue;
      assert.equal(held, passed === undefined ? line.trim() : undefined, line);
      if (sure[index]) assert.ok(passed !== undefined, `held: ${line}`);
      if (passed === undefined) continue;
      const [record, written] = [valuesIn(line), valuesIn(passed)];
      for (const [at, { name, is, optional }] of columns.entries()) {
        const value = record[name] ?? undefined;
        assert.equal(written[`c${at}`], value, line);
        assert.ok(value === undefined ? optional : isCanonical(value, is), line);
      }
    }
  }
});

const TWO = [columnOf({ kind: "integer" }, true), columnOf({ kind: "text" }, true)];

test("a file that is cut at any byte gives each line once, with its number", () => {
  for (const text of [
    "1,a\n2,b\n\n3,c\n",
    "1,a\r\n\r\nx,b\r\n3,c",
    "\n\n1,a\n",
    "1,a",
    'x,"y"\n5\n6,7,8\n9,z\n',
  ]) {
    const path = join(folder, "cut.csv");
    writeFileSync(path, text);
    const dialect = { dialect: CSV, columns: TWO };
    const whole = siftRange(path, [0, Number.MAX_SAFE_INTEGER], dialect);
    assert.equal(whole.lines, text.split("\n").length - (text.endsWith("\n") ? 1 : 0));
    for (let cut = 1; cut <= text.length; cut++) {
      const first = siftRange(path, [0, cut], dialect);
      const second = siftRange(path, [cut, Number.MAX_SAFE_INTEGER], dialect);
      assert.equal(first.lines + second.lines, whole.lines, `${JSON.stringify(text)} at ${cut}`);
      for (const kind of ["passed", "held"] as const) {
        const moved = [...second[kind]].map(([line, one]) => [line + first.lines, one] as const);
        const all = new Map([...first[kind], ...moved]);
        const bare = (lines: ReadonlyMap<number, string>): Map<number, string> =>
          new Map([...lines].map(([line, one]) => [line, one.replace(/\r$/, "")]));
        assert.deepEqual(bare(all), bare(whole[kind]), `${JSON.stringify(text)} at ${cut}`);
      }
    }
  }
});

test(`long lines and borders of blocks lose nothing (seed ${SEED})`, () => {
  const lines = Array.from({ length: 40 }, (_, index) => {
    const length = pick([0, 10, 100_000, 600_000, 1_999_000]);
    return `${random(9) === 0 ? "x" : index},${"é".repeat(length / 2)}`;
  });
  for (const lineEnd of ["\n", "\r\n"]) {
    const path = join(folder, "long.csv");
    const text = lines.join(lineEnd);
    writeFileSync(path, text);
    const size = Buffer.byteLength(text);
    const border = 4 * 2 ** 20;
    const cuts = [border, border - 1, border + 1, random(size), random(size)].filter(
      (cut) => cut < size,
    );
    const places = [0, ...cuts.toSorted((a, b) => a - b), Number.MAX_SAFE_INTEGER];
    const found: string[] = [];
    for (let at = 0; at + 1 < places.length; at++) {
      const range = [places[at] ?? 0, places[at + 1] ?? 0] as const;
      if (range[0] === range[1]) continue;
      const seen = siftRange(path, range, { dialect: CSV, columns: TWO });
      for (let line = 1; line <= seen.lines; line++)
        found.push((seen.passed.get(line) ?? seen.held.get(line) ?? "").replace(/\r$/, ""));
    }
    assert.equal(found.length, lines.length);
    for (const [index, line] of lines.entries()) assert.ok(found[index] === line, `line ${index}`);
  }
});

test("a line that fits into no block is a failure, and leaves no file open", () => {
  const path = join(folder, "endless.csv");
  writeFileSync(path, `1,${"a".repeat(5 * 2 ** 20)}\n`);
  const how = { dialect: CSV, columns: TWO };
  assert.throws(() => siftRange(path, [0, Number.MAX_SAFE_INTEGER], how), {
    code: "source/unreadable-file",
  });
});

test("threads end where they are told to, and where one of them fails", async () => {
  const path = join(folder, "large.csv");
  writeFileSync(path, "1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(600_000));
  const task = (from: string) => ({
    path: from,
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
    isLineStart: true,
    dialect: CSV,
    columns: TWO,
    paths: pathsOf(),
  });
  const stop = new AbortController();
  const stopped = siftParts([task(path), task(path)], { threads: 2, signal: stop.signal });
  setImmediate(() => stop.abort(new Error("enough")));
  await assert.rejects(stopped, /enough/);
  const missing = join(folder, "missing.csv");
  const { signal } = new AbortController();
  await assert.rejects(siftParts([task(path), task(missing)], { threads: 2, signal }), {
    code: "ENOENT",
  });
  const [done] = await siftParts([task(path)], { threads: 2, signal });
  assert.deepEqual([done?.lines, done?.passed], [600_000, 600_000]);
  const left = process.getActiveResourcesInfo().filter((one) => /Worker|MessagePort/.test(one));
  assert.deepEqual(left, []);
});
