/** The strict JSON scanner, held against JSON.parse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonError, type JsonEvents, scanJson } from "../../src/source/json-scanner.ts";

const BLIND: JsonEvents = { begin: () => false, key: () => {}, end: () => {}, leave: () => {} };

function scan(text: string, pieceBytes: number, events: JsonEvents = BLIND): void {
  const scanner = scanJson(events);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    scanner.push(bytes.subarray(at, at + pieceBytes));
  }
  scanner.finish();
}

function isValid(text: string, pieceBytes: number): boolean {
  try {
    scan(text, pieceBytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error));
    return false;
  }
}

const GOOD = [
  '{"a":[1,-0,0.5,1e9,1E+2,-12.25e-3,true,false,null,"x"],"b":{},"c":[],"":{"d":[[[]]]}}',
  ' [ "\\u00e9\\n\\"\\\\\\/" , { "k" : "東京" } ]\r\n\t',
  "12",
  '"text"',
  "null",
];

test("what JSON.parse takes, the scanner takes, and what it refuses, the scanner refuses, in pieces of any size", () => {
  const random = seeded(7);
  const characters = '{}[],:"\\ \n0123456789.eE+-truefalsnu\u0001aé';
  for (const good of GOOD) {
    for (let round = 0; round < 400; round++) {
      let text = good;
      for (let change = Math.floor(random() * 3); change > 0; change--) {
        const at = Math.floor(random() * text.length);
        const character = characters[Math.floor(random() * characters.length)] ?? "";
        const keep = random() < 0.5 ? at : at + 1;
        text = text.slice(0, at) + (random() < 0.7 ? character : "") + text.slice(keep);
      }
      let expected = true;
      try {
        JSON.parse(text);
      } catch {
        expected = false;
      }
      assert.equal(isValid(text, 1 + Math.floor(random() * 7)), expected, JSON.stringify(text));
    }
  }
});

test("an error has its line, its column and what was expected", () => {
  const errors: [text: string, line: number, column: number, message: RegExp][] = [
    ["[1,2,]", 1, 6, /a comma with nothing after it/],
    ['{"a":1,}', 1, 8, /a comma with nothing after it/],
    ['{"a":}', 1, 6, /a colon with nothing after it/],
    ["[NaN]", 1, 2, /expected a value or \], found N/],
    ['{\n  "a" 1}', 2, 7, /expected a colon, found 1/],
    ["[1] [2]", 1, 5, /expected nothing more, found \[/],
    ['{"a": [1,\n\n', 3, 1, /the text ends inside an array/],
    ["", 1, 1, /the text ends before a value/],
    ["tru", 1, 4, /the text ends inside a value/],
    ['["a\nb"]', 1, 4, /raw control character/],
    ['["\\x"]', 1, 4, /an escape that JSON does not have/],
    ['["\\u00g0"]', 1, 7, /four hex digits/],
    ["[01]", 1, 3, /expected a comma or \], found 1/],
    ["[1.]", 1, 4, /expected a digit/],
    ["[nul]", 1, 5, /expected null/],
    ["[".repeat(1001), 1, 1001, /nested deeper than 1000 levels/],
  ];
  for (const [text, line, column, message] of errors) {
    assert.throws(() => scan(text, 1000), { name: "JsonError", line, column, message }, text);
  }
});

test("events come for what stands directly in entered containers, with exact offsets", () => {
  const text = '\ufeff{"a": {"x": [1]}, "b\\u0031": [true, {"y": 2}], "c": -5}';
  const bytes = Buffer.from(text);
  for (const pieceBytes of [4, 5, 7, 1000]) {
    const seen: string[] = [];
    let begun = 0;
    const events: JsonEvents = {
      begin(kind, at) {
        seen.push(`begin ${kind}`);
        begun = at;
        return kind === "array" || seen.length === 1;
      },
      key: (name) => seen.push(`key ${name}`),
      end: (at) => seen.push(`end ${bytes.toString("utf8", begun, at)}`),
      leave: (at) => seen.push(`leave ${bytes.toString("utf8", at - 1, at)}`),
    };
    scan(text, pieceBytes, events);
    assert.deepEqual(seen, [
      "begin object",
      "key a",
      "begin object",
      'end {"x": [1]}',
      "key b1",
      "begin array",
      "begin boolean",
      "end true",
      "begin object",
      'end {"y": 2}',
      "leave ]",
      "key c",
      "begin number",
      "end -5",
      "leave }",
    ]);
  }
});

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
