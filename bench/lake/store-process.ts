/** A process that does one thing with a table on a disk or in an object store, and says what that took apart from its own start. */

import { setTimeout } from "node:timers/promises";
import { physicalSelect } from "../../src/delta/physical-select.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { openStorage } from "../../src/storage/open.ts";

const [how = "", place = "", cacheFolder = "", folder = "", amount = "0"] = process.argv.slice(2);
const count = Number(amount);

const endpoint = process.env.AWS_ENDPOINT_URL_S3;
const s3 = { cacheFolder, ...(endpoint === undefined ? {} : { endpoint }) };
const storage = openStorage(place, { s3 });
const engine = await createDuckDB({ threads: 2 });
const clock = {
  now: () => new Date(),
  sleep: (ms: number) => setTimeout(ms),
};
const context = { storage, parquet: engine, clock };
const schema: TableSpec = {
  name: folder,
  fields: [
    { name: "id", type: "long", nullable: true },
    { name: "amount", type: "long", nullable: true },
    { name: "word", type: "string", nullable: true },
  ],
};

// Connections, modules and credentials belong to the start.
await storage.listFolders("none");
const cpuBefore = process.cpuUsage();
const began = performance.now();
const result = await act();
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, result }));
engine.close();
await storage.close();

/** Resolves to what must be the same everywhere. */
async function act(): Promise<string> {
  switch (how) {
    case "commits": {
      let table = await commit(context, { folder }, { operation: "CREATE TABLE", schema });
      for (let index = 0; index < count; index += 1) {
        const transactions = [{ appId: "bench", version: BigInt(index) }];
        table = await commit(context, table, { operation: "WRITE", transactions });
      }
      return String(table.version);
    }
    case "append": {
      const rows = `select i as id, i % 1000 as amount, md5(i::varchar) as word from range(${count}) t(i)`;
      const staging = await storage.openStaging();
      const options = { folder: staging.folder };
      const add = await engine.write(physicalSelect(rows, schema), options);
      const table = await commit(
        context,
        { folder },
        {
          operation: "CREATE TABLE AS SELECT",
          add,
          schema,
        },
      );
      await staging.close();
      return String(table.rows);
    }
    case "query":
      return query(await open());
    case "merge": {
      const every = 20;
      const source = `(select i * ${every} as id, -1::bigint as amount, 'merged' as word from range(${count / every}) t(i))`;
      const session = await engine.session();
      await mergeRows({ delta: context, engine: session }, await open(), {
        source,
        on: "target.id = source.id",
        clauses: [
          { when: "matched", do: "update", set: "all" },
          { when: "not matched", do: "insert", values: "all" },
        ],
      });
      session.close();
      return query(await open());
    }
    default:
      throw new Error(`no such work: ${how}`);
  }
}

async function open(): Promise<Snapshot> {
  const table = await openSnapshot(context, folder);
  if (table === undefined) throw new Error(`there is no table ${folder} in ${place}`);
  return table;
}

async function query(table: Snapshot): Promise<string> {
  const relation = engine.relation(await scan(context, table));
  const rows = await engine.rows(
    `select count(*) as rows, sum(amount)::varchar as amount, sum(length(word))::varchar as letters, max(id) as last from ${relation}`,
  );
  return rows.map((row) => Object.values(row).join(" ")).join();
}
