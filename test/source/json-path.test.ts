/** The grammar of the path to records. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRecordsPath, renderKey } from "../../src/source/json-path.ts";

test("a path is read into steps", () => {
  assert.deepEqual(parseRecordsPath("$"), []);
  assert.deepEqual(parseRecordsPath('$[*].pages[3]["item \\"no\\""].größe'), [
    { kind: "all" },
    { kind: "key", name: "pages" },
    { kind: "nth", index: 3 },
    { kind: "key", name: 'item "no"' },
    { kind: "key", name: "größe" },
  ]);
});

test("what is no path is refused at the place where it goes wrong", () => {
  for (const path of [
    "",
    "pages",
    "$.",
    "$pages",
    "$[",
    "$[**]",
    "$[-1]",
    "$..a",
    '$["a]',
    "$.a b",
  ]) {
    assert.throws(() => parseRecordsPath(path), { code: "source/bad-records-path" }, path);
  }
  assert.throws(() => parseRecordsPath("$.a[x].b"), { message: /at "\[x\]\.b"/ });
});

test("a key is rendered so that it reads back", () => {
  for (const name of ["a", "item no", 'with "quotes"', "größe", ""]) {
    assert.deepEqual(parseRecordsPath(`$${renderKey(name)}`), [{ kind: "key", name }]);
  }
});
