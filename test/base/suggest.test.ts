/** Suggestions: near words are offered, far ones are not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestWord, suggestWord } from "../../src/base/suggest.ts";

test("a slip of the keyboard finds the word that was meant", () => {
  const allowed = ["header", "delimiter", "nulls", "settle"];
  const found = ["haeder", "delimeter", "Nulls", "setle", "heade"].map((word) =>
    nearestWord(word, allowed),
  );
  assert.deepEqual(found, ["header", "delimiter", "nulls", "settle", "header"]);
});

test("a word that is like none of them finds nothing", () => {
  assert.equal(nearestWord("compression", ["header", "nulls"]), undefined);
  assert.equal(nearestWord("x", []), undefined);
});

test("the hint names the nearest word first and then all of them", () => {
  assert.equal(
    suggestWord("nuls", ["nulls", "quote"]),
    'Did you mean "nulls"? Allowed: nulls, quote.',
  );
  assert.equal(suggestWord("zzz", ["nulls"]), "Allowed: nulls.");
});
