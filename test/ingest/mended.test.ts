/** What trials by users found, held so that it stays mended. */

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import {
  type Asset,
  arrival,
  type Column,
  csv,
  defineProject,
  ingest,
  integer,
  json,
  jsonFile,
  list,
  ndjson,
  param,
  position,
  type Sql,
  sql,
  struct,
  text,
  transform,
  unique,
} from "../../src/index.ts";
import type { Ingested } from "../../src/ingest/asset.ts";
import { replayHint } from "../../src/ingest/judged-by.ts";
import type { Replayed } from "../../src/ingest/replay.ts";
import { checkProject } from "../../src/project/load.ts";
import { renderPlan } from "../../src/run/explain.ts";
import type { Plan } from "../../src/run/plan.ts";
import { replay } from "../../src/run/replay.ts";
import type { RunResult } from "../../src/run/result.ts";
import { land, TABLE, useYards, type Yard } from "./harness.ts";

const openYard = useYards();

function replayed(
  { folder, lake }: Yard,
  assets: readonly Asset[],
  dryRun = true,
): Promise<Replayed> {
  const how = { folder, params: {}, lake: undefined, environment: {} };
  const project = checkProject(defineProject({ name: "yard", assets }), how);
  const { signal } = new AbortController();
  return replay(project, { lake, close: async () => {} }, { table: TABLE, dryRun, signal });
}

/** The reasons that a dry replay gives, each once. */
async function reasonsNow(yard: Yard, asset: Asset): Promise<string[]> {
  const { reasons } = await replayed(yard, [asset]);
  return reasons
    .map(({ column, rule, message }) => `${column ?? ""}|${rule}|${message}`)
    .toSorted();
}

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

test("a declared column of a transform holds no null unless it is optional", async () => {
  const yard = openYard();
  yard.write("in.csv", "id,name\n1,a\n2,\n");
  const door = ingest(TABLE, {
    from: csv("in.csv"),
    columns: { id: integer(), name: text().optional() },
  });
  const made = (name: Column, partitionBy: readonly "name"[] = []): Asset =>
    transform("gold.t", sql`select id, name, [id] as ids from ${door}`, {
      columns: { id: integer(), name, ids: list(integer()) },
      partitionBy,
    });
  const stepOf = async (asset: Asset): Promise<RunResult["steps"][number] | undefined> =>
    (await yard.run([door, asset])).result.steps.find(({ asset: name }) => name === "gold.t");
  for (const partitionBy of [[], ["name"]] as const) {
    const failed = await stepOf(made(text(), partitionBy));
    assert.deepEqual([failed?.state, failed?.error?.code], ["failed", "transform/check"]);
    assert.match(
      failed?.error?.message ?? "",
      /"column "name" has no null, or is declared \.optional\(\)": 1 row offends, such as\n.*"id":2/,
    );
  }
  assert.equal((await stepOf(made(text().optional())))?.state, "done");
  assert.equal((await stepOf(made(text())))?.state, "failed");
});

test("what would not be looked at inside of lists and objects is refused when it is declared", () => {
  const said = (column: Column): string => {
    try {
      ingest(TABLE, { from: csv("in.csv"), columns: { c: column } });
    } catch (error) {
      return String((error as Error).message)
        .split(" cannot be said of ")
        .toReversed()
        .join(": ");
    }
    return "";
  };
  const trimmed = text().clean((value) => sql`trim(${value})`);
  const of = 'ingest("bronze.t"), column "c"';
  assert.equal(said(list(trimmed)), `the items of ${of}: .clean()`);
  assert.equal(said(list(integer().between(1, 2))), `the items of ${of}: .between()`);
  assert.equal(said(list(text().from("x"))), `the items of ${of}: .from()`);
  assert.equal(said(struct({ a: text().notBlank() })), `${of}.a: .notBlank()`);
  assert.equal(said(struct({ a: list(struct({ b: trimmed })) })), `${of}.a.b: .clean()`);
  assert.equal(said(struct({ a: text().from("^.b") })), `${of}.a: .from("^.b")`);
  assert.equal(said(struct({ a: position() })), `${of}.a: position()`);
  assert.equal(said(list(arrival())), `the items of ${of}: arrival()`);
  assert.equal(said(position().oneOf([])), `${of}: .oneOf()`);
  assert.equal(said(list(struct({ a: text().from("b").optional() })).from("x.y")), "");
});

test("bad rows that are alike have a line each, however many they are and of however many files", async () => {
  const yard = openYard();
  const count = 120_000;
  yard.write("a.csv", `id\n${"x\n".repeat(count)}`);
  yard.write("b.csv", `id\n1\n${"x\n".repeat(3)}`);
  yard.write("c.ndjson", '{"id":"x"}\n'.repeat(count));
  await yard.run([
    ingest(TABLE, { from: [csv("*.csv"), ndjson("*.ndjson")], columns: { id: integer() } }),
  ]);
  const found = await yard.rows(
    `quarantine.${TABLE}`,
    `distinct file, ${["count(*)", "count(distinct line)", "min(line)", "max(line)"]
      .map((what, index) => `${what} over (partition by file) as n${index}`)
      .join(", ")}`,
  );
  assert.deepEqual(
    found.map((row) =>
      Object.values(row).map((cell) => (typeof cell === "bigint" ? Number(cell) : cell)),
    ),
    [
      ["a.csv", count, count, 2, count + 1],
      ["b.csv", 3, 3, 3, 5],
      ["c.ndjson", count, count, 1, count],
    ],
  );
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
  assert.deepEqual([rejected?.told, load?.told, line?.told], [true, true, true]);
});

const REPLACED = {
  from: csv("in/*.csv"),
  columns: { id: integer(), name: text() },
  write: "overwrite",
} as const;

test("an overwritten table keeps its version and fails where a file cannot be read as a whole", async () => {
  const yard = openYard();
  yard.write("in/a.csv", "id,name\n1,a\n");
  yard.write("in/b.csv", "id,name\n2,b\nx,b\n");
  const table = ingest(TABLE, REPLACED);
  assert.equal((await yard.run([table])).state, "done");
  yard.write("in/b.csv", "id,title\n2,b\n", 1000_000);
  yard.write("in/c.csv", Buffer.from("\ufeffid,name\n3,c\n", "utf16le"));
  yard.write("in/d.csv", "id,name\n1,a\n");
  const loads = await yard.rows("system.loads");
  for (const _ of [1, 2]) {
    const { state, error } = await yard.run([table]);
    assert.deepEqual([state, error?.code], ["failed", "ingest/refused-file"]);
    assert.match(error?.message ?? "", /in\/b\.csv has no column "name" in its header/);
    assert.match(error?.message ?? "", /in\/c\.csv is UTF-16/);
  }
  assert.deepEqual(await yard.rows(), [
    { id: 1, name: "a" },
    { id: 2, name: "b" },
  ]);
  assert.equal((await yard.rejected()).length, 1);
  assert.deepEqual(await yard.rows("system.loads"), loads);
  assert.equal((await yard.lake.find(TABLE))?.version, 0);
  yard.write("in/b.csv", "id,name\n4,d\n");
  yard.write("in/c.csv", "id,name\n5,e\n");
  assert.equal((await yard.run([table])).state, "done");
  assert.deepEqual(await yard.rows(TABLE, "id"), [{ id: 1 }, { id: 4 }, { id: 5 }]);
  assert.deepEqual(await yard.rejected(), []);
  assert.equal((await yard.run([table])).result.state, "nothing to do");
});

test("an overwritten table is not made of fewer files than it has, also the first time", async () => {
  const yard = openYard();
  yard.write("in/a.csv", "id,name\n1,a\n");
  yard.write("in/b.csv", "nothing\n");
  const { state, error } = await yard.run([ingest(TABLE, REPLACED)]);
  assert.deepEqual([state, error?.code], ["failed", "ingest/refused-file"]);
  assert.equal(await yard.lake.find(TABLE), undefined);
});

test("the quarantine of an overwritten table holds what its files hold now", async () => {
  const yard = openYard();
  const table = ingest(TABLE, REPLACED);
  const load = async (content: string): Promise<string[]> => {
    yard.write("in/a.csv", content);
    assert.equal((await yard.run([table])).state, "done");
    return (await yard.rejected()).map(({ raw }) => raw);
  };
  assert.deepEqual(await load("id,name\nx,a\n"), ['{"id":"x","name":"a"}']);
  assert.deepEqual(await load("id,name\nx,a\n1,b\n"), ['{"id":"x","name":"a"}']);
  assert.deepEqual(await load("id,name\n1,b\n"), []);
  const version = (await yard.lake.find(`quarantine.${TABLE}`))?.version;
  assert.deepEqual(await load("id,name\n2,b\n"), []);
  assert.equal((await yard.lake.find(`quarantine.${TABLE}`))?.version, version);
});

test("what is no record at all has one reason, whatever the columns ask for", async () => {
  const yard = openYard();
  const where: Sql = sql`name is not null`;
  const door = ingest(TABLE, {
    from: [jsonFile("in.json", { records: "$[*].items[*]" }), ndjson("in.ndjson")],
    columns: { id: integer(), name: text() },
    where,
  });
  yard.write("in.json", '[{"items":[{"id":1,"name":"a"},7]},{"error":"limit"},"text"]');
  yard.write("in.ndjson", '{"id":"x","name":"b"}\n5\n{"id":2,"name":"c"}\n{"id":\n');
  const { ledger, error } = await yard.run([door]);
  assert.equal(error, undefined);
  const rejected = await yard.rejected();
  assert.deepEqual(
    rejected.map(({ reasons }) => reasons.length),
    rejected.map(() => 1),
  );
  assert.deepEqual([ledger.written, ledger.quarantined, ledger.filtered], [2, 6, 0]);
  const atLoad = rejected.flatMap(({ reasons }) =>
    reasons.map((one) => one.split("|").slice(0, 3).join("|")),
  );
  assert.deepEqual(await reasonsNow(yard, door), atLoad.toSorted());
});

test("a replay says of CSV lines what the load said", async () => {
  const yard = openYard();
  const columns = { id: integer(), name: text().notBlank() };
  const door = ingest(TABLE, { from: csv("in.csv"), columns });
  yard.write("in.csv", 'id,name\nx,\n1\n2,b,c\n3,"d\n');
  await yard.run([door]);
  const atLoad = (await yard.rejected()).flatMap(({ reasons }) =>
    reasons.map((one) => one.split("|").slice(0, 3).join("|")),
  );
  assert.equal(atLoad.length, 5);
  assert.deepEqual(await reasonsNow(yard, door), atLoad.toSorted());
  assert.equal((await replayed(yard, [door])).still_rejected, 4);
});

test("no part of a secret reaches the quarantine, in no form of file", async () => {
  const yard = openYard();
  const secret = "s3cret";
  yard.write(
    "in.ndjson",
    `{"id":"x","apikey":{"a":["${secret}"]},"ApiKey":"${secret}","api\\u006bey":"${secret}","n":1.50}
{"id":2,"apikey":"${secret}
{"id":3,"apikey":7,"name":["plain"],"apikey":${secret}}
{"id":4,"code":"${secret}","apikey":"k\\u0000"}
`,
  );
  yard.write("in.json", `[{"id":"y","login":[{"token":"${secret}"}]},7,{"token":"${secret}"`);
  yard.write("ok.json", `[{"id":"y","login":[{"token":"${secret}"}]}]`);
  yard.write(
    "in.csv",
    `id,APIKEY,code\nx,${secret},1\n1,a,${secret},1\n2,"${secret}\nrest of ${secret},b\n`,
  );
  yard.write("bad.csv", `ident,apikey\n1,${secret}\n`);
  const table = ingest(TABLE, {
    from: [ndjson("in.ndjson"), jsonFile("*.json"), csv("*.csv")],
    columns: {
      id: integer(),
      code: text().matches("\\d+").optional(),
      login: json().optional(),
    },
    rules: { "the code is short": sql`len(code) < 3` },
    redact: ["apikey", "token", "code"],
  });
  const { error, ledger } = await yard.run([table]);
  assert.equal(error, undefined);
  const rows = await yard.rows(`quarantine.${TABLE}`, "* exclude (rejected_at)");
  assert.equal(rows.length, ledger.quarantined);
  const kept = JSON.stringify(rows, (_, value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  assert.ok(!kept.includes(secret), kept);
  const [first] = await yard.rejected();
  assert.ok(first !== undefined);
  const raws = (await yard.rejected()).map(({ raw }) => raw);
  assert.ok(
    raws.includes('{"id":"x","apikey":"***","ApiKey":"***","api\\u006bey":"***","n":1.50}'),
    raws.join("\n"),
  );
  assert.ok(raws.includes('{"id":"y","login":[{"token":"***"}]}'));
  assert.ok(raws.includes("1,***"));
  assert.ok(raws.includes("ident,apikey\n1,***\n"));
  const codes = rows.flatMap(({ reasons }) => reasons as unknown as { value: string | null }[]);
  assert.ok(codes.some(({ value }) => value === "***"));
});

test("an overwritten table is made anew when its contract, a parameter or a table of its rules changes", async () => {
  const yard = openYard();
  yard.write("in.csv", "id,shop\n1,a\n2,b\n3,c\n");
  yard.write("shops.csv", "shop\na\nb\nc\n");
  const most = param("most", { default: 2 });
  const tables = (limit: Sql): Asset[] => {
    const shops = ingest("bronze.shops", { from: csv("shops.csv"), columns: { shop: text() } });
    const door = ingest(TABLE, {
      from: csv("in.csv"),
      columns: { id: integer(), shop: text() },
      rules: { "the id is small": limit, "the shop is known": sql`shop in (from ${shops})` },
      write: "overwrite",
    });
    return [door, shops];
  };
  const strict = tables(sql`id <= ${most}`);
  const why = (plan: Plan): string => plan.steps.find(({ name }) => name === TABLE)?.because ?? "";
  const ids = async (): Promise<unknown[]> => (await yard.rows()).map(({ id }) => id);
  await yard.run(strict);
  assert.deepEqual(await ids(), [1, 2]);
  assert.equal((await yard.run(strict)).result.state, "nothing to do");
  const other = await yard.run(strict, { params: { most: "3" } });
  assert.equal(why(other.plan), "its contract or a parameter changed");
  assert.deepEqual(await ids(), [1, 2, 3]);
  assert.deepEqual(await yard.rejected(), []);
  const one = tables(sql`id <= 1`);
  assert.equal(why((await yard.run(one)).plan), "its contract or a parameter changed");
  assert.deepEqual(await ids(), [1]);
  const all = tables(sql`id <= 9`);
  await yard.run(all);
  yard.write("more.csv", "shop\nz\n");
  const shops = ingest("bronze.shops", { from: csv("more.csv"), columns: { shop: text() } });
  assert.equal((await yard.run([shops])).state, "done");
  assert.equal(why((await yard.run(all)).plan), "bronze.shops went from version 0 to 1");
  const version = (await yard.lake.find(TABLE))?.version;
  assert.equal((await yard.run(all)).result.state, "nothing to do");
  assert.equal((await yard.lake.find(TABLE))?.version, version);
});

test("a changed contract of a table that grows says that a replay may help, until one has been done", async () => {
  const yard = openYard();
  yard.write("in.csv", "id\n1\n20\n300\n");
  const below = (most: number): Ingested =>
    ingest(TABLE, {
      from: csv("*.csv"),
      columns: { id: integer() },
      rules: { "the id is small": sql`id < ${most}` },
    });
  const hint =
    "the contract changed: `millrace replay bronze.t --dry-run` shows what of the quarantine would pass now";
  assert.deepEqual((await yard.run([below(10)])).notes, []);
  const second = await yard.run([below(100)]);
  assert.equal(second.result.state, "nothing to do");
  assert.deepEqual(second.notes, [hint]);
  assert.match(renderPlan(second.plan), /the contract changed: `millrace replay bronze\.t/);
  yard.write("more.csv", "id\n4\n");
  assert.deepEqual((await yard.run([below(100)])).notes, [hint]);
  assert.equal((await yard.lake.find(TABLE))?.version, 1);
  assert.equal((await replayed(yard, [below(100)], false)).passing, 1);
  const context = { lake: yard.lake, param: () => 0 };
  assert.equal(await replayHint(context, below(100)), undefined);
  assert.equal(await replayHint(context, below(200)), hint);
});

test("a run with nothing to do tells of files that cannot be read, and writes nothing", async () => {
  const yard = openYard();
  yard.write("in/a.csv", "id\n1\n");
  const table = ingest(TABLE, { from: csv("in/*.csv"), columns: { id: integer() } });
  await yard.run([table]);
  symlinkSync("nowhere.csv", yard.path("in/b.csv"));
  const versions = async (): Promise<unknown> =>
    Promise.all([TABLE, "system.loads"].map(async (name) => (await yard.lake.find(name))?.version));
  const before = await versions();
  const { result, notes } = await yard.run([table]);
  assert.deepEqual(await versions(), before);
  assert.equal(result.state, "nothing to do");
  assert.match(notes.join(), /in\/b\.csv .*; it is left for the next run/);
});
