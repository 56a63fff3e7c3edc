/** Tests of what a terminal shows: columns that line up, whatever the characters, and nothing that acts on the terminal. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, tabbed, visible, visibleLines, widthOf } from "../../src/cli/character.ts";
import { renderGrid } from "../../src/cli/grid.ts";
import { createMask } from "../../src/cli/mask.ts";
import { ageText, countText, durationText, plural, sizeText } from "../../src/cli/quantity.ts";

test("numbers stand to the right, words to the left, and wide characters take two cells", () => {
  const { text } = renderGrid(
    [{ title: "名前" }, { title: "n", isNumber: true }, { title: "last" }],
    [
      ["中", "1", "x"],
      ["a\u0301b", "-20", null],
      ["👩‍👩‍👧", "3", ""],
    ],
  );
  assert.equal(
    text,
    "名前    n  last\n----  ---  ----\n中      1  x\na\u0301b    -20  null\n👩‍👩‍👧      3\n",
  );
});

test("a grid is never wider than its terminal", () => {
  const columns = Array.from({ length: 12 }, (_, index) => ({ title: `column ${index}` }));
  const rows = [columns.map((_, index) => "中".repeat(index * 3))];
  for (const width of [20, 33, 60, 80, 200]) {
    const { text, hidden } = renderGrid(columns, rows, { width });
    for (const line of text.split("\n")) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
    assert.equal(hidden.length > 0, width < 90);
  }
});

test("a number is never cut", () => {
  const columns = [{ title: "text" }, { title: "a long title", isNumber: true }];
  const { text } = renderGrid(columns, [["x".repeat(50), "123456789"]], { width: 20 });
  assert.match(text, /^text +a long t…\n-+ {2}-+\nx+… +123456789\n$/);
});

test("the widest columns give way first", () => {
  const { text } = renderGrid([{ title: "a" }, { title: "b" }], [["x".repeat(100), "short"]], {
    width: 20,
  });
  assert.match(text, /^x{12}… {2}short$/m);
});

test("characters that would act on a terminal are shown and not sent", () => {
  assert.equal(
    visible("a\u001b[31m\nb\tc\u0000\u202e\u009b\ud800"),
    "a\\u001b[31m\\nb\\tc\\u0000\\u202e\\u009b\\ud800",
  );
  assert.equal(visibleLines("a\nb\u0007"), "a\nb\\u0007");
  assert.equal(visible("é 中 👩‍👩‍👧 ok"), "é 中 👩‍👩‍👧 ok");
});

test("a cell between tabs can be put together again", () => {
  assert.equal(tabbed("a\\n\tb\r\nc"), "a\\\\n\\tb\\r\\nc");
});

test("text is cut between characters as people count them", () => {
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("abcd", 3), "ab…");
  assert.equal(cut("中文字", 4), "中…");
  assert.equal(cut("👩‍👩‍👧x", 2), "…");
  assert.equal(cut("y".repeat(10_000_000), 4), "yyy…");
});

test("a secret inside JSON goes, and JSON stays JSON", () => {
  const mask = createMask(() => ["42", 'a"b', "state"]);
  const odd = createMask(() => ["n", "\\"]);
  assert.equal(odd.json('["a\\nb\\\\"]'), '["a\\nb***"]');
  const text = '{"state":"state 42","n":42,"t":"x a\\"b y"}';
  assert.equal(mask.json(text), '{"state":"*** ***","n":42,"t":"x *** y"}');
  assert.equal(mask.text('a"b is 42'), "*** is ***");
});

test("a secret that holds another goes as a whole", () => {
  assert.equal(createMask(() => ["abc", "abcdef", ""]).text("abcdef abc"), "*** ***");
});

test("quantities are told as people tell them", () => {
  assert.equal(countText(9007199254740993n), "9,007,199,254,740,993");
  assert.deepEqual([0, 999, 1000, 999_500, 12_345_678].map(sizeText), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.0 MB",
    "12.3 MB",
  ]);
  assert.deepEqual([0, 59_940, 59_960, 185_000].map(durationText), [
    "0.0 s",
    "59.9 s",
    "1 min 00 s",
    "3 min 05 s",
  ]);
  const now = new Date("2026-03-03T00:00:00Z");
  assert.deepEqual(
    ["2026-03-04", "2026-03-02T23:59:01Z", "2026-03-02T23:58:00Z", "2026-03-02", "2026-02-28"].map(
      (then) => ageText(new Date(then), now),
    ),
    ["just now", "just now", "2 min ago", "1 day ago", "3 days ago"],
  );
  assert.deepEqual([plural(1, "row"), plural(2n, "row")], ["1 row", "2 rows"]);
});
