/** The gate: every feature is read and written, or refused by name. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import type { Protocol } from "../../src/delta/action.ts";
import { hasFeature, protocolFor } from "../../src/delta/protocol.ts";
import { rulesOf } from "../../src/delta/table-rule.ts";
import { commit } from "../../src/delta/write.ts";
import type { Field } from "../../src/schema/type.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

let tables = 0;

/** A table as another writer might have made it. */
function foreignTable(
  protocol: Protocol,
  {
    configuration = {},
    metadata = {},
  }: { configuration?: Record<string, string>; metadata?: Record<string, unknown> } = {},
): string {
  tables += 1;
  const folder = `foreign-${tables}`;
  const file = join(lake.root, folder, "_delta_log/00000000000000000000.json");
  const schema = {
    type: "struct",
    fields: [{ name: "id", type: "long", nullable: true, metadata }],
  };
  const lines = [
    { protocol },
    {
      metaData: {
        id: "x",
        format: { provider: "parquet", options: {} },
        schemaString: JSON.stringify(schema),
        partitionColumns: [],
        configuration,
      },
    },
  ];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
  return folder;
}

const refusal = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, pattern);
  assert.ok(error.hint);
  return true;
};

const writing = async (folder: string) =>
  commit(lake.context, await lake.open(folder), { operation: "WRITE" });

for (const feature of [
  "columnMapping",
  "deletionVectors",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
]) {
  test(`a table with the feature ${feature} is read and written`, async () => {
    const folder = foreignTable({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: [feature],
      writerFeatures: [feature],
    });
    assert.equal((await writing(folder)).version, 1);
  });
}

for (const feature of [
  "catalogManaged",
  "catalogOwned-preview",
  "variantType",
  "variantType-preview",
  "variantShredding-preview",
  "geospatial",
  "icebergWriterCompatV1",
  "madeUp",
]) {
  test(`a table with the feature ${feature} is refused to readers by that name`, async () => {
    const folder = foreignTable({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ["columnMapping", feature],
      writerFeatures: [feature],
    });
    await assert.rejects(
      lake.open(folder),
      refusal(
        "delta/unsupported-to-read",
        new RegExp(`${folder} at version 0 uses the feature ${feature}`),
      ),
    );
  });
}

for (const feature of [
  "rowTracking",
  "clustering",
  "icebergCompatV1",
  "icebergCompatV2",
  "icebergCompatV3",
  "allowColumnDefaults",
  "materializePartitionColumns",
  "collations-preview",
  "checkpointProtection",
  "coordinatedCommits-preview",
  "redirectWriterOnly-preview",
  "madeUp",
]) {
  test(`a table with the feature ${feature} is read and refused to writers by that name`, async () => {
    const folder = foreignTable({
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ["appendOnly", feature],
    });
    await assert.rejects(
      writing(folder),
      refusal("delta/unsupported-to-write", new RegExp(feature)),
    );
  });
}

for (const feature of [
  "appendOnly",
  "changeDataFeed",
  "checkConstraints",
  "domainMetadata",
  "generatedColumns",
  "identityColumns",
  "inCommitTimestamp",
  "invariants",
]) {
  test(`a table with the feature ${feature}, which it makes no use of, is read and written`, async () => {
    const folder = foreignTable({
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: [feature],
    });
    const base = await lake.open(folder);
    assert.equal((await lake.append(base, "SELECT 1::BIGINT AS id")).rows, 1n);
  });
}

test("column defaults and clustering are refused to writers and no matter to readers", async () => {
  const folder = foreignTable(
    {
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ["allowColumnDefaults", "clustering", "domainMetadata"],
    },
    { metadata: { CURRENT_DEFAULT: "7" } },
  );
  assert.deepEqual(await lake.rows(await lake.open(folder)), []);
  await assert.rejects(
    writing(folder),
    refusal("delta/unsupported-to-write", /uses the features allowColumnDefaults, clustering/),
  );
});

test("versions beyond those we know are refused by their number", async () => {
  await assert.rejects(
    lake.open(foreignTable({ minReaderVersion: 4, minWriterVersion: 7 })),
    /reader version 4/,
  );
  await assert.rejects(
    writing(foreignTable({ minReaderVersion: 1, minWriterVersion: 8 })),
    /writer version 8/,
  );
});

test("rows are added only where the maker knows them to keep every rule of the table, whichever version brought it", async () => {
  const old = { minReaderVersion: 1, minWriterVersion: 6 };
  const invariant = '{"expression":{"expression":"id > 3"}}';
  const cases: [Parameters<typeof foreignTable>[1], string][] = [
    [{ configuration: { "delta.constraints.low": "id > 0" } }, "CHECK constraint low"],
    [{ metadata: { "delta.invariants": invariant } }, "invariant of column id"],
    [{ metadata: { "delta.generationExpression": "1" } }, "generated column id"],
    [{ metadata: { "delta.identity.start": 1 } }, "identity column id"],
  ];
  for (const [content, rule] of cases) {
    const base = await lake.open(foreignTable(old, content));
    await assert.rejects(
      lake.append(base, "SELECT 7::BIGINT AS id"),
      refusal("delta/unsupported-to-write", new RegExp(`has the ${rule}, which`)),
    );
    const known = rulesOf(base.metadata.fields, base.metadata.configuration);
    assert.deepEqual(
      known.map(({ name }) => name),
      [rule],
    );
    assert.equal((await lake.append(base, "SELECT 7::BIGINT AS id", { kept: [rule] })).version, 1);
  }
  const plain = await lake.open(foreignTable(old));
  assert.equal((await lake.append(plain, "SELECT 7::BIGINT AS id")).version, 1);
});

test("a change that adds no row meets no rule of the table", async () => {
  const folder = foreignTable(
    { minReaderVersion: 1, minWriterVersion: 3 },
    { configuration: { "delta.constraints.low": "id > 0" } },
  );
  const kept = ["CHECK constraint low"];
  const filled = await lake.append(await lake.open(folder), "SELECT 7::BIGINT AS id", { kept });
  const moved = await lake.append(filled, "SELECT 7::BIGINT AS id", {
    remove: filled.files,
    dataChange: false,
  });
  assert.equal(
    (await commit(lake.context, moved, { operation: "DELETE", remove: "all" })).rows,
    0n,
  );
});

test("an invariant is the condition inside its JSON, and a nested column is named by its whole path", () => {
  const inner: Field = {
    ...column("x", "long"),
    metadata: { "delta.invariants": '{"expression":{"expression":"x > 3"}}' },
  };
  const list = { kind: "array" as const, element: { kind: "struct" as const, fields: [inner] } };
  assert.deepEqual(rulesOf([column("a", { ...list, containsNull: true })], {}), [
    {
      name: "invariant of column a.element.x",
      kind: "invariant",
      expression: "x > 3",
      column: ["a", "element", "x"],
    },
  ]);
});

test("nothing is removed from an append-only table", async () => {
  const base = await lake.create("append-only", {
    fields: [column("id", "long")],
    configuration: { "delta.appendOnly": "true" },
  });
  const filled = await lake.append(base, "SELECT 1::BIGINT AS id");
  await assert.rejects(
    commit(lake.context, filled, { operation: "DELETE", remove: "all" }),
    refusal("delta/append-only", /append-only/),
  );
});

test("a table with a change feed takes appends and whole replacements, and no rewriting of some files", async () => {
  const base = await lake.create("feed", {
    fields: [column("id", "long")],
    configuration: { "delta.enableChangeDataFeed": "true" },
  });
  assert.equal(base.protocol.minWriterVersion, 4);
  const filled = await lake.append(base, "SELECT 1::BIGINT AS id");
  await assert.rejects(
    lake.append(filled, "SELECT 2::BIGINT AS id", { remove: filled.files }),
    refusal("delta/unsupported-to-write", /change feed/),
  );
  assert.equal((await lake.append(filled, "SELECT 2::BIGINT AS id", { remove: "all" })).rows, 1n);
});

test("an upgrade keeps what the old version implied", () => {
  const upgraded = protocolFor(
    { reader: ["timestampNtz"], writer: [] },
    { minReaderVersion: 2, minWriterVersion: 5 },
  );
  assert.deepEqual(upgraded.readerFeatures, ["columnMapping", "timestampNtz"]);
  for (const name of [
    "appendOnly",
    "invariants",
    "checkConstraints",
    "changeDataFeed",
    "generatedColumns",
    "columnMapping",
    "timestampNtz",
  ]) {
    assert.ok(hasFeature(upgraded, name), name);
  }
  const same = { minReaderVersion: 1, minWriterVersion: 2 };
  assert.equal(protocolFor({ reader: [], writer: ["appendOnly"] }, same), same);
  const mapped = protocolFor(
    { reader: ["columnMapping"], writer: [] },
    { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["appendOnly"] },
  );
  assert.deepEqual(mapped, {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["columnMapping"],
    writerFeatures: ["appendOnly", "columnMapping"],
  });
});

test("adding a local timestamp to a plain table upgrades it in the same commit", async () => {
  const id: Field = column("id", "long");
  const base = await lake.append(
    await lake.create("upgraded", { fields: [id] }),
    "SELECT 1::BIGINT AS id",
  );
  const wider = await lake.append(base, "SELECT 2::BIGINT AS id, TIMESTAMP '2024-01-01' AS t", {
    schema: { fields: [id, column("t", "timestamp_ntz")] },
  });
  assert.deepEqual(wider.protocol.readerFeatures, ["timestampNtz"]);
  assert.deepEqual(await lake.rows(wider, "id, t"), [
    { id: 1n, t: null },
    { id: 2n, t: "2024-01-01T00:00:00" },
  ]);
  const text = readFileSync(
    join(lake.root, "upgraded/_delta_log/00000000000000000002.json"),
    "utf8",
  );
  assert.equal(text.split('{"protocol"').length, 2);
});
