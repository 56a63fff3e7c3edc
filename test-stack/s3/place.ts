/** Where the tests find the object store, and a storage with a prefix and a cache of its own. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUCKET } from "../../scripts/stack/versitygw.ts";
import { s3Storage } from "../../src/storage/s3/open.ts";
import type { S3Options, S3Tuning } from "../../src/storage/s3/option.ts";
import type { Storage } from "../../src/storage/storage.ts";

export interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly uri: string;
  readonly cacheFolder: string;
  readonly storage: Storage;
  close(): Promise<void>;
}

export function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run these tests by npm run test:stack`);
  return value;
}

export function openPlace(options: S3Options & S3Tuning = {}): Place {
  const cacheFolder = mkdtempSync(join(tmpdir(), "millrace-stack-s3-"));
  const prefix = `tests/${randomUUID()}`;
  const storage = s3Storage(
    { bucket: BUCKET, prefix },
    { endpoint: variable("AWS_ENDPOINT_URL_S3"), cacheFolder, ...options },
  );
  return {
    bucket: BUCKET,
    prefix,
    uri: `s3://${BUCKET}/${prefix}`,
    cacheFolder,
    storage,
    async close() {
      await storage.close();
      rmSync(cacheFolder, { recursive: true });
    },
  };
}
