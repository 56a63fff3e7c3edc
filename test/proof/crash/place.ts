/** What the processes of a crash test have in common: a table in a folder, worked on with an engine of one thread. */

import { createDuckDB } from "../../../src/engine/duckdb.ts";
import { localStorage } from "../../../src/storage/local.ts";
import type { Place } from "../model/perform.ts";

/** Longer than any writer or reader goes on with what it once looked at. */
const KEEPS_MS = 60_000;

/** The caller closes the engine. */
export async function openPlace(root: string): Promise<Place> {
  const engine = await createDuckDB({ threads: 1, tempFolder: root });
  const clock = {
    now: () => new Date(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  return {
    context: { storage: localStorage(root), parquet: engine, clock },
    engine,
    keepsMs: KEEPS_MS,
  };
}
