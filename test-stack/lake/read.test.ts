/** What we write, read by others: every kind of table holds the same rows for every reader. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { scan } from "../../src/delta/table.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import type { TableKind } from "../table-kind.ts";
import { TABLE_KINDS } from "../tables.ts";
import { assertSameRows } from "./compare.ts";
import { assertFinds } from "./found.ts";
import { READERS, type ReaderName } from "./reader.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

for (const [index, kind] of TABLE_KINDS.entries()) {
  const folder = `kind_${index}`;
  describe(kind.name, () => {
    before(() => kind.make(lake, folder));

    test(`we read ${kind.name}`, async () => {
      const relation = lake.engine.relation(await scan(lake.context, await lake.open(folder)));
      await assertSameRows(lake.engine, relation, `(${kind.rows})`);
    });

    for (const name of Object.keys(READERS) as ReaderName[]) {
      const limit = kind.limits?.[name];
      const can = limit === undefined ? "reads" : "cannot read";
      test(`${name} ${can} ${kind.name}`, async () => {
        const reading = readAll(name, kind, join(lake.root, folder));
        if (limit === undefined) await reading;
        else await assert.rejects(reading, limit);
      });
    }
  });
}

async function readAll(name: ReaderName, kind: TableKind, table: string): Promise<void> {
  const { engine } = lake;
  await assertFinds(name, { table }, { engine, rows: kind.rows });
  for (const where of kind.filters ?? []) {
    const rows = `SELECT * FROM (${kind.rows}) WHERE ${where}`;
    await assertFinds(name, { table, where }, { engine, rows });
  }
}
