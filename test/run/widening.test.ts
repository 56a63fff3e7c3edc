/** Tests of declared types that become wider: by the feature where the table has it, else by writing the files anew. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../src/delta/history.ts";
import {
  bigint,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  localTimestamp,
  ndjson,
  sql,
  struct,
} from "../../src/index.ts";
import { loadTable } from "../../src/lake/lake.ts";
import type { Column, Columns } from "../../src/schema/column.ts";
import { folderOf } from "../../src/schema/table.ts";
import { openSandbox, type Sandbox, stepOf } from "./sandbox.ts";

const TABLE = "bronze.facts";

const NARROW = { id: integer(), net: decimal(5, 2), share: integer(), day: date() };
const WIDE = { id: bigint(), net: decimal(9, 3), share: float(), day: localTimestamp() };

const facts = (columns: Columns, properties: Readonly<Record<string, string>>, how: object = {}) =>
  ingest(TABLE, { from: csv("in/*.csv"), columns, properties, ...how });

const tableOf = (sandbox: Sandbox) => sandbox.open(({ lake }) => loadTable(lake, TABLE));

const pathsOf = async (sandbox: Sandbox): Promise<string[]> =>
  (await tableOf(sandbox)).files.map(({ path }) => path).toSorted();

const ROWS = [
  { id: 1n, net: "1.500", share: 2, day: "2024-01-01T00:00:00" },
  { id: 5_000_000_000n, net: "0.125", share: 0.5, day: "2024-01-02T12:30:00" },
];

for (const isOn of [true, false]) {
  const properties = isOn ? { "delta.enableTypeWidening": "true" } : {};
  const how = isOn ? "in the schema alone where type widening is on" : "by writing files anew";
  test(`a type becomes wider ${how}, and the plan says so`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("in/a.csv", "id,net,share,day\n1,1.5,2,2024-01-01\n");
    // A rule of the table must not stand in the way of files that are written anew.
    const constraints = { some: sql`net > 0` };
    await sandbox.run([facts(NARROW, properties, { constraints })]);
    const files = await pathsOf(sandbox);
    sandbox.write("in/b.csv", "id,net,share,day\n5000000000,0.125,0.5,2024-01-02T12:30:00\n");
    const now = [facts(WIDE, properties, { constraints })];
    const { columns } = stepOf(await sandbox.plan(now), TABLE);
    const means = isOn
      ? "by the table's type widening, no file is rewritten"
      : "the table's files are rewritten once, no value changes";
    assert.deepEqual(columns, [
      { column: "id", change: "widened", means: `integer to long; ${means}` },
      { column: "net", change: "widened", means: `decimal(5, 2) to decimal(9, 3); ${means}` },
      { column: "share", change: "widened", means: `integer to double; ${means}` },
      { column: "day", change: "widened", means: `date to timestamp_ntz; ${means}` },
    ]);
    const step = stepOf(await sandbox.run(now), TABLE);
    assert.equal(step.state, "done", step.error?.message);
    const kept = await pathsOf(sandbox);
    assert.equal(
      files.every((file) => kept.includes(file)),
      isOn,
    );
    const values = await sandbox.rows(TABLE, "id, net, share, day::varchar as day");
    assert.deepEqual(
      values,
      ROWS.map((row) => ({ ...row, day: row.day.replace("T", " ") })),
    );
    const { metadata, protocol } = await tableOf(sandbox);
    const changes = metadata.fields[0]?.metadata?.["delta.typeChanges"];
    assert.deepEqual(changes, isOn ? [{ fromType: "integer", toType: "long" }] : undefined);
    assert.equal(protocol.readerFeatures?.includes("typeWidening") === true, isOn);
    await sandbox.open(async ({ lake }) => {
      const records = await history(lake.delta, folderOf(TABLE));
      assert.deepEqual(
        records.map(({ operation }) => operation),
        ["WRITE", "CHANGE COLUMN", "CREATE TABLE AS SELECT"],
      );
    });
    assert.equal((await sandbox.run(now)).state, "nothing to do");
  });
}

test("a widening that the feature does not know is made by writing files anew", async (t) => {
  const sandbox = openSandbox(t);
  const properties = { "delta.enableTypeWidening": "true" };
  sandbox.write("in/a.csv", "id\n9\n");
  await sandbox.run([facts({ id: bigint() }, properties)]);
  const files = await pathsOf(sandbox);
  sandbox.write("in/b.csv", "id\n10\n");
  // The protocol asks for 20 digits of a long; 19 hold all its values.
  const now = [facts({ id: decimal(19, 0) }, properties)];
  assert.match(stepOf(await sandbox.plan(now), TABLE).columns[0]?.means ?? "", /rewritten once/);
  assert.equal(stepOf(await sandbox.run(now), TABLE).state, "done");
  assert.ok(!(await pathsOf(sandbox)).some((path) => files.includes(path)));
  assert.deepEqual(await sandbox.rows(TABLE), [{ id: "9" }, { id: "10" }]);
});

test("a field inside a struct becomes wider by the feature too", async (t) => {
  const sandbox = openSandbox(t);
  const properties = { "delta.enableTypeWidening": "true" };
  const of = (n: Column, columns: Columns = {}) => [
    ingest(TABLE, {
      from: ndjson("in/*.ndjson"),
      columns: { s: struct({ n }), ...columns },
      properties,
    }),
  ];
  sandbox.write("in/a.ndjson", '{"s":{"n":1}}\n');
  await sandbox.run(of(integer()));
  const files = await pathsOf(sandbox);
  sandbox.write("in/b.ndjson", '{"s":{"n":5000000000}}\n');
  const { columns } = stepOf(await sandbox.plan(of(bigint())), TABLE);
  assert.match(columns[0]?.means ?? "", /^integer to long; by the table's type widening/);
  assert.equal(stepOf(await sandbox.run(of(bigint())), TABLE).error, undefined);
  assert.ok((await pathsOf(sandbox)).includes(files[0] ?? ""));
  assert.deepEqual(await sandbox.rows(TABLE), [{ s: { n: 1n } }, { s: { n: 5_000_000_000n } }]);
});

test("a constraint on a column keeps holding when its type becomes wider, and a type that may lose values is refused", async (t) => {
  const sandbox = openSandbox(t);
  const properties = { "delta.enableTypeWidening": "true" };
  const constraints = { some: sql`id > 0` };
  sandbox.write("in/a.csv", "id\n1\n");
  await sandbox.run([facts({ id: integer() }, properties, { constraints })]);
  sandbox.write("in/b.csv", "id\n-1\n5000000000\n");
  const wider = stepOf(
    await sandbox.run([facts({ id: bigint() }, properties, { constraints })]),
    TABLE,
  );
  assert.deepEqual([wider.state, wider.ledger.written, wider.ledger.quarantined], ["done", 1, 1]);
  sandbox.write("in/c.csv", "id\n2\n");
  const narrower = stepOf(
    await sandbox.run([facts({ id: integer() }, properties, { constraints })]),
    TABLE,
  );
  assert.equal(narrower.error?.code, "ingest/incompatible-column");
});
