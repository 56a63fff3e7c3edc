/** What trials by users found, held so that it stays mended. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, ingest, integer, sql, text, transform, unique } from "../../src/index.ts";
import { land, TABLE, useYards } from "./harness.ts";

const openYard = useYards();

test("a header without a column is told with the file's own columns, once", async () => {
  const { rejected } = await land(
    openYard(),
    { "in.csv": "idd,name\n1,a\n" },
    { from: csv("in.csv"), columns: { id: integer(), name: text() } },
  );
  assert.deepEqual(
    rejected.map(({ reasons }) => reasons),
    [
      [
        '|file|has no column "id" in its header; it has "idd", "name". Is "idd" what "id" should be read from?',
      ],
    ],
  );
});

test("one key that stands twice is told in the singular", async () => {
  const yard = openYard();
  yard.write("in.csv", "id\n1\n1\n");
  const door = ingest(TABLE, { from: csv("in.csv"), columns: { id: integer() } });
  const made = transform("gold.t", sql`select id from ${door}`, {
    checks: { "ids are unique": unique("id") },
  });
  const { result } = await yard.run([door, made]);
  const message = result.steps.find(({ asset }) => asset === "gold.t")?.error?.message ?? "";
  assert.match(message, /"ids are unique": 1 key stands more than once, such as/);
});

test("the times of system tables and quarantines are columns that need no quotes", async () => {
  const { yard } = await land(
    openYard(),
    { "in.csv": "id\nx\n" },
    { from: csv("in.csv"), columns: { id: integer() } },
  );
  const [rejected] = await yard.rows(`quarantine.${TABLE}`, "rejected_at is not null as told");
  const [load] = await yard.rows("system.loads", "recorded_at is not null as told");
  const [line] = await yard.rows("system.ledger", "recorded_at is not null as told");
  assert.deepEqual([rejected?.["told"], load?.["told"], line?.["told"]], [true, true, true]);
});
