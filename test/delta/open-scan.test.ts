/** Opening for one query: whatever is left unread, the files are those that a whole snapshot gives. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Filter } from "../../src/delta/filter.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openScan, scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import type { TableFiles } from "../../src/schema/table-files.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const FIELDS = [column("id", "long"), column("day", "date"), column("k", "string")];
const FILTERS: readonly (readonly Filter[])[] = [
  [],
  [{ column: "day", op: "=", value: "2024-01-02" }],
  [{ column: "day", op: ">", value: "2024-01-01" }],
  [{ column: "day", op: "in", values: ["2024-01-01", "2024-01-03", "x'y"] }],
  [{ column: "DAY", op: "is null" }],
  [{ column: "k", op: "is null" }],
  [{ column: "k", op: "=", value: "it's" }],
  [
    { column: "k", op: "is not null" },
    { column: "day", op: "<=", value: "2024-01-02" },
    { column: "id", op: ">=", value: 20 },
  ],
  [{ column: "id", op: "=", value: 21 }],
  [{ column: "k", op: "=", value: "nowhere" }],
];

/** Rows of three days, two keys and no day or key, by commits before and after the checkpoint of version 10. */
async function fill(base: Snapshot, versions: number): Promise<Snapshot> {
  let snapshot = base;
  for (let version = 1; version <= versions; version += 1) {
    const rows = [0, 1, 2, 3].map((n) => {
      const day = n === 3 ? "NULL" : `DATE '2024-01-0${1 + ((n + version) % 3)}'`;
      const key = ["NULL", "'it''s'", "'b/c'"][(n + version) % 3];
      return `(${version * 4 + n}::BIGINT, ${day}, ${key})`;
    });
    snapshot = await lake.append(
      snapshot,
      `SELECT * FROM (VALUES ${rows.join(", ")}) AS v(id, "day", k)`,
    );
    if (version % 4 !== 3) continue;
    const remove = snapshot.files.filter((_, index) => index % 5 === 0);
    snapshot = await commit(lake.context, snapshot, { operation: "DELETE", remove });
  }
  return snapshot;
}

async function agree(folder: string, snapshot: Snapshot): Promise<void> {
  for (const filters of FILTERS) {
    const wanted = await scan(lake.context, snapshot, filters);
    const opened = await openScan(lake.context, folder, filters);
    assert.equal(opened?.version, snapshot.version);
    assert.deepEqual(plain(opened?.table), plain(wanted), JSON.stringify(filters));
  }
}

/** In an order of its own; counts of rows are left out where no filter needs statistics. */
function plain(table: TableFiles | undefined) {
  const files = table?.files.map(({ rows: _, ...file }) => file);
  return { ...table, files: files?.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

for (const [name, configuration] of Object.entries({
  plain: {},
  mapped: { "delta.columnMapping.mode": "name" },
  "with checkpoints of version 2": { "delta.checkpointPolicy": "v2" },
})) {
  test(`a table ${name} that is opened for a filter gives the files that its snapshot gives`, async () => {
    const folder = `t ${name}`;
    const spec = { fields: FIELDS, partitionColumns: ["day", "k"], configuration };
    const created = await lake.create(folder, spec);
    await agree(folder, created);
    await agree(folder, await fill(created, 12));
  });
}

test("a checkpoint that cannot be read is passed over for a filter too, and an unknown column is not taken for damage", async () => {
  const snapshot = await fill(
    await lake.create("damaged", { fields: FIELDS, partitionColumns: ["k"] }),
    12,
  );
  const log = join(lake.root, "damaged/_delta_log");
  writeFileSync(join(log, "00000000000000000010.checkpoint.parquet"), "PAR1 no more");
  await agree("damaged", snapshot);
  await assert.rejects(
    openScan(lake.context, "damaged", [{ column: "kk", op: "is null" }]),
    /no column "kk"/,
  );
  rmSync(log, { recursive: true });
  assert.equal(await openScan(lake.context, "damaged", []), undefined);
});
