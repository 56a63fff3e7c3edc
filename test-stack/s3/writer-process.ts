/** A process that appends rows to a table in the object store, one commit after another, and tells its commits. */

import { physicalSelect } from "../../src/delta/physical-select.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { openStorage } from "../../src/storage/open.ts";
import { realClock } from "../../test/delta/lake.ts";

const [uri = "", endpoint = "", cacheFolder = "", writer = "0", commits = "1"] =
  process.argv.slice(2);

const storage = openStorage(uri, { s3: { endpoint, cacheFolder } });
const engine = await createDuckDB();
const context = { storage, parquet: engine, clock: realClock };
for (let index = 0; index < Number(commits); index += 1) {
  const base = await openSnapshot(context, "t");
  if (base === undefined) throw new Error("the table is not there");
  const staging = await storage.openStaging();
  const query = `select ${writer}::bigint as writer, ${index}::bigint as number`;
  const add = await engine.write(physicalSelect(query, base), { folder: staging.folder });
  const { version } = await commit(context, base, { operation: "WRITE", add });
  await staging.close();
  process.stdout.write(`${version}\n`);
}
engine.close();
await storage.close();
