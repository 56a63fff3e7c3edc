/** TPC-H as Delta tables of ours, made once from the files of DuckDB's generator. */

import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { installOnce } from "../../scripts/stack/install.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { localStorage } from "../../src/storage/local.ts";

export interface TpchData {
  /** A lake with a table each. */
  readonly lake: string;
  readonly queries: readonly string[];
  readonly tables: readonly string[];
}

const PACKAGES = ["duckdb==1.5.5", "duckdb_extension_tpch==1.5.5"];

/** Throws where Python or its packages cannot be had. */
export async function tpchData(folder: string, scale: number): Promise<TpchData> {
  const place = join(folder, `scale-${scale}`);
  if (!existsSync(place)) {
    const unfinished = `${place}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await generate(unfinished, scale);
    await makeTables(unfinished);
    await rename(unfinished, place);
  }
  return {
    lake: join(place, "lake"),
    queries: globSync(join(place, "queries", "*.sql")).toSorted(),
    tables: globSync(join(place, "parquet", "*.parquet"))
      .map((path) => basename(path, ".parquet"))
      .toSorted(),
  };
}

async function generate(folder: string, scale: number): Promise<void> {
  const venv = await installOnce({
    name: "tpch",
    versions: PACKAGES.join("\n"),
    install: async (into, run) => {
      await run("python3", ["-m", "venv", into]);
      await run(join(into, "bin", "python"), ["-m", "pip", "install", "--quiet", ...PACKAGES]);
    },
  });
  const script = join(import.meta.dirname, "tpch_make.py");
  await promisify(execFile)(join(venv, "bin", "python"), [script, folder, String(scale)]);
}

async function makeTables(folder: string): Promise<void> {
  const lake = join(folder, "lake");
  const storage = localStorage(lake);
  const engine = await createDuckDB({ threads: 2, tempFolder: folder, preserveOrder: true });
  const clock = { now: () => new Date(), sleep: async () => {} };
  const context = { storage, parquet: engine, clock };
  for (const path of globSync(join(folder, "parquet", "*.parquet"))) {
    const query = `SELECT * FROM read_parquet(${quoteText(path)})`;
    const staging = await storage.openStaging();
    // Delta asks for nothing that these columns are not.
    const fields = (await engine.describe(query)).map((field) => ({ ...field, nullable: true }));
    const add = await engine.write(query, { folder: staging.folder });
    const table = basename(path, ".parquet");
    await commit(
      context,
      { folder: table },
      { operation: "CREATE TABLE AS SELECT", schema: { fields }, add },
    );
    await staging.close();
  }
  engine.close();
}
