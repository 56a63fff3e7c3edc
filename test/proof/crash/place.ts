/** What the processes of a test have in common: a table in a folder or a bucket, worked on with an engine of one thread. */

import { createDuckDB } from "../../../src/engine/duckdb.ts";
import { localStorage } from "../../../src/storage/local.ts";
import { s3Storage } from "../../../src/storage/s3/open.ts";
import { openS3Place } from "../../storage/s3-place.ts";
import { breakAtRandom } from "../model/storages.ts";
import type { Place } from "../model/table.ts";
import { chanceFrom } from "../random.ts";

/** Longer than any writer or reader goes on with what it once looked at. */
export const KEEPS_MS = 60_000;

export interface OpenPlace extends Place {
  close(): Promise<void>;
}

/** Where the double of an object store listens. */
export interface Bucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix: string;
}

/** A bucket in this process that breaks its promises, for the time of `work`. */
export async function inBucket(
  seed: number,
  work: (bucket: Bucket) => Promise<void>,
): Promise<void> {
  const place = await openS3Place({ double: { pageKeys: 7 } });
  const { endpoint, bucket } = place.double;
  place.double.breakBy(breakAtRandom(chanceFrom(seed)));
  try {
    await work({ endpoint, bucket, prefix: "some/lake" });
  } finally {
    await place.close();
  }
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
