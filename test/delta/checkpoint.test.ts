/** Checkpoints: every form that a table may ask for holds the same state. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import { jsonChecksum } from "../../src/delta/json-checksum.ts";
import { readLastCheckpoint } from "../../src/delta/last-checkpoint.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { readStatistics } from "../../src/delta/statistics-text.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const logOf = (folder: string) => join(lake.root, folder, "_delta_log");
const hintOf = (folder: string) =>
  JSON.parse(readFileSync(join(logOf(folder), "_last_checkpoint"), "utf8"));
const checkpointOf = (folder: string): string => {
  const name = readdirSync(logOf(folder)).find((one) => one.includes(".checkpoint."));
  assert.ok(name !== undefined, "no checkpoint");
  return join(logOf(folder), name);
};

/** What of a snapshot no form of checkpoint may change. */
function stateOf({ version, protocol, metadata, transactions, state }: Snapshot) {
  const files = [...state.files.values()].map(({ stats: _, ...file }) => ({
    ...file,
    dataChange: true,
  }));
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  return {
    version,
    protocol,
    metadata,
    transactions: [...transactions].toSorted(),
    domains: [...state.domains],
    files: files.toSorted(byPath),
    tombstones: [...state.tombstones.keys()].toSorted(),
  };
}

/** Statistics by path, as numbers and instants rather than as the texts they were written in. */
function statisticsOf({ files }: Snapshot) {
  const plain = (value: unknown): unknown => {
    if (typeof value === "object" && value !== null) {
      const members = Object.entries(value).filter(([, one]) => one !== null);
      return Object.fromEntries(members.map(([name, one]) => [name, plain(one)]).toSorted());
    }
    const text = String(value);
    if (/^\d{4}-\d\d-\d\d[ T]\d\d/.test(text)) {
      return Date.parse(`${text.replace(" ", "T").replace(/Z|\+00$/, "")}Z`);
    }
    return /^-?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? text.replace(/\.?0+$/, "") : text;
  };
  return new Map(files.map((file) => [file.path, plain(readStatistics(file))]));
}

const everyType: TableSpec = {
  fields: [
    column("day", "date"),
    column("id", "long"),
    column("tiny", "byte"),
    column("real", "double"),
    column("text", "string"),
    column("yes", "boolean"),
    column("bytes", "binary"),
    column("at", "timestamp"),
    column("wall", "timestamp_ntz"),
    column("price", { kind: "decimal", precision: 38, scale: 10 }),
    column("inner", { kind: "struct", fields: [column("ab", "integer"), column("on", "date")] }),
    column("list", { kind: "array", element: "string", containsNull: true }),
  ],
  partitionColumns: ["day"],
};
const row = (id: number) =>
  `SELECT DATE '2026-01-01' + ${id}::INTEGER AS day, 9007199254740993 + ${id} AS id, ${id}::TINYINT AS tiny, ${id} / 3.0::DOUBLE AS real, 'it''s "${id}"' AS text, ${id} % 2 = 0 AS yes, 'x'::BLOB AS bytes, TIMESTAMPTZ '2026-01-01 10:00:00.123456+00' AS at, TIMESTAMP '1969-12-31 23:59:59.5' AS wall, 1234567890123456789012345678.0123456789::DECIMAL(38, 10) AS price, {'ab': ${id}::INTEGER, 'on': DATE '0044-03-15'} AS inner, ['a', NULL] AS list`;

/** A table of four versions, one of them removing a file, with transactions. */
async function fill(folder: string, spec: TableSpec): Promise<Snapshot> {
  let snapshot = await lake.create(folder, spec);
  for (let id = 1; id <= 4; id += 1) {
    const transactions = [{ appId: `app ${id % 2}`, version: BigInt(id) }];
    snapshot = await lake.append(snapshot, row(id), { transactions });
  }
  const [first] = snapshot.files;
  return commit(lake.context, snapshot, {
    operation: "DELETE",
    remove: first === undefined ? [] : [first],
  });
}

const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  "typed statistics": { "delta.checkpoint.writeStatsAsStruct": "true" },
  "typed statistics alone": {
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  },
  "version 2 with typed statistics": {
    "delta.checkpointPolicy": "v2",
    "delta.checkpoint.writeStatsAsStruct": "true",
  },
  "mapped columns and typed statistics alone": {
    "delta.columnMapping.mode": "name",
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  },
};

for (const [index, [name, configuration]] of Object.entries(FORMS).entries()) {
  for (const sidecarActions of [1, 100]) {
    test(`a checkpoint (${name}, at most ${sidecarActions} files inside) holds what the commits say`, async () => {
      const folder = `form${index}of${sidecarActions}`;
      const told = await fill(folder, { ...everyType, configuration });
      const statistics = statisticsOf(told);
      await writeCheckpoint(lake.context, told, { sidecarActions });
      for (const commitFile of readdirSync(logOf(folder)).filter((one) =>
        /^\d+\.json$/.test(one),
      )) {
        rmSync(join(logOf(folder), commitFile));
      }
      const found = await lake.open(folder);
      assert.deepEqual(stateOf(found), stateOf(told));
      assert.deepEqual(statisticsOf(found), statistics);
      const isSplit = configuration["delta.checkpointPolicy"] === "v2" && sidecarActions === 1;
      const sidecars = readdirSync(logOf(folder)).includes("_sidecars")
        ? readdirSync(join(logOf(folder), "_sidecars"))
        : [];
      assert.equal(sidecars.length, isSplit ? 4 : 0);
      const kept = await lake.rows(found, "id", [
        { column: "id", op: "=", value: 9007199254740996n },
      ]);
      assert.ok(kept.some(({ id }) => id === 9007199254740996n));
    });
  }
}

test("typed statistics and partition values stand in the checkpoint in their own types", async () => {
  const told = await fill("typed", {
    ...everyType,
    configuration: { "delta.checkpoint.writeStatsAsStruct": "true" },
  });
  await writeCheckpoint(lake.context, told);
  const [found] = await lake.engine.rows(
    `SELECT add.partitionValues_parsed AS parts, add.stats_parsed AS stats, add.stats AS text FROM read_parquet('${checkpointOf("typed")}') WHERE add.path IS NOT NULL ORDER BY add.stats_parsed.minValues.tiny LIMIT 1`,
  );
  const { parts, stats, text } = found as {
    parts: unknown;
    text: string;
    stats: Record<string, Record<string, unknown>>;
  };
  assert.deepEqual(parts, { day: "2026-01-03" });
  assert.equal(stats.numRecords, 1n);
  assert.equal(stats.minValues?.id, 9007199254740995n);
  assert.equal(stats.minValues?.at, "2026-01-01T10:00:00.123000Z");
  assert.equal(stats.maxValues?.at, "2026-01-01T10:00:00.124000Z");
  assert.equal(stats.minValues?.price, "1234567890123456789012345678.0123456789");
  assert.deepEqual(stats.maxValues?.inner, { ab: 2, on: "0044-03-15" });
  assert.equal(stats.nullCount?.text, 0n);
  assert.equal(Object.hasOwn(stats.minValues ?? {}, "bytes"), false);
  assert.match(text, /"numRecords":1,/);
});

test("statistics of another writer that are none of their type become null, and the rest stays", async () => {
  const spec = { fields: [column("id", "long"), column("day", "date")] };
  const configuration = { "delta.checkpoint.writeStatsAsStruct": "true" };
  const base = await lake.create("odd", { ...spec, configuration });
  const full = await lake.append(base, "SELECT 1::BIGINT AS id, DATE '2026-01-01' AS day");
  const odd = `{"numRecords":1,"minValues":{"id":1,"day":"soon"},"maxValues":{"id":1,"day":"later"}}`;
  const files = new Map([...full.state.files].map(([key, file]) => [key, { ...file, stats: odd }]));
  await writeCheckpoint(lake.context, { ...full, state: { ...full.state, files } });
  const [found] = await lake.engine.rows(
    `SELECT add.stats_parsed.minValues AS low, add.stats AS text FROM read_parquet('${checkpointOf("odd")}') WHERE add.path IS NOT NULL`,
  );
  assert.deepEqual(found, { low: { id: 1n, day: null }, text: odd });
});

test("the hint carries the checksum of the protocol, and one that is changed is passed over", async () => {
  const sample = `{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}`;
  assert.equal(jsonChecksum(JSON.parse(sample)), "6a92d155a59bf2eecbd4b4ec7fd1f875");
  const told = await fill("hint", {
    ...everyType,
    configuration: { "delta.checkpointPolicy": "v2" },
  });
  await writeCheckpoint(lake.context, told, { sidecarActions: 2 });
  const hint = hintOf("hint");
  assert.equal(hint.checksum, jsonChecksum(hint));
  assert.equal(hint.version, 5);
  assert.equal(hint.numOfAddFiles, 3);
  // Protocol, metadata, its own mark, two transactions, two sidecars, three adds and one remove.
  assert.equal(hint.size, 11);
  assert.equal(join(logOf("hint"), hint.v2Checkpoint.path), checkpointOf("hint"));
  assert.equal(await readLastCheckpoint(lake.context.storage, "hint"), 5);
  writeFileSync(join(logOf("hint"), "_last_checkpoint"), JSON.stringify({ ...hint, version: 4 }));
  assert.equal(await readLastCheckpoint(lake.context.storage, "hint"), undefined);
  assert.equal((await lake.open("hint")).version, 5);
});
