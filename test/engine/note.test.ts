/** Numbers that statements note. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";

const engine = await createDuckDB({ threads: 2 });
after(() => engine.close());

test("each row is noted once that is asked, in whichever thread, and is no row of the result", async () => {
  const notes = await engine.openNotes();
  const kept = await engine.rows(
    `select count(*)::integer as count from range(1000000) t(i) where case when i % 10 > 0 then true else ${notes.write("i + 4503599627370496")} end`,
  );
  assert.deepEqual(kept, [{ count: 900_000 }]);
  const numbers = await notes.read();
  assert.equal(numbers.length, 100_000);
  assert.ok(numbers.every((number, index) => number === index * 10 + 4503599627370496));
  await notes.close();
});

test("notes of several sessions are told apart, and those of one that is closed are gone", async () => {
  const other = await engine.session();
  const [mine, theirs] = [await engine.openNotes(), await other.openNotes()];
  await Promise.all([
    engine.run(`select count(*) from range(100) t(i) where ${mine.write("i")}`),
    other.run(`select count(*) from range(100) t(i) where ${theirs.write("i + 1000")}`),
  ]);
  await mine.close();
  assert.deepEqual(
    [...(await theirs.read())],
    Array.from({ length: 100 }, (_, i) => i + 1000),
  );
  await theirs.close();
  const later = await engine.openNotes();
  assert.equal((await later.read()).length, 0);
  const [left] = await engine.rows("select count(*)::integer as count from duckdb_logs");
  assert.deepEqual(left, { count: 0 });
  await later.close();
  other.close();
});
