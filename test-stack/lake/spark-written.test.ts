/** What Spark writes, read by us: the newest version and the one before hold the rows that Spark finds in them. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { scan } from "../../src/delta/table.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import { assertSameRows } from "./compare.ts";
import { unusedPath } from "./found.ts";
import { sparkInto, sparkTable } from "./spark.ts";
import { makeInSpark, SPARK_TABLES, type SparkTable } from "./spark-table.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

for (const [index, table] of SPARK_TABLES.entries()) {
  const { name, onlyNewest, refused } = table;
  test(`we ${refused === undefined ? "read" : "refuse"} ${name} as Spark wrote it`, async () => {
    const folder = `table_${index}`;
    await makeInSpark(join(lake.root, folder), table);
    if (refused !== undefined) return assert.rejects(lake.open(folder), { message: refused });
    const { version } = await lake.open(folder);
    await compare(folder, version, table);
    if (version > 0 && onlyNewest !== true) await compare(folder, version - 1, table);
  });
}

async function compare(
  folder: string,
  version: number,
  { columns = "*" }: SparkTable,
): Promise<void> {
  const place = join(lake.root, folder);
  const to = unusedPath(place);
  try {
    await sparkInto(to, `SELECT ${columns} FROM ${sparkTable(place)} VERSION AS OF ${version}`);
    const wanted = `read_parquet(${quoteText(join(to, "*.parquet"))}, hive_partitioning = false)`;
    const ours = await scan(lake.context, await lake.open(folder, { version }));
    await assertSameRows(lake.engine, lake.engine.relation(ours), wanted);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nin version ${version}`, {
      cause: error,
    });
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}
