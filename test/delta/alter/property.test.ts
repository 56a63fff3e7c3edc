/** Table properties: which values they take, what they ask of readers and writers, and what cannot be undone. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../../src/base/error.ts";
import type { Protocol } from "../../../src/delta/action.ts";
import { alterTable } from "../../../src/delta/alter/alter.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import { commit } from "../../../src/delta/write.ts";
import { column, type Lake, openLake } from "../lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const fields = [column("id", "long")];
let tables = 0;
const create = (configuration: Record<string, string> = {}) => {
  tables += 1;
  return lake.create(`t${tables}`, { fields, configuration });
};
const set = (base: Snapshot, properties: Record<string, string>) =>
  alterTable(lake.context, base, { change: "set properties", properties });
const unset = (base: Snapshot, keys: string[], ifSet = false) =>
  alterTable(lake.context, base, { change: "unset properties", keys, ifSet });

const refusal = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, "delta/bad-property", error.message);
  assert.match(`${error.message} ${error.hint}`, pattern);
  return true;
};

/** Properties, and the protocol that a plain table gets by each. */
const asks: [Record<string, string>, Protocol][] = [
  [{ "delta.appendOnly": "true" }, { minReaderVersion: 1, minWriterVersion: 2 }],
  [
    { "delta.checkpointInterval": "100", mine: "x" },
    { minReaderVersion: 1, minWriterVersion: 2 },
  ],
  [{ "delta.constraints.low": "id > 0" }, { minReaderVersion: 1, minWriterVersion: 3 }],
  [{ "delta.enableChangeDataFeed": "true" }, { minReaderVersion: 1, minWriterVersion: 4 }],
  [{ "delta.columnMapping.mode": "name" }, { minReaderVersion: 2, minWriterVersion: 5 }],
  [{ "delta.enableDeletionVectors": "true" }, listed(["deletionVectors"])],
  [{ "delta.enableTypeWidening": "true" }, listed(["typeWidening"])],
  [{ "delta.checkpointPolicy": "v2" }, listed(["v2Checkpoint"])],
  [{ "delta.feature.vacuumProtocolCheck": "supported" }, listed(["vacuumProtocolCheck"])],
  [{ "delta.feature.timestampNtz": "enabled" }, listed(["timestampNtz"])],
  [{ "delta.enableInCommitTimestamps": "true" }, listed([], ["inCommitTimestamp"])],
  [{ "delta.feature.domainMetadata": "supported" }, listed([], ["domainMetadata"])],
  [
    { "delta.columnMapping.mode": "id", "delta.enableDeletionVectors": "true" },
    listed(["columnMapping", "deletionVectors"]),
  ],
];

function listed(readers: string[], writers: string[] = []): Protocol {
  return {
    minReaderVersion: readers.length > 0 ? 3 : 1,
    minWriterVersion: 7,
    ...(readers.length > 0 ? { readerFeatures: readers } : {}),
    writerFeatures: ["appendOnly", "invariants", ...readers, ...writers],
  };
}

for (const [properties, protocol] of asks) {
  const [name] = Object.keys(properties);
  test(`a new table with ${name} asks for what that needs and no more, and so does one that gets it later`, async () => {
    const made = await create(properties);
    assert.deepEqual(made.protocol, protocol);
    const stored = Object.keys(made.metadata.configuration);
    assert.ok(!stored.some((key) => key.startsWith("delta.feature.")));
    if (name?.startsWith("delta.constraints.") || properties["delta.columnMapping.mode"] === "id") {
      return;
    }
    const changed = await set(await create(), properties);
    assert.deepEqual(changed.protocol, protocol);
  });
}

test("an upgrade of an older version lists all that it implied, and takes nothing away", async () => {
  const feed = await create({ "delta.enableChangeDataFeed": "true" });
  const upgraded = await set(feed, { "delta.enableDeletionVectors": "true" });
  assert.deepEqual(upgraded.protocol, {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["deletionVectors"],
    writerFeatures: [
      "appendOnly",
      "invariants",
      "checkConstraints",
      "changeDataFeed",
      "generatedColumns",
      "deletionVectors",
    ],
  });
  const off = await unset(upgraded, ["delta.enableDeletionVectors", "delta.enableChangeDataFeed"]);
  assert.deepEqual(off.protocol, upgraded.protocol);
  assert.deepEqual(off.metadata.configuration, {});
});

test("a protocol that holds a feature already is not written again", async () => {
  const base = await set(await create({ "delta.enableTypeWidening": "true" }), {
    "delta.enableTypeWidening": "false",
  });
  const text = readFileSync(
    join(lake.root, base.folder, "_delta_log/00000000000000000001.json"),
    "utf8",
  );
  assert.ok(!text.includes('"protocol"'));
});

const wrong: [string, string, RegExp][] = [
  ["delta.appendOnly", "yes", /is "yes".*true or false/],
  ["delta.appendOnly", "True", /is "True"/],
  ["delta.checkpointInterval", "0", /from 1 on/],
  ["delta.checkpointInterval", "ten", /whole number/],
  ["delta.checkpointPolicy", "v3", /classic or v2/],
  ["delta.columnMapping.mode", "names", /none or name or id/],
  ["delta.dataSkippingNumIndexedCols", "-2", /-1 for all/],
  ["delta.dataSkippingStatsColumns", "a,,b", /names of columns/],
  ["delta.dataSkippingStatsColumns", "a,", /names of columns/],
  ["delta.dataSkippingStatsColumns", "nope", /nope, which is no column/],
  ["delta.deletedFileRetentionDuration", "interval 1 month", /interval 7 days/],
  ["delta.deletedFileRetentionDuration", "a week", /span of time/],
  ["delta.isolationLevel", "SnapshotIsolation", /Serializable/],
  ["delta.parquet.format.version", "3.0.0", /1.0.0 or 2.x.x/],
  ["delta.apendOnly", "true", /none of Delta's.*Did you mean delta.appendOnly/],
  ["delta.somethingElse", "1", /none of Delta's/],
  ["Delta.appendOnly", "true", /none of Delta's.*delta.appendOnly/],
  ["delta.minWriterVersion", "7", /protocol by hand/],
  ["delta.enableRowTracking", "true", /row tracking/],
  ["delta.enableIcebergCompatV2", "true", /Iceberg/],
  ["delta.universalFormat.enabledFormats", "iceberg", /other table formats/],
  ["delta.feature.rowTracking", "supported", /does not write the table feature rowTracking/],
  ["delta.feature.appendOnly", "yes", /It takes supported/],
  ["delta.constraints.low", "id > 0", /cannot be set as a property/],
  ["delta.columnMapping.maxColumnId", "7", /cannot be changed by hand/],
  ["delta.inCommitTimestampEnablementVersion", "7", /cannot be changed by hand/],
];

for (const [key, value, why] of wrong) {
  test(`the property ${key} is not set to "${value}"`, async () => {
    await assert.rejects(set(await create(), { [key]: value }), refusal(why));
  });
}

test("properties of one's own take any name and value", async () => {
  const base = await set(await create(), { "": "", "team.owner": "ä", deltas: "1" });
  assert.equal(base.metadata.configuration["team.owner"], "ä");
  await assert.rejects(unset(base, ["team.owners"]), refusal(/Did you mean team.owner/));
  const left = await unset(base, ["team.owner", "never.set"], true);
  assert.deepEqual(left.metadata.configuration, { "": "", deltas: "1" });
});

test("what another writer set is carried along, whether we know it or not", async () => {
  const base = await create();
  const { metadata } = base.state;
  assert.ok(metadata);
  const foreign = { "delta.someday": "1", "delta.appendOnly": "TRUE" };
  const found = {
    ...base,
    metadata: { ...base.metadata, configuration: foreign },
  };
  const after = await set(found, { mine: "1" });
  assert.deepEqual(after.metadata.configuration, { ...foreign, mine: "1" });
  const filled = await lake.append(after, "SELECT 1::BIGINT AS id");
  await assert.rejects(
    commit(lake.context, filled, { operation: "DELETE", remove: "all" }),
    /append-only/,
  );
});

test("how the files were written is not forgotten", async () => {
  const base = await create({ "delta.columnMapping.mode": "name" });
  await assert.rejects(unset(base, ["delta.columnMapping.mode"]), refusal(/by hand/));
  await assert.rejects(set(base, { "delta.columnMapping.mode": "none" }), refusal(/cannot become/));
  await assert.rejects(
    set(await create(), { "delta.columnMapping.mode": "id" }),
    refusal(/none and cannot become id/),
  );
});

test("a constraint goes by its name and not as a property", async () => {
  const base = await create({ "delta.constraints.Low": "id > 0" });
  await assert.rejects(unset(base, ["delta.constraints.Low"]), refusal(/by its name/));
  const drop = (name: string, ifThere = false) =>
    alterTable(lake.context, base, { change: "drop constraint", name, ifThere });
  await assert.rejects(drop("high"), refusal(/no CHECK constraint "high".*It has Low/));
  const after = await drop("low");
  assert.deepEqual(after.metadata.configuration, {});
  assert.equal(after.protocol.minWriterVersion, 3);
  const same = await alterTable(lake.context, after, {
    change: "drop constraint",
    name: "low",
    ifThere: true,
  });
  assert.deepEqual(same.metadata.configuration, {});
});

test("metadata of domains is set where the table has the feature, carried along, and taken away", async () => {
  const plain = await create();
  const domains = [{ domain: "mine", configuration: '{"a":1}', removed: false }];
  await assert.rejects(
    commit(lake.context, plain, { operation: "WRITE", domains }),
    refusal(/feature domainMetadata/),
  );
  const base = await set(plain, { "delta.feature.domainMetadata": "supported" });
  const other = [{ domain: "other", configuration: "", removed: false }];
  const first = await commit(lake.context, base, { operation: "WRITE", domains });
  const second = await commit(lake.context, base, { operation: "WRITE", domains: other });
  assert.equal(second.state.domains.get("mine")?.configuration, '{"a":1}');
  await assert.rejects(
    commit(lake.context, base, { operation: "WRITE", domains: other }),
    (error) => error instanceof MillraceError && /domain "other"/.test(error.message),
  );
  let table = second;
  for (let round = 0; round < 12; round += 1) {
    table = await lake.append(table, "SELECT 1::BIGINT AS id");
  }
  const reread = await lake.open(first.folder);
  assert.deepEqual([...reread.state.domains.keys()].toSorted(), ["mine", "other"]);
  const removed = await commit(lake.context, reread, {
    operation: "WRITE",
    domains: [{ domain: "mine", configuration: "", removed: true }],
  });
  assert.deepEqual([...removed.state.domains.keys()], ["other"]);
});
