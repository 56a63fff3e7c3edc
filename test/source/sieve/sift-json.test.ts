/** Lines of JSON through the sieve, made at random: what passes is a record of the same values, and all else is held. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SieveColumn } from "../../../src/source/sieve/column.ts";
import { seed } from "../../storage/seed.ts";
import { columnOf, isCanonical, KINDS, meaningOf, SURE, TEXTS } from "./meaning.ts";
import { newRandom } from "./random.ts";
import type { Value } from "./row.ts";
import { JSON_LINES, openGround } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

/** The members of a record, numbers and truths as they are written. */
function membersOf(line: string): Record<string, string | null> {
  const keep = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" || typeof value === "boolean" ? context?.source : value;
  return JSON.parse(line, keep) as Record<string, string | null>;
}

function valuesOf(line: string, columns: readonly SieveColumn[]): Value[] {
  const record = membersOf(line);
  return columns.map(({ name, is, optional }) => {
    const text = record[name] ?? null;
    assert.ok(text === null ? optional : isCanonical(text, is), `passed: ${line}`);
    return text === null ? null : meaningOf(text, is);
  });
}

const NAMES = ["a", "id", "näme", "a name of more than 16 bytes", "with blank"];
const PLAIN = ["integer", "bigint", "float", "decimal", "boolean"];

test(`a line of JSON passes only as a record of the same values (seed ${seed})`, () => {
  for (let round = 0; round < 24; round++) {
    const columns = NAMES.map((name) => columnOf(pick(KINDS), below(2) === 0, name));
    const sure: boolean[] = [];
    const lines = Array.from({ length: 400 }, () => {
      const odd = below(3) === 0 ? below(columns.length) : -1;
      sure.push(odd === -1);
      let members = columns.map(({ is, name }, index) => {
        const text = pick(index === odd ? [...TEXTS, 'a "quote"', "a\\b\n\té🐎"] : SURE[is.kind]);
        const isPlain = PLAIN.includes(is.kind) && below(2) === 0 && !/^$|\n/.test(text);
        return `${JSON.stringify(name)}:${isPlain ? text : JSON.stringify(text)}`;
      });
      if (odd === -1) return `{${members.join(",")}}`;
      const broken = below(14);
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
    const ends = lines.map(() => pick(["\n", "\n", "\n", "\r\n"]));
    const content = lines.map((line, index) => line + ends[index]).join("");
    const seen = ground.sift(content, { dialect: JSON_LINES, columns });
    assert.equal(seen.part.lines, lines.length);
    for (const [index, line] of lines.entries()) {
      const values = seen.passed.get(index + 1);
      const held = seen.held.get(index + 1);
      if (line.trim() === "") {
        assert.deepEqual([values, held], [undefined, undefined]);
        continue;
      }
      assert.equal(held, values === undefined ? line.trim() : undefined, line);
      if (sure[index]) assert.ok(values !== undefined, `held: ${line}`);
      if (values !== undefined) assert.deepEqual(values, valuesOf(line, columns), line);
    }
  }
});

const TEXT = columnOf({ kind: "text" }, true, "t");
const NUMBER = columnOf({ kind: "integer" }, true, "n");
const MUST = columnOf({ kind: "date" }, false, "d");
const D = '"d":"2024-01-01"';
const DAY = 19723n;

test("a member that is absent or null is null in the row, and is held where it must not be", () => {
  const lines = [
    `{"t":"a","n":1,${D}}`,
    `{"n":1,${D}}`,
    `{"t":null,"n":null,${D}}`,
    `{${D},"t":"after"}`,
    `{${D}}`,
    `{"t":"a","n":1}`,
    `{"t":"a","n":1,"d":null}`,
    "{}",
    `{"n":7,${D},"t":""}`,
    `{"t":nul,${D}}`,
    `{"t":nulL,${D}}`,
    `{"t":nullx,${D}}`,
    `{"t":null ,${D} }`,
  ];
  const seen = ground.sift(lines.join("\n"), {
    dialect: JSON_LINES,
    columns: [TEXT, NUMBER, MUST],
  });
  assert.deepEqual(
    [...seen.passed],
    [
      [1, ["a", 1n, DAY]],
      [2, [null, 1n, DAY]],
      [3, [null, null, DAY]],
      [4, ["after", null, DAY]],
      [5, [null, null, DAY]],
      [9, ["", 7n, DAY]],
      [13, [null, null, DAY]],
    ],
  );
  assert.equal(seen.held.size, 6);
});

test("a member that no column has is passed over, or holds its record where that is told", () => {
  const lines = [`{"t":"a","more":1,${D}}`, `{"t":"b",${D}}`, `{"t":"c","more":{},${D}}`];
  const columns = [TEXT, NUMBER, MUST];
  const loose = ground.sift(lines.join("\n"), { dialect: JSON_LINES, columns });
  assert.deepEqual([...loose.passed.keys()], [1, 2]);
  const strict = { format: "ndjson", skipsUnknown: false } as const;
  assert.deepEqual(
    [...ground.sift(lines.join("\n"), { dialect: strict, columns }).passed.keys()],
    [2],
  );
});

test("a record names up to 64 columns, in any order", () => {
  const columns = Array.from({ length: 64 }, (_, index) =>
    columnOf({ kind: "integer" }, index % 2 === 0, `column ${index}`),
  );
  const record = (places: readonly number[]): string =>
    `{${places.map((place) => `"column ${place}":${place}`).join(",")}}`;
  const all = columns.map((_, index) => index);
  const odd = all.filter((index) => index % 2 === 1);
  const lines = [all, all.toReversed(), odd, odd.slice(1), odd.slice(0, -1)].map(record);
  const seen = ground.sift(lines.join("\n"), { dialect: JSON_LINES, columns });
  const values = all.map((index) => BigInt(index));
  const halves = values.map((value) => (value % 2n === 1n ? value : null));
  assert.deepEqual(
    [...seen.passed],
    [
      [1, values],
      [2, values],
      [3, halves],
    ],
  );
  assert.deepEqual([...seen.held.keys()], [4, 5]);
});
