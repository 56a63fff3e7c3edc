/** A process that changes rows of a table and kills itself at a point of that; run by a test. */

import { openSnapshot } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { localStorage } from "../../src/storage/local.ts";
import { realClock } from "../delta/lake.ts";

const [root = "", act = "", point = ""] = process.argv.slice(2);

const crash = (here: string): void => {
  if (here === point) process.kill(process.pid, "SIGKILL");
};
const engine = await createDuckDB();
const delta = { storage: localStorage(root, { crash }), parquet: engine, clock: realClock, crash };
const table = await openSnapshot(delta, "t");
if (table === undefined) throw new Error("no table");
const transactions = [{ appId: act, version: 1n }];
if (!table.transactions.has(act)) {
  if (act === "delete") {
    await deleteRows({ delta, engine }, table, { where: "id % 4 = 0", transactions });
  } else {
    await mergeRows({ delta, engine }, table, {
      source: "(SELECT range AS id, 'new' AS v, 'p0' AS p FROM range(15, 25))",
      on: "target.id = source.id",
      clauses: [
        { when: "matched", do: "update", set: "all" },
        { when: "not matched", do: "insert", values: "all" },
      ],
      transactions,
    });
  }
}
engine.close();
