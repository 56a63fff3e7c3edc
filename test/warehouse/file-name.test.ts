/** Tests of file names made from names that a person chose. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { safeFileName } from "../../src/warehouse/file-name.ts";

test("a plain name stays as it is, in any script", () => {
  for (const name of ["gold.restaurant_details", "Sales 2024 (north)", "Žižkov", "売上"]) {
    assert.equal(safeFileName(name), name);
  }
});

test("names that only look different give one file, and names that were changed keep apart", () => {
  assert.equal(safeFileName("e\u0301"), safeFileName("\u00e9"));
  assert.notEqual(safeFileName("a/b"), safeFileName("a:b"));
  assert.notEqual(safeFileName("a/b"), safeFileName("a_b"));
});

test("what a system refuses or hides is changed", () => {
  for (const name of [
    "",
    ".",
    "..",
    ".hidden",
    "-rf",
    "con",
    "NUL.x",
    "a/b",
    "a\\b",
    "a\0b",
    "end.",
    "\ud800",
    "line\nbreak",
    " ",
  ]) {
    const safe = safeFileName(name);
    assert.match(safe, /^[^.\s~-][^/\\\p{Cc}\ufffd]*[^.\s]$/u, JSON.stringify(name));
    assert.doesNotMatch(safe, /^(con|nul)(\.|$)/i);
  }
});

test("a long name is cut at a whole character and keeps apart from others", () => {
  const long = safeFileName("売".repeat(300));
  assert.ok(Buffer.byteLength(long) <= 210);
  assert.match(long, /^売+-[0-9a-f]{8}$/);
  assert.notEqual(long, safeFileName("売".repeat(301)));
});
