/** Comparing a table with the model: all rows of a version, and the rows of a condition by every way to them. */

import assert from "node:assert/strict";
import { openScan, openSnapshot, scan } from "../../../src/delta/table.ts";
import type { TableFiles } from "../../../src/schema/table-files.ts";
import { conditionText, filterOf, satisfies } from "./condition.ts";
import { type Expected, rowsOf } from "./expected.ts";
import type { Condition } from "./operation.ts";
import { type Place, TABLE } from "./table.ts";

/** Fails unless the version holds the rows, columns and transactions that are expected. */
export async function checkVersion(
  { context, engine }: Place,
  version: number,
  expected: Expected,
): Promise<void> {
  const snapshot = await openSnapshot(context, TABLE, { version });
  assert.ok(snapshot !== undefined, "the table is gone");
  const { nameOfV, added } = expected;
  assert.deepEqual(
    snapshot.metadata.fields.map(({ name }) => name),
    ["id", nameOfV, "k", ...added.map(({ name }) => name)],
    `columns of version ${version}`,
  );
  const files = await scan(context, snapshot);
  const rows = await engine.rows(`SELECT * FROM ${engine.relation(files)} ORDER BY id`);
  assert.deepEqual(rows, rowsOf(expected, expected.rows), `rows of version ${version}`);
  assert.equal(snapshot.rows, BigInt(expected.rows.length), `rows counted in version ${version}`);
  assert.deepEqual(
    Object.fromEntries([...snapshot.transactions].toSorted()),
    Object.fromEntries(
      Object.entries(expected.apps)
        .map(([app, last]) => [app, BigInt(last)] as const)
        .toSorted(),
    ),
    `transactions of version ${version}`,
  );
}

/** Fails unless a query with the condition finds its rows, whether the files come from a snapshot or without one. */
export async function checkCondition(
  place: Place,
  version: number,
  condition: Condition,
  expected: Expected,
): Promise<void> {
  const { context, engine } = place;
  const { nameOfV } = expected;
  const filters = [filterOf(condition, nameOfV)];
  const text = conditionText(condition, nameOfV);
  const wanted = expected.rows
    .filter((row) => satisfies(row, condition))
    .map(({ id }) => BigInt(id))
    .toSorted((a, b) => Number(a - b));
  const found = async (files: TableFiles | undefined): Promise<unknown[]> => {
    assert.ok(files !== undefined, "the table is gone");
    const query = `SELECT id FROM ${engine.relation(files)} WHERE ${text} ORDER BY id`;
    return (await engine.rows(query)).map(({ id }) => id);
  };
  const what = `${text} in version ${version}`;
  const snapshot = await openSnapshot(context, TABLE, { version });
  assert.deepEqual(await found(snapshot && (await scan(context, snapshot, filters))), wanted, what);
  const opened = await openScan(context, TABLE, filters, { version });
  assert.deepEqual(await found(opened?.table), wanted, `${what}, opened for it`);
}
