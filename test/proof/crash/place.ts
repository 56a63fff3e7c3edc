/** What the processes of a test have in common: a table in a folder or a bucket, worked on with an engine of one thread. */

import { createDuckDB } from "../../../src/engine/duckdb.ts";
import { localStorage } from "../../../src/storage/local.ts";
import { s3Storage } from "../../../src/storage/s3/open.ts";
import type { Place } from "../model/table.ts";

/** Longer than any writer or reader goes on with what it once looked at. */
const KEEPS_MS = 60_000;

export interface OpenPlace extends Place {
  close(): Promise<void>;
}

/** Where the double of an object store listens. */
export interface Bucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix: string;
}

/** In `root` lies what is temporary, and the table too unless a bucket is named. */
export async function openPlace(root: string, bucket?: Bucket): Promise<OpenPlace> {
  const engine = await createDuckDB({ threads: 1, tempFolder: root });
  const storage =
    bucket === undefined
      ? localStorage(root)
      : s3Storage(bucket, { endpoint: bucket.endpoint, cacheFolder: root, firstPauseMs: 1 });
  const clock = {
    now: () => new Date(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  return {
    context: { storage, parquet: engine, clock },
    engine,
    keepsMs: KEEPS_MS,
    close: async () => {
      engine.close();
      await storage.close();
    },
  };
}
