/** What others cannot read of ours they cannot read of Spark's either: the limits are theirs, and still there. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { LIMITS } from "../limit.ts";
import { assertFinds } from "./found.ts";
import type { ReaderName } from "./reader.ts";
import { spark, sparkTable } from "./spark.ts";

/** How Spark makes a table at each limit, what the table holds, and what it is asked. */
const CASES: Readonly<
  Record<
    keyof typeof LIMITS,
    { readonly as: string; readonly rows: string; readonly where?: string }
  >
> = {
  mapping: {
    as: "TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS SELECT 1L AS id",
    rows: "SELECT 1::BIGINT AS id",
  },
  mappedPartition: {
    as: "PARTITIONED BY (half) TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS SELECT 1L AS id, 2L AS half",
    rows: "SELECT 1::BIGINT AS id, 2::BIGINT AS half",
  },
  v2Checkpoint: {
    as: "TBLPROPERTIES ('delta.checkpointPolicy' = 'v2') AS SELECT 1L AS id",
    rows: "SELECT 1::BIGINT AS id",
  },
  smallDecimalPartition: {
    as: "PARTITIONED BY (value) AS SELECT 1L AS id, -0.0000000001BD AS value",
    rows: "SELECT 1::BIGINT AS id, -0.0000000001 AS value",
  },
  vectors: {
    as: "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true') AS SELECT 1L AS id",
    rows: "SELECT 1::BIGINT AS id",
  },
  typeWidening: {
    as: "TBLPROPERTIES ('delta.enableTypeWidening' = 'true') AS SELECT 1L AS id",
    rows: "SELECT 1::BIGINT AS id",
  },
  negativeZero: {
    as: "AS SELECT id, CASE WHEN id = 5 THEN double('Infinity') ELSE double('-0.0') END AS number FROM range(0, 10, 1, 1)",
    rows: "SELECT range AS id, 0::DOUBLE AS number FROM range(10) WHERE range <> 5",
    where: "number = 0",
  },
};

let engine: Engine;
let root: string;
before(async () => {
  engine = await createDuckDB();
  root = mkdtempSync(join(tmpdir(), "millrace_limit_"));
});
after(() => {
  engine.close();
  rmSync(root, { recursive: true, force: true });
});

for (const [limit, { as, rows, where }] of Object.entries(CASES)) {
  describe(limit, () => {
    const query = () => ({ table: join(root, limit), ...(where === undefined ? {} : { where }) });
    before(() => spark(`CREATE TABLE ${sparkTable(join(root, limit))} USING delta ${as}`));

    for (const [reader, failure] of Object.entries(LIMITS[limit as keyof typeof LIMITS])) {
      test(`${reader} stops at ${limit} in Spark's own table`, async () => {
        const reading = assertFinds(reader as ReaderName, query(), { engine, rows });
        await assert.rejects(reading, failure);
      });
    }
  });
}
