/** What is told of a table is what its log says, whoever wrote it. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { systemClock } from "../../src/run/clock.ts";
import { featuresOf, readTable, type TableReport } from "../../src/run/table.ts";
import { openAddress } from "../../src/run/table-place.ts";
import { openStores } from "../../src/storage/open.ts";
import { millrace } from "../cli/command.ts";
import { CONFORMANCE, listCases } from "../conformance/case.ts";

let engine: Engine;
const folder = mkdtempSync(join(tmpdir(), "millrace-table-"));
before(async () => {
  engine = await createDuckDB({ threads: 1 });
});
after(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

async function report(path: string, version?: number): Promise<TableReport> {
  const lake = () => assert.fail("no table is asked for by its name");
  const place = { engine, clock: systemClock, here: folder, stores: openStores(), lake };
  const at = version === undefined ? undefined : { version };
  return readTable(await openAddress(place, { path }, at), { history: 3 });
}

/** A table of one commit whose schema shows every kind of thing. */
function writeTable(name: string): void {
  const log = join(folder, name, "_delta_log");
  mkdirSync(log, { recursive: true });
  const mapped = (id: number, physical: string, more = {}) => ({
    "delta.columnMapping.id": id,
    "delta.columnMapping.physicalName": physical,
    ...more,
  });
  const inner = {
    type: "struct",
    fields: [{ name: "sku", type: "string", nullable: false, metadata: mapped(3, "c3") }],
  };
  const fields = [
    {
      name: "id",
      type: "long",
      nullable: false,
      metadata: mapped(1, "c1", { comment: "the key" }),
    },
    {
      name: "lines",
      type: { type: "array", elementType: inner, containsNull: false },
      nullable: true,
      metadata: mapped(2, "c2"),
    },
    {
      name: "tags",
      type: { type: "map", keyType: "string", valueType: "decimal(5,2)", valueContainsNull: true },
      nullable: true,
      metadata: mapped(4, "c4"),
    },
    {
      name: "day",
      type: "date",
      nullable: true,
      metadata: mapped(5, "c5", { "delta.generationExpression": "cast(at as date)" }),
    },
  ];
  const actions = [
    { commitInfo: { timestamp: 1, operation: "CREATE TABLE", engineInfo: "Other/1.0" } },
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ["columnMapping"],
        writerFeatures: ["columnMapping", "checkConstraints", "domainMetadata"],
      },
    },
    {
      metaData: {
        id: "t1",
        description: "what is told",
        format: { provider: "parquet", options: {} },
        schemaString: JSON.stringify({ type: "struct", fields }),
        partitionColumns: ["day"],
        configuration: {
          "delta.columnMapping.mode": "name",
          "delta.constraints.positive": "id > 0",
          mine: "x",
        },
        createdTime: 1000,
      },
    },
    { txn: { appId: "stream", version: 7, lastUpdated: 2000 } },
    {
      domainMetadata: {
        domain: "delta.clustering",
        configuration: '{"clusteringColumns":[["c1"]]}',
        removed: false,
      },
    },
  ];
  const text = actions.map((action) => `${JSON.stringify(action)}\n`).join("");
  writeFileSync(join(log, "00000000000000000000.json"), text);
}

test("a table is told with everything that its log says", async () => {
  writeTable("told");
  const { columns, history, changed, uri, ...rest } = await report("told");
  assert.deepEqual(columns, [
    {
      name: "id",
      type: "long",
      nullable: false,
      comment: "the key",
      physical_name: "c1",
      field_id: 1,
    },
    {
      name: "lines",
      type: "array<struct<sku: string>>",
      nullable: true,
      physical_name: "c2",
      field_id: 2,
      fields: [
        {
          name: "element",
          type: "struct<sku: string>",
          nullable: false,
          fields: [
            { name: "sku", type: "string", nullable: false, physical_name: "c3", field_id: 3 },
          ],
        },
      ],
    },
    {
      name: "tags",
      type: "map<string, decimal(5, 2)>",
      nullable: true,
      physical_name: "c4",
      field_id: 4,
      fields: [
        { name: "key", type: "string", nullable: false },
        { name: "value", type: "decimal(5, 2)", nullable: true },
      ],
    },
    {
      name: "day",
      type: "date",
      nullable: true,
      physical_name: "c5",
      field_id: 5,
      metadata: { "delta.generationExpression": "cast(at as date)" },
    },
  ]);
  assert.equal(uri, join(folder, "told"));
  assert.equal(changed.getTime() > 1000, true);
  assert.deepEqual(
    history.map(({ version, operation, engine: by }) => [version, operation, by]),
    [[0, "CREATE TABLE", "Other/1.0"]],
  );
  assert.deepEqual(rest, {
    table: "told",
    id: "t1",
    name: null,
    description: "what is told",
    version: 0,
    created: new Date(1000),
    rows: 0n,
    files: 0,
    size: 0,
    deletion_vectors: { files: 0, rows: 0n },
    protocol: {
      reader: 3,
      writer: 7,
      reader_features: ["columnMapping"],
      writer_features: ["columnMapping", "checkConstraints", "domainMetadata"],
    },
    partitioned_by: ["day"],
    clustered_by: ["id"],
    properties: { "delta.columnMapping.mode": "name", mine: "x" },
    constraints: [{ name: "positive", expression: "id > 0" }],
    checkpoints: [],
    commits: { count: 1, first: 0, last: 0 },
    transactions: [{ application: "stream", version: 7n, updated: new Date(2000) }],
    domains: [{ domain: "delta.clustering", configuration: { clusteringColumns: [["c1"]] } }],
  });
});

test("the command shows it to a person, and a column's inside below it", async () => {
  writeTable("shown");
  const { code, out, err } = await millrace(["table", "./shown"], { cwd: folder });
  assert.equal(code, 0, err);
  assert.match(out, /^\.\/shown, version 0 of [\d: -]+ UTC \((just now|\d+ min ago)\)\n {2}Place /);
  assert.match(
    out,
    /\n {2}Partitions {2}day\n {2}Clusters {4}id\n {2}Protocol {4}reader 3, writer 7\n/,
  );
  assert.match(out, /\n {2}Features {4}checkConstraints, columnMapping, domainMetadata\n/);
  const columns = out.slice(out.indexOf("\nColumns\n") + 9, out.indexOf("\nProperties\n"));
  assert.equal(
    columns,
    [
      "Name       Type                        Null      In files  About",
      "---------  --------------------------  --------  --------  ---------------------------------------------",
      "id         long                        not null  c1        the key",
      "lines      array<struct>                         c2",
      "  element  struct                      not null",
      "    sku    string                      not null  c3",
      "tags       map<string, decimal(5, 2)>            c4",
      "day        date                                  c5        delta.generationExpression = cast(at as date)",
      "",
    ].join("\n"),
  );
  const json = await millrace(["table", "./shown", "--json", "--version", "0"], { cwd: folder });
  assert.equal(JSON.parse(json.out).transactions[0].version, 7);
});

const cases = listCases().filter(({ expect }) => expect.kind === "rows");

test("tables of other writers are told with their files, transactions and domains", async (t) => {
  if (cases.length === 0) t.diagnostic(`no cases in ${CONFORMANCE}`);
  for (const { folder: place, name, expect, derived } of cases) {
    const told = await report(join(place, "delta"));
    assert.equal(told.version, expect.version, name);
    assert.ok(told.rows === null || told.rows === BigInt(expect.rows ?? -1), name);
    const versions = told.transactions.map((one) => [one.application, Number(one.version)]);
    assert.deepEqual(Object.fromEntries(versions), derived?.txn ?? {}, name);
    const domains = told.domains.map(({ domain }) => domain).toSorted();
    assert.deepEqual(domains, [...(derived?.domains ?? [])].toSorted(), name);
    assert.ok(
      told.deletion_vectors.files === 0 || featuresOf(told).includes("deletionVectors"),
      name,
    );
  }
});
