/** What delta-rs writes, read by us: every version holds the rows that delta-rs finds in it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { scan } from "../../src/delta/table.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import { DELTA_RS_TABLES } from "./delta-rs-table.ts";
import { assertFinds } from "./found.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

for (const [index, { name, make, oldest = 0, transactions = {} }] of DELTA_RS_TABLES.entries()) {
  test(`we read ${name} as delta-rs wrote it`, async () => {
    const folder = `table_${index}`;
    await make(join(lake.root, folder));
    const newest = await lake.open(folder);
    for (const [app, version] of Object.entries(transactions)) {
      assert.equal(newest.transactions.get(app), version);
    }
    for (let version = newest.version; version >= oldest; version -= 1) {
      const files = await scan(lake.context, await lake.open(folder, { version }));
      const rows = `SELECT * FROM ${lake.engine.relation(files)}`;
      await assertFinds(
        "delta-rs",
        { table: join(lake.root, folder), version },
        { engine: lake.engine, rows },
      );
    }
  });
}
