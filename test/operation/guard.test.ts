/** Rules of a table: every new row keeps them, or nothing is written and the row is shown. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import { guardOf } from "../../src/operation/guard.ts";
import { keptRules } from "../../src/operation/kept-rule.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { fromSparkExpression } from "../../src/operation/spark-expression.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import type { Field } from "../../src/schema/type.ts";
import { column } from "../delta/lake.ts";
import { type Bench, openBench, tenEach } from "./table.ts";

const breaks = (rule: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, "operation/rule-broken", error.message);
  assert.match(error.message, rule);
  return true;
};

test("a CHECK constraint is kept by updates and merges, and null breaks it", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1, {
    configuration: { "delta.constraints.small": 'id < 100 AND `v` <> "bad"' },
  });
  const update = (set: Record<string, string>) =>
    updateRows(bench.context, table, { set, where: "id = 3" });
  await assert.rejects(update({ id: "100" }), breaks(/CHECK constraint small.*"id":100/));
  await assert.rejects(update({ id: "NULL" }), breaks(/CHECK constraint small.*"id":null/));
  await assert.rejects(update({ v: "'bad'" }), breaks(/CHECK constraint small/));
  await assert.rejects(
    mergeRows(bench.context, table, {
      source: "(SELECT 500::BIGINT AS id, 'v' AS v, 'p' AS p)",
      on: "target.id = source.id",
      clauses: [{ when: "not matched", do: "insert", values: "all" }],
    }),
    breaks(/"id":500/),
  );
  assert.equal((await bench.lake.open("t")).version, table.version);
  assert.equal((await update({ id: "99" })).snapshot.version, table.version + 1);
});

const required = (field: Field): Field => ({ ...field, nullable: false });

const NESTED: readonly Field[] = [
  required(column("id", "long")),
  column("s", { kind: "struct", fields: [required(column("a", "long")), column("b", "long")] }),
  column("l", { kind: "array", element: "long", containsNull: false }),
  column("m", { kind: "map", key: "string", value: "long", valueContainsNull: false }),
  column("d", {
    kind: "array",
    element: { kind: "struct", fields: [required(column("x", "long"))] },
    containsNull: true,
  }),
];

test("what may not be null is not null at any level of nesting", async (t) => {
  const { context } = await openBench(t);
  const guard = await guardOf(context.engine, { folder: "t", fields: NESTED, configuration: {} });
  const row = {
    id: "1",
    s: "{'a': 1, 'b': NULL}",
    l: "[1]",
    m: "MAP {'k': 1}",
    d: "[{'x': 1}, NULL]",
  };
  const run = (change: Partial<typeof row>) => {
    const list = Object.entries({ ...row, ...change }).map(([name, sql]) => `${sql} AS ${name}`);
    return guard.watch(() => context.engine.rows(guard.wrap(`SELECT ${list.join(", ")}`)));
  };
  assert.equal((await run({})).length, 1);
  assert.equal(
    (await run({ s: "NULL::STRUCT(a BIGINT, b BIGINT)", l: "NULL::BIGINT[]" })).length,
    1,
  );
  await assert.rejects(run({ id: "NULL::BIGINT" }), breaks(/NOT NULL of column id/));
  await assert.rejects(run({ s: "{'a': NULL::BIGINT, 'b': 1}" }), breaks(/NOT NULL of column s/));
  await assert.rejects(run({ l: "[1, NULL]" }), breaks(/NOT NULL of column l/));
  await assert.rejects(run({ m: "MAP {'k': NULL::BIGINT}" }), breaks(/NOT NULL of column m/));
  await assert.rejects(run({ d: "[{'x': NULL::BIGINT}]" }), breaks(/NOT NULL of column d/));
});

test("invariants and generated columns are kept, and identity columns are left to the commit", async (t) => {
  const { context } = await openBench(t);
  const fields: readonly Field[] = [
    {
      ...column("x", "long"),
      metadata: { "delta.invariants": '{"expression":{"expression":"x > 3"}}' },
    },
    { ...column("y", "long"), metadata: { "delta.generationExpression": "x * 2" } },
    { ...column("i", "long"), metadata: { "delta.identity.start": 1, "delta.identity.step": 1 } },
  ];
  const guard = await guardOf(context.engine, { folder: "t", fields, configuration: {} });
  assert.deepEqual(guard.kept, ["invariant of column x", "generated column y"]);
  const run = (x: string, y: string) =>
    guard.watch(() =>
      context.engine.rows(guard.wrap(`SELECT ${x}::BIGINT AS x, ${y}::BIGINT AS y, 1 AS i`)),
    );
  assert.equal((await run("4", "8")).length, 1);
  await assert.rejects(run("3", "6"), breaks(/invariant of column x/));
  await assert.rejects(run("4", "9"), breaks(/generated column y/));
  await assert.rejects(run("4", "NULL"), breaks(/generated column y/));
});

test("a rule in words that the engine does not know is refused by its name", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 1, {
    configuration: { "delta.constraints.odd": "id RLIKE '[0-9]+' AND no_such_function(id)" },
  });
  await assert.rejects(updateRows(bench.context, table, { set: { v: "'x'" } }), {
    code: "operation/unknown-rule",
  });
});

test("a table with a rule takes no row from who does not say that it holds", async (t) => {
  const bench: Bench = await openBench(t);
  const table = await tenEach(bench, 0, { configuration: { "delta.constraints.c": "id > 0" } });
  await assert.rejects(
    bench.lake.staged({ shape: table }, "SELECT 1::BIGINT AS id, 'v' AS v, 'p' AS p", (add) =>
      commit(bench.context.delta, table, { operation: "WRITE", add }),
    ),
    { code: "delta/unsupported-to-write" },
  );
});

test("texts, names and the equality of nulls are brought from Spark's words to the engine's", () => {
  assert.equal(
    fromSparkExpression("`a b` <=> \"it's\" AND c = 'x\\'y' AND d = 'plain'"),
    `"a b"  IS NOT DISTINCT FROM  'it''s' AND c = 'x''y' AND d = 'plain'`,
  );
});

test("staged files are held against the rules of their table before they are added", async (t) => {
  const bench = await openBench(t);
  const table = await tenEach(bench, 0, {
    partitionColumns: ["p"],
    configuration: { "delta.constraints.c": "id > 0 AND p <> 'no'" },
  });
  const stage = (id: number, p: string) =>
    bench.lake.staged(
      { shape: table },
      `SELECT ${id}::BIGINT AS id, 'v' AS v, '${p}' AS p`,
      (add) => keptRules(bench.context.engine, "t", layoutOf(table), add),
    );
  assert.deepEqual(await stage(1, "yes"), ["CHECK constraint c"]);
  await assert.rejects(stage(0, "yes"), breaks(/"id":0/));
  await assert.rejects(stage(1, "no"), breaks(/"p":"no"/));
});
