/** A temporary folder and a real DuckDB to write files with, both gone after the test. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import {
  createFileWarehouse,
  type FileWarehouseOptions,
} from "../../src/warehouse/file-warehouse.ts";
import type { OutputColumn, Written } from "../../src/warehouse/warehouse.ts";

export interface Bench {
  readonly folder: string;
  readonly engine: Engine;
  write(
    query: string,
    how?: Partial<FileWarehouseOptions> & { columns?: readonly OutputColumn[]; name?: string },
  ): Promise<Written>;
  /** Writes and gives the file's text. */
  text(query: string, how?: Parameters<Bench["write"]>[1]): Promise<string>;
}

export async function openBench(t: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-warehouse-"));
  const engine = await createDuckDB();
  t.after(async () => {
    engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  const write: Bench["write"] = (query, { columns, name = "out", ...how } = {}) => {
    const dialect = { format: "csv", nulls: "", bom: false, formulas: "escape" } as const;
    const warehouse = createFileWarehouse({ folder, ...dialect, ...how });
    return warehouse.write({ name, query, ...(columns === undefined ? {} : { columns }) }, engine);
  };
  const text: Bench["text"] = async (query, how) =>
    readFile((await write(query, how)).path, "utf8");
  return { folder, engine, write, text };
}
