/** Tests of scripts/table.ts: text in columns. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderCount, renderDuration, renderTable } from "../../scripts/table.ts";

test("words stand to the left, numbers to the right, and no line ends in a blank", () => {
  assert.equal(
    renderTable(
      ["Name", "Rows"],
      [
        ["a", "1"],
        ["longer", "1,234,567"],
      ],
    ),
    ["Name         Rows", "------  ---------", "a               1", "longer  1,234,567", ""].join(
      "\n",
    ),
  );
  assert.equal(renderTable(["A", "B"], [["x", ""]]), "A  B\n-  -\nx\n");
});

test("a count has commas and a duration the unit that fits", () => {
  assert.equal(renderCount(12345678n), "12,345,678");
  assert.deepEqual([0, 449, 59_940, 185_000, 3_600_000].map(renderDuration), [
    "0.0 s",
    "0.4 s",
    "59.9 s",
    "3 m 05 s",
    "60 m 00 s",
  ]);
});
