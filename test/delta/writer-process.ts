/** A process that appends numbered rows to a table, going on from where its transactions say it stopped; may kill itself at a crash point. */

import type { Crash } from "../../src/base/crash-point.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";
import { realClock } from "./lake.ts";

const [root = "", writer = "", count = "0", point = "", skipped = "0"] = process.argv.slice(2);

let left = Number(skipped);
const crash: Crash = (here) => {
  if (here !== point) return;
  if (left === 0) process.kill(process.pid, "SIGKILL");
  left -= 1;
};

const storage = localStorage(root, { crash });
const engine = await createDuckDB({ threads: 1, tempFolder: root });
const context = { storage, parquet: engine, clock: realClock, crash };
let snapshot = await openSnapshot(context, "t");
if (snapshot === undefined) throw new Error("no table");
for (;;) {
  const number: bigint = (snapshot.transactions.get(writer) ?? 0n) + 1n;
  if (number > BigInt(count)) break;
  const staging = await storage.openStaging();
  const add = await engine.write(`SELECT '${writer}' AS writer, ${number}::BIGINT AS number`, {
    folder: staging.folder,
  });
  snapshot = await commit(context, snapshot, {
    operation: "WRITE",
    add,
    transactions: [{ appId: writer, version: number }],
  });
  await staging.close();
}
engine.close();
