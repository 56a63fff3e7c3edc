/** The graph of a project is known before anything runs, and what cannot be is refused with its name. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import {
  type Asset,
  chart,
  csv,
  env,
  files,
  holds,
  ingest,
  integer,
  param,
  picture,
  publish,
  related,
  sql,
  sqlFile,
  text,
  transform,
} from "../../src/index.ts";
import { openSandbox, stepOf } from "../run/sandbox.ts";

const people = ingest("bronze.people", {
  from: csv("people/*.csv"),
  columns: { id: integer(), name: text() },
});
const names = transform("silver.names", sql`select name from ${people}`);

async function refusalOf(
  t: TestContext,
  assets: readonly Asset[],
  params = {},
): Promise<MillraceError> {
  const sandbox = openSandbox(t);
  const error: unknown = await sandbox.project(assets, { params }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MillraceError, String(error));
  return error;
}

test("assets run after what they read, however they are listed", async (t) => {
  const sandbox = openSandbox(t);
  const counts = transform("gold.counts", sql`select count(*) as n from ${names}`, {
    checks: { "names are people": holds(sql`n <= (select count(*) from ${people})`) },
  });
  const out = publish(counts, files("out", { format: "csv" }), {
    where: sql`n in (select id from ${people})`,
  });
  const drawn = picture("n", chart.bar({ from: sql`from ${counts}`, x: "n", y: "n" }), {
    folder: "out",
  });
  const rejected = transform("silver.rejected", sql`from ${people.quarantine}`);
  const { steps } = await sandbox.project([drawn, out, rejected, counts, names, people]);
  assert.deepEqual(
    steps.map(({ name, after }) => [name, after]),
    [
      ["bronze.people", []],
      ["silver.names", ["bronze.people"]],
      ["gold.counts", ["silver.names", "bronze.people"]],
      ["picture out/n.png", ["gold.counts"]],
      ["publish gold.counts to out/counts.csv", ["gold.counts", "bronze.people"]],
      ["silver.rejected", ["bronze.people"]],
    ],
  );
});

test("a table that is not among the assets is named with the one that reads it", async (t) => {
  for (const asset of [
    names,
    transform("gold.a", sql`select 1 as id`, { checks: { it: related("id", people, "id") } }),
    publish(people.quarantine, files("out", { format: "csv" })),
  ]) {
    const { code, message } = await refusalOf(t, [asset]);
    assert.equal(code, "project/missing-asset");
    assert.match(message, /bronze\.people/);
  }
});

test("a circle is shown whole", async (t) => {
  const table = (name: string) => ({ kind: "table", name }) as const;
  const a = transform("gold.a", sql`from ${table("gold.b")}`);
  const b = transform("gold.b", sql`from ${table("gold.c")}`);
  const c = transform("gold.c", sql`from ${table("gold.a")}`);
  const { code, message } = await refusalOf(t, [a, b, c]);
  assert.equal(code, "project/circle");
  assert.match(message, /gold\.a -> gold\.b -> gold\.c -> gold\.a/);
});

test("two tables of one name, also in other letters, are refused", async (t) => {
  const other = transform("Silver.Names", sql`select 1 as id`);
  assert.equal((await refusalOf(t, [people, names, names])).code, "project/name-twice");
  assert.match(
    (await refusalOf(t, [people, names, other])).message,
    /only in upper and lower case/,
  );
});

test("one table goes to many folders, and two outputs never to one file", async (t) => {
  const sandbox = openSandbox(t);
  const to = (folder: string, name?: string) =>
    files(folder, { format: "csv", ...(name === undefined ? {} : { name }) });
  const both = await sandbox.project([people, publish(people, to("a")), publish(people, to("b"))]);
  assert.equal(both.steps.length, 3);
  const place = param("place", { default: "a" });
  const clashes: readonly (readonly [Asset, Asset])[] = [
    [publish(people, to("a", "x")), publish(names, to("a", "x"))],
    [publish(people, to("a")), publish(names, to("./a/", "People"))],
    [publish(people, files(place, { format: "csv" })), publish(names, to("a", "people"))],
    [
      publish(people, files(env("OUT"), { format: "csv", name: "x" })),
      publish(names, files(env("OUT"), { format: "csv", name: "x" })),
    ],
  ];
  for (const pair of clashes) {
    assert.equal((await refusalOf(t, [people, names, ...pair])).code, "project/same-output");
  }
});

test("a parameter is found wherever it stands, typed by its default, and an unknown one is named", async (t) => {
  const sandbox = openSandbox(t);
  const least = param("least", { default: 1 });
  const much = param("much", { default: 10, oneOf: [10, 20] });
  const inbox = param("inbox", { default: "people/*.csv" });
  const isLoud = param("is_loud", { default: false });
  const asset = ingest("bronze.people", {
    from: csv(inbox),
    columns: {
      id: integer().check((id) => sql`${id} > ${least}`, "is too small"),
      name: text().clean((name) => sql`case when ${isLoud} then upper(${name}) else ${name} end`),
    },
    where: sql`id < ${much}`,
  });
  const values = async (params: Record<string, string>) =>
    (await sandbox.project([asset], { params })).params.map(({ name, value }) => [name, value]);
  assert.deepEqual(
    new Map((await values({ least: "5", is_loud: "true" })) as [string, unknown][]),
    new Map<string, unknown>([
      ["least", 5],
      ["is_loud", true],
      ["much", 10],
      ["inbox", "people/*.csv"],
    ]),
  );
  assert.match((await refusalOf(t, [asset], { leest: "1" })).hint ?? "", /Did you mean "least"/);
  assert.equal((await refusalOf(t, [asset], { leest: "1" })).code, "project/unknown-param");
  for (const params of [{ least: "x" }, { least: "" }, { is_loud: "yes" }, { much: "11" }]) {
    assert.equal((await refusalOf(t, [asset], params)).code, "project/bad-param");
  }
});

test("the parameters of clean() and check() decide about rows, and their tables are made first", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("people/a.csv", "id,name\n1,ann\n2,bob\n3,cyd\n");
  sandbox.write("known.csv", "id\n1\n2\n");
  sandbox.write("loud.sql", "case when $loud then upper($name) else $name end");
  const known = ingest("bronze.known", { from: csv("known.csv"), columns: { id: integer() } });
  const least = param("least", { default: 0 });
  const loud = param("loud", { default: false });
  const asset = ingest("bronze.people", {
    from: csv("people/*.csv"),
    columns: {
      id: integer()
        .check((id) => sql`${id} > ${least}`, "is too small")
        .check((id) => sql`${id} in (select id from ${known})`, "is not known"),
      name: text().clean((name) => sqlFile("loud.sql", { loud, name: sql`${name as never}` })),
    },
  });
  const result = await sandbox.run([asset, known], { params: { least: "1", loud: "true" } });
  assert.deepEqual(stepOf(result, "bronze.people").error, undefined);
  assert.deepEqual(await sandbox.rows("bronze.people"), [{ id: 2, name: "BOB" }]);
});
