/** A lake with one table that keeps a change feed, and changes of every kind in it. */

import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { openLake } from "../../src/lake/lake.ts";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { systemClock } from "../../src/run/clock.ts";
import { localStorage } from "../../src/storage/local.ts";

/** `a.t`: made, two rows inserted, one updated, the other deleted. */
export async function changeRows(folder: string): Promise<void> {
  const engine = await createDuckDB({ threads: 1 });
  const lake = openLake({ storage: localStorage(folder), engine, clock: systemClock });
  const { delta } = lake;
  const staging = await lake.storage.openStaging();
  try {
    const fields = ["id", "n"].map((name) => ({ name, type: "integer", nullable: true }) as const);
    const configuration = { "delta.enableChangeDataFeed": "true" };
    const made = await commit(
      delta,
      { folder: "a/t" },
      { operation: "CREATE TABLE", schema: { name: "a.t", fields, configuration } },
    );
    const rows = "select * from (values (1, 1), (2, 2)) t(id, n)";
    const add = await engine.write(rows, { folder: staging.folder });
    const filled = await commit(delta, made, { operation: "WRITE", add });
    const context = { delta, engine };
    const { snapshot } = await updateRows(context, filled, { where: "id = 1", set: { n: "9" } });
    await deleteRows(context, snapshot, { where: "id = 2" });
  } finally {
    await staging.close();
    lake.close();
  }
}
