/** Spans of time: what is read and what is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "../../src/base/duration.ts";

test("each unit is read as milliseconds", () => {
  const read = ["200 ms", "10 s", "0.5 s", "5 min", "2 h", "7 days", "0 ms"].map(parseDuration);
  assert.deepEqual(read, [200, 10_000, 500, 300_000, 7_200_000, 604_800_000, 0]);
});

test("anything else is refused with the forms that are allowed", () => {
  for (const text of ["", "10", "10s", "-1 s", "1 week", "s", "1e3 s", " 1 s", "9e99 s", "1 s "]) {
    assert.throws(() => parseDuration(text), { code: "duration/unreadable", hint: /"10 s"/ }, text);
  }
});
