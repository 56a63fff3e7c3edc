/** Tests of the words and marks of SQL, and of the calls that are found among them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsable, readCallWords } from "../../src/run/table-call.ts";
import { closing, lexemes, nameOf } from "../../src/sql/lexeme.ts";

test("comments are passed over; strings, names and numbers are whole, each at its place", () => {
  const text = `a/* ( */."b ""c" => 'it''s' -- )\n := $$x(y$$,é1[2]`;
  const list = lexemes(text);
  assert.deepEqual(
    list.map(({ kind, text: piece }) => [kind, piece]),
    [
      ["word", "a"],
      ["mark", "."],
      ["name", `"b ""c"`],
      ["mark", "=>"],
      ["string", "'it''s'"],
      ["mark", ":="],
      ["string", "$$x(y$$"],
      ["mark", ","],
      ["word", "é1"],
      ["mark", "["],
      ["word", "2"],
      ["mark", "]"],
    ],
  );
  for (const { start, end, text: piece } of list) assert.equal(text.slice(start, end), piece);
  assert.deepEqual(list.slice(0, 3).map(nameOf), ["a", undefined, 'b "c']);
});

test("brackets close where they were opened, whatever stands in strings", () => {
  const list = lexemes("f(a, (b), '(', [{x: 1}]) )");
  assert.equal(list[closing(list, 1)]?.start, 23);
  assert.equal(closing(lexemes("f((a)"), 1), 5);
});

test("the words of a call are its arguments, by place and by name", () => {
  const text = "from delta_scan ( 'a' || f(1, 2), Version => (3), \"x\" := [4, 5] ) as t";
  const { positional, named, end } = readCallWords(text, lexemes(text), 5);
  assert.deepEqual(positional, ["'a' || f(1, 2)"]);
  assert.deepEqual(
    [...named],
    [
      ["version", "(3)"],
      ["x", "[4, 5]"],
    ],
  );
  assert.equal(text.slice(end), " as t");
});

test("only an argument of a call called timestamp is given another name for the parser, of its length", () => {
  const text = `select timestamp '2026-01-01', 'delta_scan(timestamp => 1)', f(timestamp => 1)
    from delta_scan('x', TIMESTAMP => (select timestamp => 2), "timestamp" => 3) at (timestamp => 4)`;
  const changed = text.replace("TIMESTAMP =>", "_instant_ =>");
  assert.equal(parsable(text), changed);
});
