/** Tests of declared table properties: a new table has them, another is given them, and no row changes by it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../src/delta/history.ts";
import { csv, files, ingest, integer, publish, sql, transform } from "../../src/index.ts";
import { loadTable } from "../../src/lake/lake.ts";
import { renderPlan } from "../../src/run/explain.ts";
import { folderOf } from "../../src/schema/table.ts";
import { openSandbox, type Sandbox, stepOf } from "./sandbox.ts";

type Properties = Readonly<Record<string, string>>;

function assetsWith(ofOrders: Properties, ofTotals: Properties) {
  const orders = ingest("bronze.orders", {
    from: csv("in/*.csv"),
    columns: { id: integer(), amount: integer() },
    properties: ofOrders,
  });
  const totals = transform("gold.totals", sql`select sum(amount)::bigint as n from ${orders}`, {
    properties: ofTotals,
  });
  return [orders, totals, publish(totals, files("out", { format: "csv" }))];
}

const propertiesOf = (sandbox: Sandbox, table: string) =>
  sandbox.open(async ({ lake }) => (await loadTable(lake, table)).metadata.configuration);

test("a new table has its properties from its first version, and features that they ask for", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  const feed = { "delta.enableChangeDataFeed": "true", owner: "sales" };
  await sandbox.run(assetsWith(feed, { "delta.enableDeletionVectors": "true" }));
  assert.deepEqual(await propertiesOf(sandbox, "bronze.orders"), feed);
  await sandbox.open(async ({ lake }) => {
    const orders = await loadTable(lake, "bronze.orders");
    assert.deepEqual([orders.version, orders.protocol.minWriterVersion], [0, 4]);
    const totals = await loadTable(lake, "gold.totals");
    assert.ok(totals.protocol.readerFeatures?.includes("deletionVectors"));
  });
});

test("a table with other properties is given them in a commit that makes no table anew, and the plan shows it", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("in/a.csv", "id,amount\n1,2\n");
  await sandbox.run(assetsWith({ owner: "sales" }, {}));
  const now = assetsWith({ owner: "finance", "delta.checkpointInterval": "5" }, {});
  const plan = await sandbox.plan(now);
  const step = stepOf(plan, "bronze.orders");
  assert.deepEqual(
    [step.action, step.because, step.properties],
    [
      "update",
      "its properties change",
      [
        { property: "owner", from: "sales", to: "finance" },
        { property: "delta.checkpointInterval", from: undefined, to: "5" },
      ],
    ],
  );
  assert.deepEqual(
    plan.steps.map(({ action }) => action),
    ["update", "nothing", "nothing"],
  );
  assert.match(
    renderPlan(plan),
    /update +bronze\.orders .*its properties change\n +property owner: sales to finance\n +property delta\.checkpointInterval: 5\n/,
  );
  const result = await sandbox.run(now);
  assert.deepEqual(
    result.steps.map(({ state, version }) => [state, version]),
    [
      ["done", 1],
      ["up to date", 0],
      ["up to date", undefined],
    ],
  );
  const expected = { owner: "finance", "delta.checkpointInterval": "5" };
  assert.deepEqual(await propertiesOf(sandbox, "bronze.orders"), expected);
  assert.equal((await sandbox.run(now)).state, "nothing to do");
  // What is declared no more stays.
  assert.equal((await sandbox.run(assetsWith({}, {}))).state, "nothing to do");
  assert.deepEqual(await propertiesOf(sandbox, "bronze.orders"), expected);
  sandbox.write("in/b.csv", "id,amount\n2,3\n");
  await sandbox.run(assetsWith({ owner: "sales" }, { owner: "finance" }));
  await sandbox.open(async ({ lake }) => {
    const records = await history(lake.delta, folderOf("bronze.orders"));
    const operations = records.map(({ operation }) => operation);
    assert.deepEqual(operations.slice(0, 2), ["WRITE", "SET TBLPROPERTIES"]);
  });
  assert.deepEqual(await sandbox.rows("gold.totals"), [{ n: 5n }]);
});

test("a property that a table cannot have is refused where it is declared", () => {
  const bad = (properties: object, code: string, message: RegExp) =>
    assert.throws(() => assetsWith(properties as Properties, {}), { code, message });
  bad({ "delta.enableChangeDataFed": "true" }, "delta/bad-property", /enableChangeDataFed/);
  bad({ "delta.enableChangeDataFeed": "yes" }, "delta/bad-property", /is "yes"/);
  bad({ "delta.enableRowTracking": "true" }, "delta/bad-property", /row tracking/);
  bad({ "delta.constraints.x": "id > 0" }, "project/bad-option", /not for a project to set/);
  bad(
    { owner: 1 },
    "project/bad-option",
    /properties of ingest\("bronze\.orders"\) is \{"owner":1\}/,
  );
  bad(["x"], "project/bad-option", /is \["x"\]/);
});
