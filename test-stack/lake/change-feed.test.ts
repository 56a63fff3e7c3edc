/** Change data feeds, written and read by each: what a version changed is the same for all. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TableContext } from "../../src/operation/context.ts";
import { readChanges } from "../../src/operation/read-changes.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import { FED_TABLE } from "../changed-table.ts";
import { assertSameRows } from "./compare.ts";
import { changes } from "./delta-rs.ts";
import { DELTA_RS_FED } from "./delta-rs-table.ts";
import { unusedPath } from "./found.ts";
import { sparkInto } from "./spark.ts";
import { makeInSpark, SPARK_FED } from "./spark-table.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

const COLUMNS = "id, kind, note, _change_type, _commit_version";

test("delta-rs and Spark read the changes that we wrote", async () => {
  await FED_TABLE.make(lake, "ours");
  await compareWithSpark("ours");
  await compareWithDeltaRs("ours");
});

test("we read the changes that Spark wrote", async () => {
  await makeInSpark(join(lake.root, "sparks"), SPARK_FED);
  await compareWithSpark("sparks");
});

test("we read the changes that delta-rs wrote", async () => {
  await DELTA_RS_FED.make(join(lake.root, "rusts"));
  await compareWithDeltaRs("rusts");
});

/** With the times of the commits, which delta-rs gives in a form of its own. */
async function compareWithSpark(folder: string): Promise<void> {
  const table = join(lake.root, folder);
  await compare(folder, `${COLUMNS}, _commit_timestamp`, async (to, last) => {
    const name = quoteText(`delta.\`${table}\``);
    await sparkInto(
      to,
      `SELECT ${COLUMNS}, _commit_timestamp FROM table_changes(${name}, 0, ${last})`,
    );
    return join(to, "*.parquet");
  });
}

async function compareWithDeltaRs(folder: string): Promise<void> {
  await compare(folder, COLUMNS, async (to, last) => {
    await changes(join(lake.root, folder), { first: 0, last, to });
    return to;
  });
}

async function compare(
  folder: string,
  columns: string,
  read: (to: string, last: number) => Promise<string>,
): Promise<void> {
  const to = unusedPath(join(lake.root, folder));
  try {
    const ours = await readChanges(context, folder, { from: 0 });
    const files = await read(to, ours.to);
    await assertSameRows(
      lake.engine,
      `(SELECT ${columns} FROM ${ours.relation})`,
      `(SELECT ${columns} FROM (SELECT * REPLACE (_commit_version::BIGINT AS _commit_version) FROM read_parquet(${quoteText(files)})))`,
    );
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}
