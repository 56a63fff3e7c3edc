/** JSON without lost digits. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exactNumber,
  parseJson,
  parseJsonWithNumbersAsText,
  renderJson,
} from "../../src/base/json.ts";

test("integers beyond 2^53 keep their digits, both ways and at any depth", () => {
  const text =
    '{"a":9223372036854775807,"b":[-9007199254740993,{"c":12345678901234567890123}],"d":1}';
  assert.deepEqual(parseJson(text), {
    a: 9223372036854775807n,
    b: [-9007199254740993n, { c: 12345678901234567890123n }],
    d: 1,
  });
  assert.equal(renderJson(parseJson(text)), text);
});

test("ordinary numbers, and digits inside texts, stay what they were", () => {
  const text = '{"a":1.5,"b":-0,"c":"9223372036854775807","d":9007199254740991,"e":1e300}';
  assert.deepEqual(parseJson(text), {
    a: 1.5,
    b: -0,
    c: "9223372036854775807",
    d: 9007199254740991,
    e: 1e300,
  });
});

test("numbers can be read as the text they were written in", () => {
  const text = '{"a":1.10,"b":-0.0,"c":"x","d":123456789012345678901234567890.10,"e":true}';
  assert.deepEqual(parseJsonWithNumbersAsText(text), {
    a: "1.10",
    b: "-0.0",
    c: "x",
    d: "123456789012345678901234567890.10",
    e: true,
  });
});

test("an exact number is rendered with the digits it was given", () => {
  assert.equal(
    renderJson({ a: exactNumber("-0.0"), b: exactNumber("1.10") }),
    '{"a":-0.0,"b":1.10}',
  );
});
