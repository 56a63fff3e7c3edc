/** Comparing rows that came from different engines, without regard to their order. */

import assert from "node:assert/strict";
import { renderJson } from "../../src/base/json.ts";
import type { Engine, Row } from "../../src/engine/engine.ts";
import { quoteName } from "../../src/sql/quote.ts";

/** Fails unless two relations have the same columns, in order, with the same types and the same rows. */
export async function assertSameRows(engine: Engine, found: string, wanted: string): Promise<void> {
  const shape = await shapeOf(engine, wanted);
  assert.deepEqual(await shapeOf(engine, found), shape);
  // Rows of no column are equal where there are as many.
  const list = Object.keys(shape).map(quoteName).join(", ") || "1";
  const [left, right] = [found, wanted].map((relation) => `(SELECT ${list} FROM ${relation})`);
  const surplus = await engine.rows(`FROM (${left} EXCEPT ALL ${right}) LIMIT 3`);
  const missing = await engine.rows(`FROM (${right} EXCEPT ALL ${left}) LIMIT 3`);
  if (surplus.length + missing.length > 0) {
    assert.fail(`The rows differ.${listed("too many", surplus)}${listed("missing", missing)}`);
  }
}

function listed(what: string, rows: readonly Row[]): string {
  return rows.map((row) => `\n${what}: ${renderJson(row).slice(0, 500)}`).join("");
}

async function shapeOf(engine: Engine, relation: string): Promise<Record<string, string>> {
  const columns = await engine.rows(`DESCRIBE FROM ${relation}`);
  return Object.fromEntries(
    columns.map((row) => [String(row.column_name), String(row.column_type)]),
  );
}
