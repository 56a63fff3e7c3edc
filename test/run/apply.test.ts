/** A run does what is due in its order; what fails holds up only what needs it, and readers see whole versions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  csv,
  files,
  ingest,
  integer,
  param,
  publish,
  sql,
  text,
  transform,
} from "../../src/index.ts";
import { openSandbox, stepOf } from "../run/sandbox.ts";

const numbers = ingest("bronze.numbers", { from: csv("n.csv"), columns: { n: integer() } });

test("a step that fails blocks what needs it and nothing else", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("n.csv", "n\n1\n");
  sandbox.write("m.csv", "n\nx\n");
  const bad = transform("silver.bad", sql`select error('no luck')::integer as n from ${numbers}`);
  const after = transform("gold.after", sql`from ${bad}`);
  const out = publish(after, files("out", { format: "csv" }));
  const good = transform("silver.good", sql`from ${numbers}`);
  const result = await sandbox.run([numbers, bad, after, out, good]);
  assert.equal(result.state, "failed");
  assert.deepEqual(
    result.steps.map(({ asset, state }) => [asset, state]),
    [
      ["bronze.numbers", "done"],
      ["silver.bad", "failed"],
      ["gold.after", "blocked"],
      ["publish gold.after to out/after.csv", "blocked"],
      ["silver.good", "done"],
    ],
  );
  assert.match(stepOf(result, "silver.bad").error?.message ?? "", /no luck/);
  assert.deepEqual(await sandbox.rows("system.steps", "asset, state, error_code"), [
    { asset: "bronze.numbers", state: "done", error_code: null },
    { asset: "gold.after", state: "blocked", error_code: null },
    { asset: "publish gold.after to out/after.csv", state: "blocked", error_code: null },
    { asset: "silver.bad", state: "failed", error_code: "transform/sql" },
    { asset: "silver.good", state: "done", error_code: null },
  ]);
  assert.deepEqual(await sandbox.rows("system.runs", "state, project"), [
    { state: "failed", project: "sandbox" },
  ]);
});

test("a source that names a file that is not there is found by the plan, and holds up no other", async (t) => {
  const sandbox = openSandbox(t);
  const gone = ingest("bronze.gone", { from: csv("gone.csv"), columns: { n: integer() } });
  sandbox.write("n.csv", "n\n1\n");
  const plan = await sandbox.plan([gone, numbers]);
  assert.deepEqual(
    plan.steps.map(({ name, action, because }) => [name, action, because]),
    [
      ["bronze.gone", "fail", "There is no file gone.csv"],
      ["bronze.numbers", "create", "1 new, 0 loaded before"],
    ],
  );
  const result = await sandbox.run([gone, numbers]);
  assert.equal(result.state, "failed");
  assert.equal(stepOf(result, "bronze.gone").error?.code, "source/not-found");
  assert.equal(stepOf(result, "bronze.numbers").ledger.written, 1);
});

test("a reader sees the old version or the new one, whole, while a table is made anew", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("n.csv", `n\n${Array.from({ length: 50 }, (_, n) => n).join("\n")}\n`);
  const round = param("round", { default: 0 });
  const all = transform(
    "gold.all",
    sql`select n, ${round} as round, n % 5 as part from ${numbers}`,
    {
      partitionBy: ["part"],
    },
  );
  await sandbox.run([numbers, all]);
  let isDone = false;
  let reads = 0;
  const reader = (async () => {
    while (!isDone) {
      const [seen] = await sandbox.rows(
        "gold.all",
        "count(*) as n, count(distinct round) as rounds",
      );
      assert.deepEqual(seen, { n: 50n, rounds: 1n });
      reads += 1;
    }
  })();
  for (let made = 1; made <= 4; made++) {
    const result = await sandbox.run([numbers, all], { params: { round: String(made) } });
    assert.equal(result.state, "done");
  }
  isDone = true;
  await reader;
  assert.ok(reads > 0);
});

test("what a run did stands in the lake with its parameters", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("n.csv", "n\n1\nx\n");
  const word = param("word", { default: "a", about: "any" });
  const all = transform("gold.all", sql`select ${word} as word from ${numbers}`);
  const { run } = await sandbox.run([numbers, all], { params: { word: "b" } });
  assert.deepEqual(await sandbox.rows("system.runs", "run, state, parameters"), [
    { run, state: "done", parameters: '{"word":"b"}' },
  ]);
  assert.deepEqual(await sandbox.rows("system.ledger", "asset, kind, read, written, quarantined"), [
    { asset: "bronze.numbers", kind: "ingest", read: 2n, written: 1n, quarantined: 1n },
    { asset: "gold.all", kind: "transform", read: 1n, written: 1n, quarantined: 0n },
  ]);
  assert.deepEqual(await sandbox.rows("gold.all"), [{ word: "b" }]);
  const shown = ingest("bronze.text", { from: csv("n.csv"), columns: { n: text() } });
  assert.equal((await sandbox.run([numbers, all, shown], { params: { word: "b" } })).state, "done");
});
