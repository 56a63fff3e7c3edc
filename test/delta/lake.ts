/** A lake in a temporary folder, with a real engine, for tests of the log. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/base/clock.ts";
import type { Filter } from "../../src/delta/filter.ts";
import { physicalSelect } from "../../src/delta/physical-select.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { type DeltaContext, openSnapshot, scan } from "../../src/delta/table.ts";
import { fieldIds, physicalColumns, type TableSpec } from "../../src/delta/table-spec.ts";
import { type Change, commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine, Row } from "../../src/engine/engine.ts";
import type { WrittenFile } from "../../src/schema/table-files.ts";
import type { DataType, Field } from "../../src/schema/type.ts";
import { localStorage } from "../../src/storage/local.ts";

export interface Lake {
  readonly root: string;
  readonly engine: Engine;
  readonly context: DeltaContext;
  /** Commits a new table. */
  create(folder: string, spec: TableSpec): Promise<Snapshot>;
  /** Writes a query's rows, whose columns are the table's, and commits them. */
  append(base: Snapshot, query: string, change?: Partial<Change>): Promise<Snapshot>;
  /** Stages a query's rows as files of the table and hands them to `use`. */
  staged<T>(
    table: { shape: TableSpec | Snapshot; base?: Snapshot },
    query: string,
    use: (files: WrittenFile[]) => Promise<T>,
  ): Promise<T>;
  rows(snapshot: Snapshot, select?: string, filters?: readonly Filter[]): Promise<Row[]>;
  open(folder: string, at?: { version?: number; timestamp?: Date }): Promise<Snapshot>;
  close(): void;
}

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** A nullable column. */
export function column(name: string, type: DataType): Field {
  return { name, type, nullable: true };
}

export async function openLake(clock: Clock = realClock): Promise<Lake> {
  // Without a dash, for Spark makes no table whose path has one.
  const root = mkdtempSync(join(tmpdir(), "millrace_delta_"));
  const engine = await createDuckDB();
  const context: DeltaContext = { storage: localStorage(root), parquet: engine, clock };

  const staged: Lake["staged"] = async ({ shape, base }, query, use) => {
    const staging = await context.storage.openStaging();
    try {
      const columns = physicalColumns(shape, base);
      const ids = fieldIds(shape, base);
      const partitions =
        ("state" in shape ? shape.metadata.partitionColumns : shape.partitionColumns) ?? [];
      const files = await engine.write(physicalSelect(query, shape, base), {
        folder: staging.folder,
        partitionBy: columns
          .filter(({ name }) => partitions.includes(name))
          .map(({ physicalName }) => physicalName),
        ...(ids === undefined ? {} : { fieldIds: ids }),
      });
      return await use(files);
    } finally {
      await staging.close();
    }
  };

  return {
    root,
    engine,
    context,
    staged,
    create: (folder, schema) => commit(context, { folder }, { operation: "CREATE TABLE", schema }),
    append: (base, query, change = {}) => {
      const shape = change.schema ?? base;
      const table = change.schema === undefined ? { shape } : { shape, base };
      return staged(table, query, (add) =>
        commit(context, base, { operation: "WRITE", add, ...change }),
      );
    },
    rows: async (snapshot, select = "*", filters = []) =>
      engine.rows(
        `SELECT ${select} FROM ${engine.relation(await scan(context, snapshot, filters))} ORDER BY ALL`,
      ),
    open: async (folder, at) => {
      const snapshot = await openSnapshot(context, folder, at);
      if (snapshot === undefined) throw new Error(`no table ${folder}`);
      return snapshot;
    },
    close: () => {
      engine.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
