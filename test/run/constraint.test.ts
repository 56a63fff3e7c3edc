/** Tests of constraints that a project declares: the table carries them, and no input of ours fails a run by them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../src/delta/history.ts";
import {
  bigint,
  csv,
  decimal,
  ingest,
  integer,
  type Sql,
  sql,
  transform,
} from "../../src/index.ts";
import { loadTable } from "../../src/lake/lake.ts";
import { renderPlan } from "../../src/run/explain.ts";
import { folderOf } from "../../src/schema/table.ts";
import { openSandbox, type Sandbox, stepOf } from "./sandbox.ts";

const TABLE = "bronze.orders";

type Constraints = Readonly<Record<string, Sql | "drop">>;

const orders = (constraints: Constraints, how: object = {}) =>
  ingest(TABLE, {
    from: csv("in/*.csv"),
    columns: { id: integer(), amount: decimal(9, 2).optional() },
    constraints,
    ...how,
  });

const positive = { positive: sql`amount > 0` };

const constraintsOf = (sandbox: Sandbox, table = TABLE): Promise<Record<string, string>> =>
  sandbox.open(async ({ lake }) => {
    const { configuration } = (await loadTable(lake, table)).metadata;
    return Object.fromEntries(
      Object.entries(configuration).filter(([key]) => key.startsWith("delta.constraints.")),
    );
  });

const operationsOf = (sandbox: Sandbox, table = TABLE): Promise<string[]> =>
  sandbox.open(async ({ lake }) => {
    const records = await history(lake.delta, folderOf(table));
    return records.map(({ operation }) => String(operation)).toReversed();
  });

const reasonsOf = async (sandbox: Sandbox): Promise<string[]> => {
  const rows = await sandbox.rows(`quarantine.${TABLE}`, "position, unnest(reasons) as r");
  return rows.map(({ position, r }) => {
    const { column, rule, message, value } = r as Record<string, unknown>;
    return [position, column, rule, message, value].map(String).join("|");
  });
};

test("a new table has its constraints from its first version, and rows that break one go to the quarantine", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n2,-1\n3,\n4,x\n5,0.01\n");
  const result = await sandbox.run([orders(positive)]);
  assert.equal(stepOf(result, TABLE).state, "done");
  assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": "amount > 0" });
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, amount: "2.00" },
    { id: 5, amount: "0.01" },
  ]);
  // Null breaks a constraint, and a value that cannot be read is one reason and not two.
  const broken = "must keep the constraint amount > 0";
  assert.deepEqual(await reasonsOf(sandbox), [
    `in/a.csv:3|null|positive|${broken}|-1.00`,
    `in/a.csv:4|null|positive|${broken}|null`,
    "in/a.csv:5|amount|type|is not a decimal number with at most 7 digits before the point and 2 after it|x",
  ]);
  await sandbox.open(async ({ lake }) => {
    assert.equal((await loadTable(lake, TABLE)).protocol.minWriterVersion, 3);
  });
  sandbox.write("in/b.csv", "id,amount\n6,-5\n7,5\n");
  const next = stepOf(await sandbox.run([orders(positive)]), TABLE);
  assert.deepEqual([next.ledger.written, next.ledger.quarantined], [1, 1]);
  assert.equal((await sandbox.run([orders(positive)])).state, "nothing to do");
});

test("a table that is there is given a constraint that all its rows keep, and refuses another with rows shown", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n2,3\n");
  await sandbox.run([orders({})]);
  const plan = await sandbox.plan([orders(positive)]);
  const step = stepOf(plan, TABLE);
  assert.deepEqual([step.action, step.because], ["update", "its constraints change"]);
  assert.deepEqual(step.constraints, [
    { constraint: "positive", change: "added", from: undefined, to: "amount > 0" },
  ]);
  assert.match(renderPlan(plan), /\n +constraint positive added: amount > 0\n/);
  await sandbox.run([orders(positive)]);
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT", "ADD CONSTRAINT"]);
  assert.equal((await sandbox.run([orders(positive)])).state, "nothing to do");
  sandbox.write("in/b.csv", "id,amount\n3,1\n");
  const stricter = { Positive: sql`amount > 2 and id < 9` };
  const refused = stepOf(await sandbox.run([orders(stricter)]), TABLE);
  assert.equal(refused.error?.code, "operation/rule-broken");
  assert.match(
    refused.error?.message ?? "",
    /1 of the rows .* break .* positive [\s\S]*\{"id":1,"amount":2.0/,
  );
  assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": "amount > 0" });
  assert.equal((await sandbox.rows(TABLE)).length, 2);
  const looser = { positive: sql`amount > 1` };
  const changed = stepOf(await sandbox.plan([orders(looser)]), TABLE);
  assert.deepEqual(changed.constraints, [
    { constraint: "positive", change: "changed", from: "amount > 0", to: "amount > 1" },
  ]);
  await sandbox.run([orders(looser)]);
  assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": "amount > 1" });
  assert.equal((await reasonsOf(sandbox)).length, 1);
});

test("a constraint that is declared no more stays, which the plan says, and goes where the project says so", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  await sandbox.run([orders({ ...positive, known: sql`id is not null` })]);
  const plan = await sandbox.plan([orders({})]);
  assert.equal(stepOf(plan, TABLE).action, "nothing");
  assert.match(
    stepOf(plan, TABLE).notes.join("\n"),
    /constraint positive \(amount > 0\), which is not declared/,
  );
  assert.equal((await sandbox.run([orders({})])).state, "nothing to do");
  const dropped = orders({ positive: "drop", known: sql`id is not null`, never: "drop" });
  assert.match(
    renderPlan(await sandbox.plan([dropped])),
    /constraint positive dropped: amount > 0\n/,
  );
  await sandbox.run([dropped]);
  assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.known": "id IS NOT NULL" });
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT", "DROP CONSTRAINT"]);
  assert.equal((await sandbox.run([dropped])).state, "nothing to do");
});

test("a constraint goes along with a column that is renamed, and is found wrong before anything is changed", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  await sandbox.run([orders(positive)]);
  const columns = { id: integer(), total: decimal(9, 2).optional().formerly("amount") };
  const renamed = (constraints: Constraints) => orders(constraints, { columns });
  const inUse = stepOf(await sandbox.run([renamed({})]), TABLE);
  assert.equal(inUse.error?.code, "delta/column-in-use");
  assert.match(
    inUse.error?.message ?? "",
    /"amount" cannot be renamed: the CHECK constraint positive/,
  );
  // Found before anything is changed: a row breaks the one that is declared beside the new name.
  const wrong = stepOf(await sandbox.run([renamed({ positive: sql`total > 2` })]), TABLE);
  assert.equal(wrong.error?.code, "operation/rule-broken");
  assert.deepEqual(await operationsOf(sandbox), ["CREATE TABLE AS SELECT"]);
  sandbox.write("in/b.csv", "id,total\n2,-2\n3,3\n");
  await sandbox.run([renamed({ positive: sql`total > 0` })]);
  assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": "total > 0" });
  assert.deepEqual((await operationsOf(sandbox)).slice(1), [
    "DROP CONSTRAINT",
    "RENAME COLUMN",
    "ADD CONSTRAINT",
    "WRITE",
  ]);
  assert.deepEqual(await sandbox.rows(TABLE), [
    { id: 1, total: "2.00" },
    { id: 3, total: "3.00" },
  ]);
});

test("a merged table, one that is overwritten, and a replay keep constraints, and no input fails the run", async (t) => {
  for (const write of [{ merge: "id" }, "overwrite"] as const) {
    const sandbox = openSandbox(t);
    sandbox.write("in/a.csv", "id,amount\n1,2\n2,-1\n");
    const asset = (constraints: Constraints) => orders(constraints, { write });
    await sandbox.run([asset({})]);
    sandbox.write("in/b.csv", "id,amount\n2,7\n3,-1\n");
    const named = JSON.stringify(write);
    const result = stepOf(await sandbox.run([asset(positive)]), TABLE);
    if (write === "overwrite") {
      // All rows are judged anew, so that what broke it before is quarantined.
      assert.equal(result.state, "done", result.error?.message);
    } else {
      assert.equal(result.error?.code, "operation/rule-broken");
      await sandbox.run([asset({ positive: sql`amount > -2` })]);
    }
    const bound = write === "overwrite" ? "amount > 0" : "amount > -2";
    assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": bound }, named);
    sandbox.write("in/c.csv", "id,amount\n4,-9\n5,9\n");
    const declared = write === "overwrite" ? positive : { positive: sql`amount > -2` };
    assert.equal(stepOf(await sandbox.run([asset(declared)]), TABLE).state, "done");
    const ids = (await sandbox.rows(TABLE)).map(({ id }) => id);
    assert.deepEqual(ids, write === "overwrite" ? [1, 2, 5] : [1, 2, 3, 5]);
    assert.ok(
      (await reasonsOf(sandbox)).some((reason) => reason.includes("in/c.csv:2|null|positive")),
    );
    assert.equal((await sandbox.run([asset(declared)])).state, "nothing to do");
  }
});

test("sums that leave the range of their type break a constraint, and fail no run", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "a,b\n1,2\n9223372036854775807,1\n");
  const asset = ingest(TABLE, {
    from: csv("in/*.csv"),
    columns: { a: bigint(), b: bigint() },
    constraints: { small: sql`a + b < 100` },
  });
  const { ledger, state } = stepOf(await sandbox.run([asset]), TABLE);
  assert.deepEqual([state, ledger.written, ledger.quarantined], ["done", 1, 1]);
});

test("a constraint that engines could take for different things, or that looks into a table, is refused by the plan", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  const other = transform("gold.one", sql`select 1 as one`);
  const refuse = (constraint: Sql, code: string, message: RegExp) =>
    assert.rejects(sandbox.plan([other, orders({ odd: constraint })]), { code, message });
  await refuse(
    sql`amount / 2 > 1`,
    "operation/no-common-meaning",
    /The constraint "odd" of bronze\.orders at .*constraint\.test\.ts:\d+ cannot be kept/,
  );
  await refuse(sql`nothing > 1`, "operation/no-common-meaning", /"nothing" is none of its columns/);
  await refuse(
    sql`id in (select one from ${other})`,
    "project/bad-constraint",
    /looks into gold\.one/,
  );
  const bad = (constraints: object, message: RegExp) =>
    assert.throws(() => orders(constraints as Constraints), {
      code: "project/bad-option",
      message,
    });
  bad({ odd: "amount > 0" }, /constraints of ingest\("bronze\.orders"\), "odd", is "amount > 0"/);
  bad([sql`true`], /constraints/);
  bad({ a: positive.positive, A: positive.positive }, /constraints/);
  bad({ " a": positive.positive }, /constraints/);
  assert.throws(
    () => orders({}, { properties: { "delta.constraints.x": "id > 0" } }),
    (error: { hint?: string }) => /constraints: \{/.test(error.hint ?? ""),
  );
});

const TOTALS = "gold.totals";

const totals = (
  constraints: Constraints,
  how: object = {},
  query = sql`select id, amount from ${orders({})}`,
) => [orders({}), transform(TOTALS, query, { constraints, ...how })];

test("a transform that would break a constraint fails before its commit, and shows rows", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n2,-1\n");
  const refused = stepOf(await sandbox.run(totals(positive)), TOTALS);
  assert.equal(refused.error?.code, "transform/check");
  assert.match(refused.error?.message ?? "", /"constraint positive": 1 row offends[\s\S]*"id":2/);
  assert.deepEqual(await sandbox.tables().then((all) => all.includes(TOTALS)), false);
  const good = sql`select id, amount from ${orders({})} where amount > 0`;
  await sandbox.run(totals(positive, {}, good));
  assert.deepEqual(await constraintsOf(sandbox, TOTALS), {
    "delta.constraints.positive": "amount > 0",
  });
  // Made anew, with the same columns and with others, it keeps the constraint.
  sandbox.write("in/b.csv", "id,amount\n3,4\n");
  await sandbox.run(totals(positive, {}, good));
  const more = sql`select id, amount, 1 as one from ${orders({})} where amount > 0`;
  await sandbox.run(totals(positive, {}, more));
  assert.deepEqual(await constraintsOf(sandbox, TOTALS), {
    "delta.constraints.positive": "amount > 0",
  });
  assert.deepEqual(await operationsOf(sandbox, TOTALS), [
    "CREATE TABLE AS SELECT",
    "CREATE OR REPLACE TABLE AS SELECT",
    "CREATE OR REPLACE TABLE AS SELECT",
  ]);
  // The query and the constraint change together: only the new rows count.
  const other = sql`select id, -amount as amount from ${orders({})} where amount > 0`;
  await sandbox.run(totals({ positive: sql`amount < 0` }, {}, other));
  assert.deepEqual(await constraintsOf(sandbox, TOTALS), {
    "delta.constraints.positive": "amount < 0",
  });
  assert.equal(
    (await sandbox.run(totals({ positive: sql`amount < 0` }, {}, other))).state,
    "nothing to do",
  );
  await sandbox.run(totals({ positive: "drop" }));
  assert.deepEqual(await constraintsOf(sandbox, TOTALS), {});
  assert.equal((await sandbox.rows(TOTALS)).length, 3);
});

test("a transform whose rows stay is given a constraint without being made anew", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  for (const write of ["overwrite", "append", { merge: "id" }]) {
    const name = JSON.stringify(write);
    const assets = (constraints: Constraints) => totals(constraints, { write });
    await sandbox.run(assets({ positive: "drop" }));
    const rows = (await sandbox.rows(TOTALS)).length;
    const step = stepOf(await sandbox.plan(assets(positive)), TOTALS);
    assert.deepEqual([step.action, step.because], ["update", "its constraints change"], name);
    await sandbox.run(assets(positive));
    assert.equal((await operationsOf(sandbox, TOTALS)).at(-1), "ADD CONSTRAINT", name);
    assert.equal((await sandbox.run(assets(positive))).state, "nothing to do", name);
    sandbox.write(`in/${rows}.csv`, `id,amount\n${rows + 10},5\n`);
    await sandbox.run(assets(positive));
    assert.equal((await sandbox.rows(TOTALS)).length, rows + 1, name);
  }
  sandbox.write("in/z.csv", "id,amount\n99,-5\n");
  const refused = stepOf(await sandbox.run(totals(positive, { write: { merge: "id" } })), TOTALS);
  assert.equal(refused.error?.code, "transform/check");
});

test("whoever is killed between two commits is followed by a run that goes on from there", async (t) => {
  for (let killedAfter = 1; ; killedAfter += 1) {
    const sandbox = openSandbox(t);
    sandbox.write("in/a.csv", "id,amount,fax\n1,2,3\n");
    const before = { id: integer(), amount: decimal(9, 2).optional(), fax: integer() };
    await sandbox.run([orders(positive, { columns: before })]);
    const columns = { id: integer(), total: decimal(9, 2).optional().formerly("amount") };
    const now = [orders({ positive: sql`total > 1` }, { columns, drop: ["fax"] })];
    let commits = 0;
    const crash = (point: string) => {
      if (point !== "delta/committed") return;
      commits += 1;
      if (commits === killedAfter) throw new Error("killed");
    };
    const killed = await sandbox.run(now, { crash }).then(
      () => commits < killedAfter,
      () => false,
    );
    assert.equal(stepOf(await sandbox.run(now), TABLE).error, undefined);
    assert.deepEqual(await sandbox.rows(TABLE), [{ id: 1, total: "2.00" }]);
    assert.deepEqual(await constraintsOf(sandbox), { "delta.constraints.positive": "total > 1" });
    assert.deepEqual((await operationsOf(sandbox)).slice(1), [
      "DROP CONSTRAINT",
      "RENAME COLUMN",
      "DROP COLUMNS",
      "ADD CONSTRAINT",
    ]);
    if (killed) break;
  }
});
