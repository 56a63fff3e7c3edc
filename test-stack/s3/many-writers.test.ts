/** Several processes commit to one table in the object store: every commit counts once. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { column, realClock } from "../../test/delta/lake.ts";
import { openPlace, variable } from "./place.ts";

const SCRIPT = fileURLToPath(new URL("./writer-process.ts", import.meta.url));
const WRITERS = 4;
const COMMITS = 15;

test(`of ${WRITERS} processes with ${COMMITS} commits each, all are in the table once`, async () => {
  const place = openPlace();
  const engine = await createDuckDB();
  const context = { storage: place.storage, parquet: engine, clock: realClock };
  const fields = [column("writer", "long"), column("number", "long")];
  await commit(
    context,
    { folder: "t" },
    { operation: "CREATE TABLE", schema: { name: "t", fields } },
  );
  const versions = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) => write(place.uri, place.cacheFolder, writer)),
  );
  const expected = Array.from({ length: WRITERS * COMMITS }, (_, index) => index + 1);
  assert.deepEqual(
    versions.flat().toSorted((a, b) => a - b),
    expected,
  );
  const table = await openSnapshot(context, "t");
  assert.equal(table?.version, WRITERS * COMMITS);
  const relation = engine.relation(await scan(context, table));
  assert.deepEqual(
    await engine.rows(
      `select writer, count(*) as rows, count(distinct number) as numbers from ${relation} group by all order by all`,
    ),
    Array.from({ length: WRITERS }, (_, writer) => ({
      writer: BigInt(writer),
      rows: BigInt(COMMITS),
      numbers: BigInt(COMMITS),
    })),
  );
  engine.close();
  await place.close();
});

/** The versions that the process made. */
async function write(uri: string, cacheFolder: string, writer: number): Promise<number[]> {
  const endpoint = variable("AWS_ENDPOINT_URL_S3");
  const args = [uri, endpoint, cacheFolder, String(writer), String(COMMITS)];
  const child = spawn(process.execPath, ["--conditions=millrace-source", SCRIPT, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(code, 0);
  return said.trim().split("\n").map(Number);
}
