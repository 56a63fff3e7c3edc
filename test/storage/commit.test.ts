/** Commits to a table in a store that loses answers: each is made once, and its writer knows which version it is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openSnapshot } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { column, realClock } from "../delta/lake.ts";
import type { Fault } from "./s3-double.ts";
import { openS3Place } from "./s3-place.ts";
import { seed, seededRandom } from "./seed.ts";

const WRITERS = 4;
const COMMITS = 12;
const FAULTS: readonly Fault[] = [
  "409",
  "500",
  "503",
  "reset",
  "done then reset",
  "done then 500",
  "reset then done",
];

test(`of ${WRITERS} writers with ${COMMITS} commits each, none is lost or doubled where every second write goes wrong (seed ${seed})`, async () => {
  const place = await openS3Place({ double: { pageKeys: 7 }, storage: { attempts: 30 } });
  const engine = await createDuckDB();
  const contextOf = (storage = place.another()) => ({ storage, parquet: engine, clock: realClock });
  const schema = { name: "t", fields: [column("n", "long")] };
  await commit(contextOf(), { folder: "t" }, { operation: "CREATE TABLE", schema });
  const random = seededRandom(seed);
  place.double.breakBy(({ what, key }) => {
    const isCommit = what === "PUT" && key.endsWith(".json");
    if (random() > (isCommit ? 1 / 2 : 1 / 20)) return undefined;
    const fault = FAULTS[Math.floor(random() * FAULTS.length)];
    // What is done late is harmless where it is conditional, as a commit is.
    return isCommit || fault !== "reset then done" ? fault : "500";
  });

  const write = async (writer: number): Promise<number[]> => {
    const context = contextOf();
    const versions: number[] = [];
    for (let index = 0; index < COMMITS; index += 1) {
      const base = await openSnapshot(context, "t");
      assert.ok(base !== undefined);
      const transactions = [{ appId: `writer ${writer}`, version: BigInt(index) }];
      const { version } = await commit(context, base, { operation: "WRITE", transactions });
      versions.push(version);
    }
    return versions;
  };
  const versions = await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

  place.double.breakBy(() => undefined);
  assert.deepEqual(
    versions.flat().toSorted((a, b) => a - b),
    Array.from({ length: WRITERS * COMMITS }, (_, index) => index + 1),
  );
  const context = contextOf();
  for (const [writer, made] of versions.entries()) {
    for (const [index, version] of made.entries()) {
      const table = await openSnapshot(context, "t", { version });
      assert.equal(
        table?.transactions.get(`writer ${writer}`),
        BigInt(index),
        `version ${version}`,
      );
    }
  }
  engine.close();
  await place.close();
});
