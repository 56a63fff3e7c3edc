/** Constraints: none stands that a row breaks, whoever appended it and when. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { alterTable } from "../../src/delta/alter/alter.ts";
import { history } from "../../src/delta/history.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { addConstraint } from "../../src/operation/add-constraint.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

let tables = 0;
async function filled(values: string): Promise<Snapshot> {
  tables += 1;
  const fields = [column("Id", "long"), column("name", "string")];
  const empty = await lake.create(`t${tables}`, { fields });
  return lake.append(empty, `SELECT * FROM (VALUES ${values}) AS v("Id", name)`);
}

const refusal = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, pattern);
  return true;
};

test("a constraint that all rows satisfy stands, and closes the table to whoever does not know it", async () => {
  const base = await filled("(1::BIGINT, 'a'), (2, NULL)");
  const table = await addConstraint(context, base, { name: "low", expression: "`id` < 9" });
  assert.equal(table.metadata.configuration["delta.constraints.low"], "`id` < 9");
  assert.deepEqual(table.protocol, { minReaderVersion: 1, minWriterVersion: 3 });
  const [told] = await history(lake.context, table.folder);
  assert.equal(told?.operation, "ADD CONSTRAINT");
  assert.deepEqual(told?.parameters, { name: "low", expr: "`id` < 9" });
  await assert.rejects(
    lake.append(table, "SELECT 3::BIGINT AS Id, 'c' AS name"),
    refusal("delta/unsupported-to-write", /CHECK constraint low/),
  );
});

test("a constraint that rows break, by false or by null, is refused with their number and one of them", async () => {
  const base = await filled("(1::BIGINT, 'a'), (NULL, 'b'), (10, 'c')");
  await assert.rejects(
    addConstraint(context, base, { name: "low", expression: "Id < 9" }),
    refusal("operation/rule-broken", /2 of the rows in table t\d+ break[\s\S]*"Id":10,"name":"c"/),
  );
  assert.equal((await lake.open(base.folder)).version, base.version);
});

test("rows that another appended meanwhile are looked at before the constraint stands", async () => {
  const base = await filled("(1::BIGINT, 'a')");
  await lake.append(base, "SELECT 100::BIGINT AS Id, 'late' AS name");
  await assert.rejects(
    addConstraint(context, base, { name: "low", expression: "Id < 9" }),
    refusal("operation/rule-broken", /late/),
  );
  const table = await addConstraint(context, base, { name: "high", expression: "Id > 0" });
  assert.equal(table.version, base.version + 2);
});

test("what this engine does not understand, and what is no condition, is refused", async () => {
  const base = await filled("(1::BIGINT, 'a')");
  for (const expression of ["no_such_column > 1", "regexp_like_spark(name)", "Id <", "name + 1"]) {
    await assert.rejects(
      addConstraint(context, base, { name: "odd", expression }),
      refusal("operation/unknown-rule", /CHECK constraint odd/),
    );
  }
});

test("a name is given once, whatever its case, and free again after the constraint was dropped", async () => {
  const base = await filled("(1::BIGINT, 'a')");
  const table = await addConstraint(context, base, { name: "Low", expression: "Id < 9" });
  await assert.rejects(
    addConstraint(context, table, { name: "low", expression: "Id < 8" }),
    refusal("delta/bad-property", /has a CHECK constraint Low already: Id < 9/),
  );
  await assert.rejects(
    addConstraint(context, table, { name: " ", expression: "Id < 8" }),
    refusal("delta/bad-property", /no name/),
  );
  const free = await alterTable(lake.context, table, { change: "drop constraint", name: "LOW" });
  const again = await addConstraint(context, free, { name: "low", expression: "Id < 8" });
  assert.deepEqual(again.metadata.configuration, { "delta.constraints.low": "Id < 8" });
});

test("a table without rows takes any constraint that is understood", async () => {
  tables += 1;
  const empty = await lake.create(`t${tables}`, { fields: [column("d", "date")] });
  const table = await addConstraint(context, empty, {
    name: "new",
    expression: "d >= '2020-01-01' AND d IS NOT NULL",
  });
  assert.equal(table.version, 1);
});

test("a constraint takes the place of the one with its name in one commit, and only where all rows satisfy it", async () => {
  const base = await filled("(1::BIGINT, 'a'), (5, 'b')");
  const first = await addConstraint(context, base, { name: "Low", expression: "Id < 9" });
  const stricter = { name: "low", expression: "Id < 3", replaces: true };
  await assert.rejects(
    addConstraint(context, first, stricter),
    refusal("operation/rule-broken", /1 of the rows[\s\S]*"Id":5/),
  );
  assert.equal((await lake.open(base.folder)).version, first.version);
  const next = await addConstraint(context, first, { ...stricter, expression: "Id < 6" });
  assert.equal(next.version, first.version + 1);
  assert.deepEqual(next.metadata.configuration, { "delta.constraints.Low": "Id < 6" });
  const fresh = await addConstraint(context, next, {
    ...stricter,
    name: "high",
    expression: "Id > 0",
  });
  assert.equal(fresh.metadata.configuration["delta.constraints.high"], "Id > 0");
});
