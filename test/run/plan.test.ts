/** A plan says what a run would do and why, and changes nothing. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  bigint,
  csv,
  decimal,
  files,
  float,
  ingest,
  integer,
  ndjson,
  publish,
  sql,
  text,
  transform,
} from "../../src/index.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const people = ingest("bronze.people", {
  from: csv("inbox/*.csv"),
  columns: { id: integer(), name: text() },
});
const names = transform("silver.names", sql`select name from ${people}`);
const out = publish(names, files("out", { format: "csv" }));
const ALL = [people, names, out];

/** Every file and folder with its size and time. */
function listing({ folder }: Sandbox): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
}

test("a plan of a lake that is not there makes none", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", "id,name\n1,ann\n");
  const before = listing(sandbox);
  const plan = await sandbox.plan(ALL);
  assert.deepEqual(listing(sandbox), before);
  assert.equal(existsSync(sandbox.lakePath), false);
  assert.deepEqual(
    plan.steps.map(({ name, action, because }) => [name, action, because]),
    [
      ["bronze.people", "create", "1 new, 0 loaded before"],
      ["silver.names", "create", "it is new"],
      ["publish silver.names to out/names.csv", "write", "silver.names is not there yet"],
    ],
  );
});

test("a plan names the files that are new and changed, and what that makes stale", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", "id,name\n1,ann\n");
  sandbox.write("inbox/b.csv", "id,name\n2,bob\n");
  await sandbox.run(ALL);
  assert.deepEqual(
    (await sandbox.plan(ALL)).steps.map(({ action, because }) => [action, because]),
    [
      ["nothing", ""],
      ["nothing", ""],
      ["nothing", ""],
    ],
  );
  sandbox.write("inbox/b.csv", "id,name\n2,bobby\n", -1000);
  sandbox.write("inbox/c.csv", "id,name\n3,cyd\n");
  const before = listing(sandbox);
  const plan = await sandbox.plan(ALL);
  assert.deepEqual(listing(sandbox), before);
  const load = stepOf(plan, "bronze.people");
  assert.deepEqual(
    [load.action, load.because, load.filesKnown],
    ["load", "1 new, 1 changed, 1 loaded before", 1],
  );
  assert.deepEqual(
    load.files.map(({ name, size, why }) => [name, size, why]),
    [
      ["inbox/b.csv", 16, "changed"],
      ["inbox/c.csv", 14, "new"],
    ],
  );
  assert.equal(stepOf(plan, "silver.names").because, "bronze.people will change");
});

test("a run that has nothing to do writes nothing", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", "id,name\n1,ann\nx,bad\n");
  await sandbox.run(ALL);
  const before = listing(sandbox);
  const result = await sandbox.run(ALL);
  assert.equal(result.state, "nothing to do");
  assert.deepEqual(listing(sandbox), before);
});

test("a plan shows columns that are added, widened, incompatible and no longer filled", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", "a,b,c,d\n1,2,3,4\n");
  const from = csv("inbox/*.csv");
  await sandbox.run([
    ingest("bronze.t", { from, columns: { a: integer(), b: integer(), c: text(), d: text() } }),
  ]);
  const plan = await sandbox.plan([
    ingest("bronze.t", {
      from,
      columns: { a: bigint(), b: decimal(12, 2), c: float(), e: text().optional() },
    }),
  ]);
  const changes = stepOf(plan, "bronze.t").columns;
  assert.deepEqual(
    changes.map(({ column, change }) => [column, change]),
    [
      ["e", "added"],
      ["a", "widened"],
      ["b", "widened"],
      ["c", "incompatible"],
      ["d", "unused"],
    ],
  );
  assert.match(changes[3]?.means ?? "", /string to double; the run will refuse it/);
});

test("columns are added and widened without losing a value, and an incompatible one is refused", async (t) => {
  const sandbox = openSandbox(t);
  const from = csv("inbox/*.csv");
  sandbox.write("inbox/a.csv", "a,b\n1,2\n");
  await sandbox.run([ingest("bronze.t", { from, columns: { a: integer(), b: text() } })]);
  sandbox.write("inbox/b.csv", "a,c\n9007199254740993,x\n");
  const wider = ingest("bronze.t", {
    from,
    columns: { a: bigint(), b: text().optional(), c: text().optional() },
  });
  assert.equal((await sandbox.run([wider])).state, "done");
  assert.deepEqual(await sandbox.rows("bronze.t"), [
    { a: 1n, b: "2", c: null },
    { a: 9007199254740993n, b: null, c: "x" },
  ]);
  sandbox.write("inbox/c.csv", "a,b\n1.5,2\n");
  const other = ingest("bronze.t", { from, columns: { a: text(), b: text() } });
  const { error } = stepOf(await sandbox.run([other]), "bronze.t");
  assert.equal(error?.code, "ingest/incompatible-column");
  assert.equal((await sandbox.rows("bronze.t")).length, 2);
});

test("transforms of kept, discovered and no longer declared columns are planned as they run", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("e.ndjson", '{"a":1,"more":"x"}\n');
  sandbox.write("inbox/a.csv", "id,name\n1,ann\n");
  const kept = ingest("bronze.kept", {
    from: ndjson("e.ndjson"),
    columns: { a: integer() },
    extra: "keep",
  });
  const found = ingest("bronze.found", {
    from: ndjson("e.ndjson"),
    columns: { a: integer() },
    extra: "evolve",
  });
  const first = [kept, transform("gold.kept", sql`select _extra from ${kept}`), found, people];
  assert.equal((await sandbox.run(first)).state, "done");
  const fewer = ingest("bronze.people", {
    from: csv("inbox/*.csv"),
    columns: { id: integer() },
  });
  const second = [
    kept,
    found,
    fewer,
    transform("gold.found", sql`select more from ${found}`),
    transform("gold.names", sql`select name from ${fewer}`),
  ];
  assert.deepEqual(stepOf(await sandbox.plan(second), "bronze.found").columns, []);
  assert.equal((await sandbox.run(second)).state, "done");
  assert.deepEqual(await sandbox.rows("gold.found"), [{ more: "x" }]);
  assert.deepEqual(await sandbox.rows("gold.names"), [{ name: "ann" }]);
});
