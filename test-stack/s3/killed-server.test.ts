/** The object store is killed again and again while tables are written: what was acknowledged is there, once. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BUCKET, createBucket, startServer } from "../../scripts/stack/versitygw.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { s3Storage } from "../../src/storage/s3/open.ts";
import { column, realClock } from "../../test/delta/lake.ts";
import { variable } from "./place.ts";

const KILLS = 5;
const WRITERS = 3;

test(`of a store that is killed ${KILLS} times no acknowledged commit is lost or doubled`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-killed-"));
  const binary = variable("MILLRACE_STACK_VERSITYGW");
  const secret = variable("AWS_SECRET_ACCESS_KEY");
  let server = await startServer(binary, { folder, secret });
  const { endpoint } = server;
  await createBucket(endpoint, secret);
  const storage = s3Storage(
    { bucket: BUCKET, prefix: "lake" },
    { endpoint, cacheFolder: join(folder, "cache"), attempts: 20 },
  );
  const engine = await createDuckDB();
  const context = { storage, parquet: engine, clock: realClock };
  const schema = { name: "t", fields: [column("n", "long")] };
  await commit(context, { folder: "t" }, { operation: "CREATE TABLE", schema });

  let isOver = false;
  const acknowledged: { writer: number; index: number; version: number }[] = [];
  const write = async (writer: number): Promise<void> => {
    for (let index = 0; !isOver; index += 1) {
      const base = await openSnapshot(context, "t");
      assert.ok(base !== undefined);
      const { version } = await commit(context, base, {
        operation: "WRITE",
        transactions: [{ appId: `writer ${writer}`, version: BigInt(index) }],
      });
      acknowledged.push({ writer, index, version });
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
  for (let kills = 0; kills < KILLS; kills += 1) {
    const before = acknowledged.length;
    while (acknowledged.length < before + 5) await setTimeout(5);
    await server.kill();
    const { port } = new URL(endpoint);
    server = await startServer(binary, { folder, secret, port: Number(port) });
  }
  isOver = true;
  await Promise.all(writers);

  const versions = acknowledged.map(({ version }) => version).toSorted((a, b) => a - b);
  assert.deepEqual(
    versions,
    versions.map((_, index) => index + 1),
  );
  const table = await openSnapshot(context, "t");
  assert.equal(table?.version, acknowledged.length);
  for (let writer = 0; writer < WRITERS; writer += 1) {
    const last = Math.max(
      ...acknowledged.filter((one) => one.writer === writer).map(({ index }) => index),
    );
    assert.equal(table?.transactions.get(`writer ${writer}`), BigInt(last));
  }
  engine.close();
  await storage.close();
  await server.kill();
  rmSync(folder, { recursive: true });
});
