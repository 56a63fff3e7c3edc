/** A transform makes its table anew when what it reads or says has changed, and only when its checks hold. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import {
  type Asset,
  accepted,
  bigint,
  csv,
  float,
  holds,
  ingest,
  integer,
  notNull,
  param,
  related,
  rowCount,
  sql,
  text,
  transform,
  unique,
} from "../../src/index.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const items = ingest("bronze.items", {
  from: csv("items/*.csv"),
  columns: { id: bigint().between(1n, 999n), kind: text().optional(), price: integer().optional() },
});

function withItems(sandbox: Sandbox, rows = "1,a,10\n2,b,20\n3,,\n"): void {
  sandbox.write("items/a.csv", `id,kind,price\n${rows}`);
}

/** The error of a step, which must have one. */
async function failureOf(sandbox: Sandbox, assets: readonly Asset[], name: string) {
  const { error } = stepOf(await sandbox.run(assets), name);
  assert.ok(error, `${name} has not failed`);
  return error;
}

test("every kind of check passes over what holds, and nulls offend none but notNull and holds", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const all = transform("gold.all", sql`select * from ${items}`, {
    checks: {
      unique: unique(["id", "kind"]),
      "not null": notNull("id"),
      accepted: accepted("kind", ["a", "b"]),
      related: related("id", items, "id"),
      "row count": rowCount({ min: 3, max: 3 }),
      holds: holds(sql`id > 0`),
    },
  });
  assert.equal((await sandbox.run([items, all])).state, "done");
  assert.equal((await sandbox.rows("gold.all")).length, 3);
});

const OFFENDED = {
  unique: [unique("kind"), /1 key stands more than once.*"kind":"a"/s],
  "not null": [notNull(["id", "price"]), /1 row offends.*"price":null/s],
  accepted: [accepted("kind", ["a"]), /1 row offends.*"kind":"b"/s],
  related: [related("price", items, "id"), /3 rows offend.*"price":10/s],
  "too few": [rowCount({ min: 10 }), /has 4 rows and must have at least 10/],
  "too many": [rowCount({ max: 1 }), /has 4 rows and must have at most 1/],
  holds: [holds(sql`price > 0`), /1 row offends.*"price":null/s],
} as const;

for (const [name, [check, message]] of Object.entries(OFFENDED)) {
  test(`a check of kind ${name} that does not hold shows the rows and makes no table`, async (t) => {
    const sandbox = openSandbox(t);
    withItems(sandbox, "1,a,10\n2,b,20\n3,,\n4,a,40\n");
    const all = transform("gold.all", sql`select * from ${items}`, { checks: { it: check } });
    const error = await failureOf(sandbox, [items, all], "gold.all");
    assert.equal(error.code, "transform/check");
    assert.match(error.message, message);
    assert.equal(await sandbox.version("gold.all"), undefined);
  });
}

test("a failed check leaves the old version, a warning is a note", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const all = transform("gold.all", sql`select * from ${items}`, {
    checks: {
      "prices are known": notNull("price", { severity: "warning" }),
      few: rowCount({ max: 3 }),
    },
  });
  const first = stepOf(await sandbox.run([items, all]), "gold.all");
  assert.deepEqual([first.state, first.version], ["done", 0]);
  assert.match(String(first.notes), /warning: "prices are known" does not hold: 1 row/);
  sandbox.write("items/b.csv", "id,kind,price\n4,c,1\n");
  const error = await failureOf(sandbox, [items, all], "gold.all");
  assert.match(error.hint ?? "", /Version 0 stays/);
  assert.equal((await sandbox.rows("gold.all")).length, 3);
});

test("the query, a check, a parameter or an input that changed makes the table anew, nothing else does", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const least = param("least", { default: 0 });
  const all = transform("gold.all", sql`select * from ${items} where id > ${least}`);
  const because = async (assets: readonly Asset[], params = {}) => {
    const plan = stepOf(await sandbox.plan(assets, { params }), "gold.all");
    const { state } = stepOf(await sandbox.run(assets, { params }), "gold.all");
    assert.equal(state, plan.action === "nothing" ? "up to date" : "done");
    return plan.because;
  };
  assert.equal(await because([items, all]), "it is new");
  assert.equal(await because([items, all]), "");
  assert.equal(
    await because([items, all], { least: "1" }),
    "its definition or a parameter changed",
  );
  assert.equal(await because([items, all], { least: "1" }), "");
  const checked = transform("gold.all", sql`select * from ${items} where id > ${least}`, {
    checks: { ids: unique("id"), items: related("id", items, "id") },
  });
  assert.equal(await because([items, checked]), "its definition or a parameter changed");
  assert.equal(await because([items, checked]), "");
  sandbox.write("items/b.csv", "id,kind,price\n4,c,1\n");
  assert.equal(await because([items, checked]), "bronze.items will change");
  assert.equal((await sandbox.rows("gold.all")).length, 4);
  assert.equal(await because([items, checked]), "");
});

test("names of any kind and types that a table lacks come through", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox, "1,a,10\n");
  const odd = transform(
    "gold.odd",
    sql`select id as "Restaurant Id", kind as "a ""quoted"" one", price as "größe", 1 as "select",
      170141183460469231731687303715884105727::hugeint // 100 as huge, uuid '00000000-0000-0000-0000-000000000001' as u,
      time '12:30:00' as t, interval 3 day as i, 'x'::enum('x', 'y') as e, 7::utinyint as small, null as nothing,
      {'a': [1, 2]} as nested, map {'k': 1.5} as m, 1::bit as bits, current_date as d
      from ${items}`,
    { checks: { odd: unique(["Restaurant Id", 'a "quoted" one']), ö: notNull("größe") } },
  );
  const result = await sandbox.run([items, odd]);
  assert.equal(result.state, "done", JSON.stringify(stepOf(result, "gold.odd").error));
  const [row] = await sandbox.rows("gold.odd", "* exclude d");
  assert.deepEqual(row, {
    "Restaurant Id": 1n,
    'a "quoted" one': "a",
    größe: 10,
    select: 1,
    huge: "1701411834604692317316873037158841057",
    u: "00000000-0000-0000-0000-000000000001",
    t: "12:30:00",
    i: "3 days",
    e: "x",
    small: 7,
    nothing: null,
    nested: { a: [1, 2] },
    m: [{ key: "k", value: "1.5" }],
    bits: "00000000000000000000000000000001",
  });
  assert.equal((await sandbox.run([items, odd])).state, "nothing to do");
});

test("a partitioned transform and one without rows are whole tables with whole checks", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox, "1,a,10\n2,b/ä,20\n3,,30\n");
  const parts = transform("gold.parts", sql`select *, kind as "the kind" from ${items}`, {
    partitionBy: ["the kind"],
    checks: { ids: unique("id"), kinds: accepted("the kind", ["a", "b/ä"]) },
  });
  const none = transform("gold.none", sql`select * from ${parts} where false`, {
    checks: { none: rowCount({ max: 0 }), ids: unique("id"), kinds: holds(sql`"the kind" = 'a'`) },
  });
  const result = await sandbox.run([items, parts, none]);
  assert.equal(result.state, "done", JSON.stringify(result.steps.map(({ error }) => error)));
  assert.deepEqual(await sandbox.rows("gold.parts", '"the kind", id'), [
    { "the kind": "a", id: 1n },
    { "the kind": "b/ä", id: 2n },
    { "the kind": null, id: 3n },
  ]);
  assert.deepEqual(await sandbox.rows("gold.none"), []);
});

test("a declared shape is held against the query before anything is written", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const query = sql`select id, price from ${items}`;
  const declared = (columns: Parameters<typeof transform>[2]): Asset =>
    transform("gold.shape", query, columns) as Asset;
  const messageOf = async (asset: Asset): Promise<string> => {
    await assert.rejects(sandbox.plan([items, asset]), { code: "transform/shape" });
    return sandbox.plan([items, asset]).then(String, (error: Error) => error.message);
  };
  assert.match(
    await messageOf(declared({ columns: { id: bigint(), prize: integer() } })),
    /"prize"/,
  );
  assert.match(
    await messageOf(declared({ columns: { id: text(), price: integer() } })),
    /"id" as string, and its query gives long/,
  );
  assert.match(
    await messageOf(declared({ columns: { id: bigint() } })),
    /"price", which is not declared/,
  );
  await sandbox.run([items, declared({ columns: { price: float().optional(), id: integer() } })]);
  assert.deepEqual((await sandbox.rows("gold.shape"))[0], { price: 10, id: 1 });
});

test("a transform whose columns become others replaces the table whole", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const before = transform("gold.all", sql`select id, price as amount from ${items}`, {
    partitionBy: ["amount"],
  });
  const after = transform(
    "gold.all",
    sql`select kind as id, true as amount, 1 as extra from ${items}`,
  );
  await sandbox.run([items, before]);
  const plan = stepOf(await sandbox.plan([items, after]), "gold.all");
  assert.deepEqual(
    plan.columns.map(({ column, change }) => [column, change]),
    [
      ["extra", "added"],
      ["id", "incompatible"],
      ["amount", "incompatible"],
    ],
  );
  const result = await sandbox.run([items, after]);
  assert.equal(result.state, "done", JSON.stringify(result.steps));
  assert.deepEqual((await sandbox.rows("gold.all"))[0], { id: "a", amount: true, extra: 1 });
});

test("bad SQL is told by the file and line in which it stands", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const source = readFileSync(import.meta.filename, "utf8").split("\n");
  const placeOf = (word: string): string =>
    `${basename(import.meta.filename)}:${source.findIndex((line) => line.includes(`-- ${word}`)) + 1}`;
  const bad = transform(
    "gold.bad",
    sql`
      select id,
        prise -- first
      from ${items}`,
  );
  await assert.rejects(sandbox.plan([items, bad]), (error: Error) => {
    assert.ok(error.message.includes("The SQL of gold.bad fails at "), error.message);
    assert.ok(error.message.includes(placeOf("first")), error.message);
    assert.match(error.message, /prise/);
    return true;
  });
  const late = transform(
    "gold.late",
    sql`select cast(coalesce(kind, 'x') as integer) as number from ${items}`,
  );
  const { message } = await failureOf(sandbox, [items, late], "gold.late");
  assert.match(message, /gold\.late fails at .*refresh\.test\.ts:\d+/);
  const condition = transform("gold.check", sql`select * from ${items}`, {
    checks: {
      "prices are so": holds(sql`price > 0
        and prise > 0 -- second`),
    },
  });
  await assert.rejects(sandbox.plan([items, condition]), (error: Error) => {
    assert.match(error.message, /the check "prices are so" of gold\.check fails at/);
    assert.ok(error.message.includes(placeOf("second")), error.message);
    return true;
  });
});

test("a check that names an unknown column is found by the plan", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  for (const check of [
    unique("idd"),
    notNull("idd"),
    accepted("idd", [1]),
    related("idd", items, "id"),
  ]) {
    const bad = transform("gold.bad", sql`select * from ${items}`, { checks: { it: check } });
    await assert.rejects(sandbox.plan([items, bad]), { code: "transform/check-column" });
  }
  const key = transform("gold.bad", sql`select * from ${items}`, {
    checks: { it: related("id", items, "idd") },
  });
  await assert.rejects(sandbox.plan([items, key]), { code: "transform/check-column" });
});

test("an input that was made anew is read again", async (t) => {
  const sandbox = openSandbox(t);
  withItems(sandbox);
  const all = transform("gold.all", sql`select * from ${items}`);
  await sandbox.run([items, all]);
  await rm(`${sandbox.lakePath}/bronze`, { recursive: true });
  await rm(`${sandbox.lakePath}/quarantine`, { recursive: true });
  withItems(sandbox, "9,z,1\n");
  const plan = stepOf(await sandbox.plan([items, all]), "gold.all");
  assert.notEqual(plan.action, "nothing");
  const result = await sandbox.run([items, all]);
  assert.equal(result.state, "done", JSON.stringify(result.steps.map(({ error }) => error)));
  assert.deepEqual(await sandbox.rows("gold.all", "id"), [{ id: 9n }]);
});
