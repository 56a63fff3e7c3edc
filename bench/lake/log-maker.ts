/** A large log without data files: 100,000 adds and 10,000 removes over 1,000 commits, as commits alone and with a checkpoint. */

import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";

export interface LargeLog {
  /** A table with commits only. */
  readonly json: string;
  /** The same with a checkpoint at its newest version. */
  readonly checkpoint: string;
  readonly files: number;
}

const BEGAN = 1_700_000_000_000;
/** A filter on it leaves one file in 336. */
export const DAY = "2024-03-03";

/** Made once, and kept in `folder`. */
export async function largeLog(folder: string, scale: number): Promise<LargeLog> {
  const commits = Math.max(20, Math.round(1000 * scale));
  const place = join(folder, `log-${commits}`);
  const perCommit = 100;
  if (!existsSync(place)) await make(place, { commits, perCommit });
  const removed = Math.floor(commits / 10) * perCommit;
  return {
    json: join(place, "json"),
    checkpoint: join(place, "checkpoint"),
    files: commits * perCommit - removed,
  };
}

interface Size {
  readonly commits: number;
  readonly perCommit: number;
}

async function make(place: string, size: Size): Promise<void> {
  const unfinished = `${place}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const log = join(unfinished, "json/_delta_log");
  await mkdir(log, { recursive: true });
  for (let version = 0; version < size.commits; version += 1) {
    const name = `${String(version).padStart(20, "0")}.json`;
    const lines = actionsOf(version, size).map((action) => `${JSON.stringify(action)}\n`);
    await writeFile(join(log, name), lines.join(""));
  }
  await cp(join(unfinished, "json"), join(unfinished, "checkpoint"), { recursive: true });
  const engine = await createDuckDB();
  const clock = { now: () => new Date(), sleep: async () => {} };
  const context = { storage: localStorage(unfinished), parquet: engine, clock };
  const snapshot = await openSnapshot(context, "checkpoint");
  if (snapshot !== undefined) await writeCheckpoint(context, snapshot);
  engine.close();
  await rm(join(unfinished, ".staging"), { recursive: true, force: true });
  await rename(unfinished, place);
}

/** One commit in ten also removes as many files as it adds, those of a commit before. */
function actionsOf(version: number, { perCommit }: Size): unknown[] {
  const time = BEGAN + version * 1000;
  const own = Array.from({ length: perCommit }, (_, index) => version * perCommit + index);
  return [
    { commitInfo: { timestamp: time, operation: "WRITE", engineInfo: "bench" } },
    ...(version === 0 ? beginning() : []),
    ...own.map((number) => ({ add: addOf(number, time) })),
    ...(version % 10 === 9
      ? own.map((number) => ({ remove: removeOf(number - 5 * perCommit, time) }))
      : []),
  ];
}

function beginning(): unknown[] {
  const types = {
    id: "long",
    customer_id: "long",
    sku: "string",
    price: "decimal(12,2)",
    updated_at: "timestamp",
    day: "date",
  };
  const fields = Object.entries(types).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  }));
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "00000000-0000-4000-8000-000000000007",
        format: { provider: "parquet", options: {} },
        schemaString: JSON.stringify({ type: "struct", fields }),
        partitionColumns: ["day"],
        configuration: {},
        createdTime: BEGAN,
      },
    },
  ];
}

function fileOf(number: number): { path: string; partitionValues: { day: string }; size: number } {
  const digits = (value: number, length: number): string => String(value).padStart(length, "0");
  const day = `2024-${digits(1 + (number % 12), 2)}-${digits(1 + (Math.floor(number / 12) % 28), 2)}`;
  return {
    path: `day=${day}/part-${digits(number, 8)}-0000.snappy.parquet`,
    partitionValues: { day },
    size: 40_000 + (number % 777),
  };
}

function addOf(number: number, time: number): unknown {
  const file = fileOf(number);
  const { day } = file.partitionValues;
  const sku = (value: number): string => `SKU-${String(value % 50_000).padStart(5, "0")}`;
  const stats = {
    numRecords: 1000,
    minValues: {
      id: number * 1000,
      customer_id: number % 977,
      sku: sku(number),
      price: 0.01,
      updated_at: `${day}T00:00:00.000Z`,
    },
    maxValues: {
      id: number * 1000 + 999,
      customer_id: 199_999,
      sku: sku(number + 99),
      price: 899.99,
      updated_at: `${day}T23:59:59.999Z`,
    },
    nullCount: { id: 0, customer_id: 0, sku: 0, price: 0, updated_at: 0 },
  };
  return { ...file, modificationTime: time, dataChange: true, stats: JSON.stringify(stats) };
}

function removeOf(number: number, time: number): unknown {
  const file = fileOf(number);
  return { ...file, deletionTimestamp: time, dataChange: true, extendedFileMetadata: true };
}
