/** Other ways from a file of orders to a Delta table, measured once each beside Millrace: delta-rs, Spark and dlt. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Usage } from "../measure/process.ts";
import { type OrderFiles, orderFiles } from "./data.ts";
import type { Format } from "./order.ts";
import { loadWithDeltaRs, loadWithDlt } from "./peer-python.ts";
import { loadWithSpark } from "./peer-spark.ts";
import { readRaw } from "./verdict.ts";

export type PeerName = "delta-rs" | "delta-rs lenient" | "Spark" | "dlt";

/** What each is measured with: dlt is too slow for all of the file. */
export const PEERS: Readonly<Record<PeerName, { readonly what: string; readonly share: number }>> =
  {
    "delta-rs": { what: "delta-rs, types checked by casts", share: 1 },
    "delta-rs lenient": { what: "delta-rs, fed by DuckDB's lenient readers", share: 1 },
    Spark: { what: "Spark, without its start", share: 1 },
    dlt: { what: "dlt, a tenth of the rows times ten", share: 0.1 },
  };

export interface PeerRace {
  readonly files: OrderFiles;
  readonly format: Format;
  readonly seed: number;
  /** A folder on the disk that is measured, where made files are kept. */
  readonly cache: string;
  readonly say: (line: string) => void;
}

/** Usage for the whole file; memory is as it was measured. Throws where a table has not the rows it should. */
export async function racePeers(race: PeerRace): Promise<Record<PeerName, Usage>> {
  const { files, format, seed, cache, say } = race;
  const tenth = await orderFiles(cache, { rows: files.rows * PEERS.dlt.share, seed });
  const measure = async (
    name: PeerName,
    load: (table: string) => Promise<Usage>,
  ): Promise<Usage> => {
    const place = await mkdtemp(join(cache, "work_"));
    const table = join(place, "orders");
    await mkdir(table);
    try {
      const usage = await load(table);
      if (name !== "dlt") await checkRows(table, files, format);
      say(`${format}: ${PEERS[name].what}: its rows are there`);
      return scaled(usage, 1 / PEERS[name].share);
    } finally {
      await rm(place, { recursive: true });
    }
  };
  const file = files.paths[format];
  return {
    "delta-rs": await measure("delta-rs", (table) =>
      loadWithDeltaRs("checked", { format, file, table }),
    ),
    "delta-rs lenient": await measure("delta-rs lenient", (table) =>
      loadWithDeltaRs("lenient", { format, file, table }),
    ),
    Spark: await measure("Spark", (table) => loadWithSpark(format, file, table)),
    dlt: await measure("dlt", (folder) => loadWithDlt(format, tenth, folder)),
  };
}

/** A table that was made by one commit or more holds what its folder holds. */
async function checkRows(table: string, files: OrderFiles, format: Format): Promise<void> {
  const expected = { format, contract: "checked", rows: files.rows } as const;
  const { good, hash } = await readRaw(`${table}/*.parquet`, expected);
  assert.deepEqual({ good, hash }, { good: files.good, hash: files.hash });
}

function scaled({ wallMs, cpuMs, peakBytes }: Usage, times: number): Usage {
  return { wallMs: wallMs * times, cpuMs: cpuMs * times, peakBytes };
}
