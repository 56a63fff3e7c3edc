/** Sound tables with every kind of file that a log can hold, to be damaged one file at a time. */

import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCheckpoint } from "../../../src/delta/checkpoint.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import type { TableSpec } from "../../../src/delta/table-spec.ts";
import { commit } from "../../../src/delta/write.ts";
import type { Row } from "../../../src/engine/engine.ts";
import { column, type Lake } from "../lake.ts";

export interface Victim {
  readonly name: string;
  /** Below it lies the table, in a folder named `table`. */
  readonly root: string;
  /** In the table's folder. */
  readonly files: readonly string[];
  readonly rows: readonly Row[];
}

const FIELDS = [
  column("id", "long"),
  column("day", "string"),
  column("at", "timestamp"),
  column("price", { kind: "decimal", precision: 12, scale: 2 }),
  column("s", { kind: "struct", fields: [column("a", "double"), column("b", "string")] }),
  column("l", { kind: "array", element: "integer", containsNull: true }),
];

const SPECS: Readonly<Record<string, TableSpec>> = {
  plain: { fields: FIELDS, partitionColumns: ["day"] },
  mapped: {
    fields: FIELDS,
    configuration: {
      "delta.columnMapping.mode": "name",
      "delta.checkpointPolicy": "v2",
      "delta.enableInCommitTimestamps": "true",
      "delta.enableTypeWidening": "true",
    },
  },
  holed: { fields: FIELDS, configuration: { "delta.enableDeletionVectors": "true" } },
};

const rowsOf = (first: number, count: number) =>
  `SELECT i AS id, 'day ' || (i % 3) AS day, TIMESTAMPTZ '2024-01-01 00:00:00+00' + i * INTERVAL 1 minute AS at, (i * 1.25)::DECIMAL(12, 2) AS price, {'a': i / 3, 'b': 'text ' || i} AS s, [i::INTEGER, NULL] AS l FROM range(${first}::BIGINT, ${first + count}::BIGINT) AS t(i)`;

/** Makes one of each kind; the caller removes their roots. */
export async function makeVictims(lake: Lake): Promise<Victim[]> {
  const victims: Victim[] = [];
  for (const [name, spec] of Object.entries(SPECS)) {
    const table = await fill(lake, name, spec);
    const root = mkdtempSync(join(tmpdir(), "millrace-victim-"));
    cpSync(join(lake.root, name), join(root, "table"), { recursive: true });
    const files = readdirSync(join(root, "table"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + "/table/".length));
    victims.push({ name, root, files, rows: await lake.rows(table) });
  }
  return victims;
}

export function removeVictims(victims: readonly Victim[]): void {
  for (const { root } of victims) rmSync(root, { recursive: true, force: true });
}

/** Commits before and after a checkpoint, with files added and removed, transactions, and rows that are hidden. */
async function fill(lake: Lake, name: string, spec: TableSpec): Promise<Snapshot> {
  let table = await lake.create(name, spec);
  table = await lake.append(table, rowsOf(0, 20), {
    transactions: [{ appId: "fuzz", version: 9_007_199_254_740_993n }],
  });
  table = await lake.append(table, rowsOf(20, 10));
  const [oldest] = table.files;
  table = await commit(lake.context, table, {
    operation: "DELETE",
    remove: oldest === undefined ? [] : [oldest],
  });
  if (name === "holed") table = await hide(lake, table, [1n, 2n, 7n]);
  await writeCheckpoint(lake.context, table);
  table = await lake.append(table, rowsOf(30, 10));
  return name === "holed" ? hide(lake, table, [0n, 3n, 4n, 5n, 9n]) : table;
}

function hide(lake: Lake, table: Snapshot, rows: readonly bigint[]): Promise<Snapshot> {
  const file = table.files.find(({ deletionVector }) => deletionVector === undefined);
  if (file === undefined) throw new Error(`${table.folder} has no whole file`);
  return commit(lake.context, table, {
    operation: "DELETE",
    hide: [{ file, deletedRows: BigUint64Array.from(rows), rows: 10n }],
  });
}
