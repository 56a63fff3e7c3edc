/** Texts through the sieve: of every length, in every alphabet, at every place in memory, with quotes and escapes undone. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { seed } from "../../storage/seed.ts";
import { columnOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import { CSV, type How, JSON_LINES, openGround } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

const COLUMNS = ["a", "b", "c"].map((name) => columnOf({ kind: "text" }, true, name));
type Record = readonly [string, string, string];

const inQuotes = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const inCsv = (texts: Record): string =>
  texts
    .map((text) => (/[",]/.test(text) || text === "" || below(4) === 0 ? inQuotes(text) : text))
    .join(",");
const inJson = ([a, b, c]: Record): string => JSON.stringify({ a, b, c });

/** All pass, and are what they were. */
function assertTexts(records: readonly Record[], line: (texts: Record) => string, how: How): void {
  const content = records.map((texts) => `${line(texts)}\n`).join("");
  const seen = ground.sift(content, how);
  for (const [index, texts] of records.entries())
    assert.deepEqual(seen.passed.get(index + 1), texts, line(texts));
  assert.equal(seen.passed.size, records.length);
}

const csv: How = { dialect: CSV, columns: COLUMNS };
const json: How = { dialect: JSON_LINES, columns: COLUMNS };

test(`texts of 0 to 40 bytes are themselves at any place in a block (seed ${seed})`, () => {
  const records: Record[] = [];
  for (let length = 0; length <= 40; length++)
    for (let shift = 0; shift < 16; shift++) {
      const letters = Array.from({ length }, (_, at) =>
        String.fromCharCode(97 + ((at + shift) % 26)),
      );
      const last = "z".repeat(below(30));
      records.push(["-".repeat(shift), letters.join(""), last]);
    }
  assertTexts(records, inCsv, csv);
  assertTexts(records, inJson, json);
});

test(`texts of 11, 12 and 13 bytes stand in a row one behind the other (seed ${seed})`, () => {
  const text = (): string => "0123456789abc".slice(0, 11 + below(3));
  const records = Array.from({ length: 4000 }, (): Record => [text(), text(), text()]);
  assertTexts(records, inCsv, csv);
  assertTexts(records, inJson, json);
});

const ALPHABETS = ["aé", "ñß漢", "漢字かな", "🐎🚀a", "a\u0301\u200d\ufeff", "éa🐎漢"].map(
  (text) => [...text],
);

test(`characters of several bytes are whole across any border of sixteen bytes (seed ${seed})`, () => {
  const records = Array.from({ length: 3000 }, (): Record => {
    const text = (): string => {
      const letters = pick(ALPHABETS);
      return Array.from({ length: below(24) }, () => pick(letters)).join("");
    };
    return ["x".repeat(below(17)) + text(), text(), text()];
  });
  assertTexts(records, inCsv, csv);
  assertTexts(records, inJson, json);
});

test(`a quote that is doubled is one, wherever it stands (seed ${seed})`, () => {
  const records: Record[] = [];
  for (let length = 1; length <= 40; length++)
    for (let place = 0; place < length; place++) {
      const text = `${"a".repeat(place)}"${"b".repeat(length - place - 1)}`;
      records.push([text, "x", text]);
    }
  for (let count = 0; count < 2000; count++) {
    const text = (): string =>
      Array.from({ length: below(40) }, () =>
        pick(['"', '"', ",", "é", "a", "\t", " ", "\r"]),
      ).join("");
    records.push([text(), text(), text()]);
  }
  assertTexts(records, (texts) => texts.map(inQuotes).join(","), csv);
  assertTexts(records, inJson, json);
});

const hexadecimal = (unit: number): string => {
  const digits = unit.toString(16).padStart(4, "0");
  return `\\u${below(2) === 0 ? digits : digits.toUpperCase()}`;
};
const units = (text: string): number[] =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const ESCAPES = ['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"];

test(`every escape of JSON is undone, between any others (seed ${seed})`, () => {
  const piece = (): string => {
    const kind = below(6);
    if (kind === 0) return pick(ESCAPES);
    if (kind === 1) return hexadecimal(1 + below(0xd7ff));
    if (kind === 2) return hexadecimal(0xe000 + below(0x2000));
    if (kind === 3)
      return units(String.fromCodePoint(0x10000 + below(0x100000)))
        .map(hexadecimal)
        .join("");
    if (kind === 4) return pick(["é", "漢", "🐎"]);
    return "a".repeat(below(20));
  };
  const lines = Array.from({ length: 4000 }, () => {
    const text = (): string => Array.from({ length: below(8) }, piece).join("");
    return `{"a":"${text()}","b":"${text()}","c":"${text()}"}`;
  });
  const seen = ground.sift(`${lines.join("\n")}\n`, json);
  for (const [index, line] of lines.entries())
    assert.deepEqual(seen.passed.get(index + 1), Object.values(JSON.parse(line)), line);
  assert.equal(seen.held.size, 0);
});

test("every character of the Unicode planes is undone from its escape", () => {
  const lines: string[] = [];
  const characters: string[] = [];
  const known = (code: number): boolean => code > 0 && (code < 0xd800 || code > 0xdfff);
  for (let code = 1; code <= 0x10ffff; code += code < 0x900 ? 1 : code < 0x10000 ? 37 : 4093) {
    if (!known(code)) continue;
    characters.push(String.fromCodePoint(code));
    lines.push(`{"a":"${units(String.fromCodePoint(code)).map(hexadecimal).join("")}","b":"b"}`);
  }
  const seen = ground.sift(lines.join("\n"), json);
  for (const [index, character] of characters.entries())
    assert.deepEqual(seen.passed.get(index + 1), [character, "b", null]);
});

test("an escape that is none, half a pair and a NUL are held, wherever they stand", () => {
  const wrong = ["\\x", "\\u12", "\\u12g4", "\\u0000", "\\ud83d", "\\udc0e", "\\ud83d\\ud83d"];
  wrong.push("\\ud83dx", "\\ud83d\\n", "\\udc0e\\ud83d", "\\U0041", "\\'", "\u0001");
  const lines = wrong.flatMap((text) =>
    ["", "a", "é".repeat(8), "\\n"].map((head) => `{"a":"${head}${text}"}`),
  );
  const seen = ground.sift(lines.join("\n"), json);
  assert.equal(seen.passed.size, 0);
  assert.deepEqual([...seen.held.values()], lines);
});
