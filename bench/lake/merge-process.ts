/**
 * One change of ten files of orders: `merge-process.ts bare|rewrite|vectors spread|clustered|delete|update DATA FOLDER`.
 * `bare` is the least that DuckDB alone can do: it is told which files are touched, and looks for nothing else.
 * Says what the change took, apart from the process's own start, and what the rows come to afterwards.
 */

import { linkSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AddFile } from "../../src/delta/action.ts";
import { scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { localStorage } from "../../src/storage/local.ts";
import { FIELDS, FILES, partOf } from "./merge-data.ts";

const [who = "rewrite", act = "spread", data = "", folder = ""] = process.argv.slice(2);
const ONE_IN_A_THOUSAND = "hash(id) % 1000 = 0";

/** More is not needed, and it shows that more is not taken. */
const engine = await createDuckDB({ threads: 2, memoryLimit: "512MB", tempFolder: folder });
const change = who === "bare" ? prepareBare(engine) : await prepareTable(engine);
const before = process.cpuUsage();
const began = performance.now();
const relation = await change();
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(before);
const peakBytes = process.resourceUsage().maxRSS * 1024;
const [rows] = await engine.rows(
  `SELECT CAST(count(*) AS INTEGER) AS rows, CAST(sum(hash(id, customer_id, sku, quantity, price, updated_at, status) % 1000000) AS VARCHAR) AS hash FROM ${relation}`,
);
process.stdout.write(
  JSON.stringify({
    wallMs,
    cpuMs: (user + system) / 1000,
    peakBytes,
    rows: rows?.rows,
    hash: rows?.hash,
  }),
);
engine.close();

function prepareBare(session: Engine): () => Promise<string> {
  const out = join(folder, "out");
  mkdirSync(out);
  const source = `'${join(data, `${act}.parquet`)}'`;
  const isMerge = act === "spread" || act === "clustered";
  const touched = act === "clustered" ? [3] : Array.from({ length: FILES }, (_, file) => file);
  const copy = (query: string, name: string) =>
    session.run(
      `COPY (${query}) TO '${join(out, name)}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`,
    );
  const written = (file: string): string => {
    if (act === "delete") return `SELECT * FROM ${file} WHERE NOT (${ONE_IN_A_THOUSAND})`;
    if (!isMerge) {
      return `SELECT * REPLACE (CASE WHEN ${ONE_IN_A_THOUSAND} THEN 'held' ELSE status END AS status) FROM ${file}`;
    }
    return `SELECT * FROM ${file} AS t WHERE NOT EXISTS (FROM source AS s WHERE s.id = t.id) UNION ALL SELECT s.* FROM source AS s SEMI JOIN ${file} AS t ON s.id = t.id`;
  };
  return async () => {
    if (isMerge) await session.run(`CREATE TEMP TABLE source AS FROM ${source}`);
    for (const file of touched) await copy(written(`'${join(data, partOf(file))}'`), partOf(file));
    if (act === "spread") {
      const old = `SELECT id FROM '${join(data, "p*.parquet")}'`;
      await copy(`SELECT * FROM source WHERE id NOT IN (${old})`, "new.parquet");
    }
    const kept = Array.from({ length: FILES }, (_, file) => file)
      .filter((file) => !touched.includes(file))
      .map((file) => join(data, partOf(file)));
    const all = [...kept, ...readdirSync(out).map((name) => join(out, name))];
    return `read_parquet([${all.map((path) => `'${path}'`).join(", ")}])`;
  };
}

async function prepareTable(session: Engine): Promise<() => Promise<string>> {
  const clock = {
    now: () => new Date(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const delta = { storage: localStorage(join(folder, "lake")), parquet: session, clock };
  mkdirSync(join(folder, "lake/t"), { recursive: true });
  const adopted: AddFile[] = [];
  for (let file = 0; file < FILES; file += 1) adopted.push(await linked(session, file));
  const configuration = who === "vectors" ? { "delta.enableDeletionVectors": "true" } : {};
  const table = await commit(
    delta,
    { folder: "t" },
    { operation: "CONVERT", adopted, schema: { fields: FIELDS, configuration } },
  );
  const context = { delta, engine: session };
  const source = `read_parquet('${join(data, `${act}.parquet`)}')`;
  return async () => {
    const { snapshot } =
      act === "delete"
        ? await deleteRows(context, table, { where: ONE_IN_A_THOUSAND })
        : act === "update"
          ? await updateRows(context, table, {
              where: ONE_IN_A_THOUSAND,
              set: { status: "'held'" },
            })
          : await mergeRows(context, table, {
              source,
              on: "target.id = source.id",
              clauses: [
                { when: "matched", do: "update", set: "all" },
                { when: "not matched", do: "insert", values: "all" },
              ],
            });
    return session.relation(await scan(delta, snapshot));
  };
}

/** A part of the data as a file of the table, with the statistics that every writer gives it. */
async function linked(session: Engine, file: number): Promise<AddFile> {
  const path = partOf(file);
  linkSync(join(data, path), join(folder, "lake/t", path));
  const [row] = await session.rows(
    `SELECT count(*) AS rows, min(id) AS low, max(id) AS high FROM '${join(data, path)}'`,
  );
  return {
    path,
    partitionValues: {},
    size: statSync(join(data, path)).size,
    modificationTime: 0,
    dataChange: true,
    stats: `{"numRecords":${row?.rows},"minValues":{"id":${row?.low}},"maxValues":{"id":${row?.high}},"nullCount":{"id":0}}`,
  };
}
