/** Quoted names and literals mean themselves in real SQL. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";

test("any text comes back from the engine as a value and as a name", async () => {
  const engine = await createDuckDB();
  try {
    for (const text of [
      "it's",
      '"',
      "a\\'b",
      "-- x",
      "é 😀\n",
      "$$",
      "x".repeat(300),
      "select",
      "%s ? :a",
    ]) {
      assert.deepEqual(await engine.rows(`SELECT ${quoteText(text)} AS ${quoteName(text)}`), [
        { [text]: text },
      ]);
    }
    assert.deepEqual(await engine.rows(`SELECT ${quoteText("a\0'b\0")} AS x`), [{ x: "a\0'b\0" }]);
  } finally {
    engine.close();
  }
});
