/** Orders to merge into, in ten files, and two sources: one with keys in all files, one with keys in a single file. */

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Field } from "../../src/schema/type.ts";

export const FILES = 10;
export const FIELDS: readonly Field[] = [
  { name: "id", type: "long", nullable: true },
  { name: "customer_id", type: "long", nullable: true },
  { name: "sku", type: "string", nullable: true },
  { name: "quantity", type: "integer", nullable: true },
  { name: "price", type: { kind: "decimal", precision: 12, scale: 2 }, nullable: true },
  { name: "updated_at", type: "timestamp", nullable: true },
  { name: "status", type: "string", nullable: true },
];

/** Rows of the target; a hundredth as many are merged, three quarters of them updates. */
function rowsOf(scale: number): number {
  return Math.max(10_000, Math.round(20_000_000 * scale));
}

/** The name of a file that holds a part of the target. */
export function partOf(file: number): string {
  return `p${file}.parquet`;
}

/** Made once: `p0.parquet` and so on, `spread.parquet` and `clustered.parquet`. */
export async function mergeData(cache: string, scale: number): Promise<string> {
  const rows = rowsOf(scale);
  const place = join(cache, `orders-${rows}`);
  if (existsSync(place)) return place;
  const making = `${place}.part`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const engine = await createDuckDB({ threads: 2, memoryLimit: "4GB" });
  const write = (query: string, name: string) =>
    engine.run(
      `COPY (${query}) TO '${join(making, name)}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 500000)`,
    );
  for (let file = 0; file < FILES; file += 1) {
    const [first, end] = [file, file + 1].map((at) => Math.floor((at * rows) / FILES));
    await write(`SELECT ${orderOf("i")} FROM range(${first}, ${end}) AS t(i)`, partOf(file));
  }
  const merged = rows / 100;
  const updates = (merged * 3) / 4;
  const gap = Math.floor(rows / updates);
  const changed = (ids: string) =>
    `SELECT * REPLACE ('changed' AS status) FROM (SELECT ${orderOf("i")} FROM (${ids}) AS t(i))`;
  await write(
    changed(
      `SELECT CAST(k * ${gap} + hash(k) % ${gap} AS BIGINT) FROM range(${updates}) AS t(k) UNION ALL SELECT range FROM range(${rows}, ${rows + merged - updates})`,
    ),
    "spread.parquet",
  );
  const inFile = rows / FILES;
  const near = Math.max(1, Math.floor(inFile / merged));
  await write(
    changed(`SELECT ${3 * inFile} + k * ${near} FROM range(${Math.min(merged, inFile)}) AS t(k)`),
    "clustered.parquet",
  );
  engine.close();
  await rename(making, place);
  return place;
}

function orderOf(id: string): string {
  return [
    `CAST(${id} AS BIGINT) AS id`,
    `CAST(hash(${id}) % 500000 AS BIGINT) AS customer_id`,
    `'SKU-' || (hash(${id} + 1) % 50000) AS sku`,
    `CAST(1 + hash(${id} + 2) % 20 AS INTEGER) AS quantity`,
    `CAST(hash(${id} + 3) % 90000 / 100.0 AS DECIMAL(12, 2)) AS price`,
    `CAST(TIMESTAMP '2024-01-01' + to_seconds(CAST(hash(${id} + 4) % 31000000 AS BIGINT)) AS TIMESTAMPTZ) AS updated_at`,
    `(['new', 'paid', 'sent', 'back'])[CAST(1 + hash(${id} + 5) % 4 AS INTEGER)] AS status`,
  ].join(", ");
}
