/** A storage on the double for one test, with a cache of its own, and the check that nothing is left open. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { s3Storage } from "../../src/storage/s3/open.ts";
import type { S3Options, S3Tuning } from "../../src/storage/s3/option.ts";
import type { Storage } from "../../src/storage/storage.ts";
import {
  ACCESS_KEY,
  type DoubleOptions,
  openS3Double,
  type S3Double,
  SECRET_KEY,
} from "./s3-double.ts";

export interface S3Place {
  readonly double: S3Double;
  readonly storage: Storage;
  readonly cacheFolder: string;
  /** Another process's storage, so to say. */
  another(options?: S3Options & S3Tuning): Storage;
  /** Fails where a connection, a local copy in use or an unfinished upload is left. */
  close(): Promise<void>;
}

/** Patience for tests: as many tries, and hardly a pause. */
const QUICK: S3Tuning = { firstPauseMs: 1, silenceMs: 500 };

export async function openS3Place(
  how: { readonly double?: DoubleOptions; readonly storage?: S3Options & S3Tuning } = {},
): Promise<S3Place> {
  // The SDK's chain of credentials looks there first.
  process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
  process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
  const cacheFolder = mkdtempSync(join(tmpdir(), "millrace-s3-"));
  const double = await openS3Double(how.double);
  const opened: Storage[] = [];
  const another: S3Place["another"] = (options = {}) => {
    const storage = s3Storage(
      { bucket: double.bucket, prefix: "some/lake" },
      { ...QUICK, endpoint: double.endpoint, cacheFolder, ...how.storage, ...options },
    );
    opened.push(storage);
    return storage;
  };
  return {
    double,
    storage: another(),
    cacheFolder,
    another,
    async close() {
      double.breakBy(() => undefined);
      for (const storage of opened) await storage.close();
      const inUse = join(cacheFolder, "in-use");
      const left = readdirSync(cacheFolder).includes("in-use") ? readdirSync(inUse) : [];
      const { openUploads } = double;
      const connections = await double.connections();
      await double.close();
      rmSync(cacheFolder, { recursive: true });
      assert.deepEqual(
        { left, openUploads, connections },
        { left: [], openUploads: 0, connections: 0 },
      );
    },
  };
}
