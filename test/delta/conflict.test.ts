/** Which commits go through together, by what each declares to have read, and which do not. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import type { Reads } from "../../src/delta/reads.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { type Change, commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const fields = [column("id", "long"), column("day", "string")];
const rowOf = (id: number, day: string) => `SELECT ${id}::BIGINT AS id, '${day}' AS day`;
let tables = 0;

/** Two partitions of one file each, ids 1 and 2. */
async function twoDays(): Promise<Snapshot> {
  tables += 1;
  const empty = await lake.create(`t${tables}`, { fields, partitionColumns: ["day"] });
  return lake.append(empty, `${rowOf(1, "mon")} UNION ALL ${rowOf(2, "tue")}`);
}

const fileOf = (table: Snapshot, day: string) => {
  const file = table.files.find(({ partitionValues }) => partitionValues.day === day);
  assert.ok(file);
  return file;
};

const conflict = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, "delta/conflict");
  assert.equal(error.retryable, true);
  assert.match(error.message, pattern);
  return true;
};

const monday = [{ column: "day", op: "=" as const, value: "mon" }];

/** What a winner may do between our reading and our commit. */
const winners: Record<string, (base: Snapshot) => Promise<Snapshot>> = {
  "appends to monday": (base) => lake.append(base, rowOf(3, "mon")),
  "appends to tuesday": (base) => lake.append(base, rowOf(3, "tue")),
  "deletes monday": (base) =>
    commit(lake.context, base, { operation: "DELETE", remove: [fileOf(base, "mon")] }),
  "deletes tuesday": (base) =>
    commit(lake.context, base, { operation: "DELETE", remove: [fileOf(base, "tue")] }),
  "compacts monday": (base) =>
    lake.append(base, rowOf(1, "mon"), { remove: [fileOf(base, "mon")], dataChange: false }),
};

const appends = ["appends to monday", "appends to tuesday"];
const onMonday = ["appends to monday", "deletes monday"];
const changes = [...appends, "deletes monday", "deletes tuesday"];

/** What we do, what of it was read, and the winners that forbid it. */
const ours: Record<string, { change: (base: Snapshot) => Partial<Change>; loses: string[] }> = {
  "an append": { change: () => ({}), loses: [] },
  "a change that read the whole table": {
    change: () => ({ reads: "whole table" }),
    loses: changes,
  },
  "a change that read rows without a filter": {
    change: () => ({ reads: { where: [] } }),
    loses: changes,
  },
  "a change that read monday": { change: () => ({ reads: { where: monday } }), loses: onMonday },
  "a change that read ids above 2": {
    change: () => ({ reads: { where: [{ column: "id", op: ">", value: 2 }] } }),
    loses: appends,
  },
  "a change that read monday's ids above 2": {
    change: () => ({ reads: { where: [...monday, { column: "id", op: ">", value: 2 }] } }),
    loses: ["appends to monday"],
  },
  "a change that read the file of monday": {
    change: (base) => ({ reads: { files: [fileOf(base, "mon")] } }),
    loses: ["deletes monday"],
  },
  "a rewrite of monday": {
    change: (base) => ({ remove: [fileOf(base, "mon")], reads: { where: monday } }),
    loses: [...onMonday, "compacts monday"],
  },
  "a compaction of monday": {
    change: (base) => ({ remove: [fileOf(base, "mon")], dataChange: false }),
    loses: ["deletes monday", "compacts monday"],
  },
};

for (const [mine, { change, loses }] of Object.entries(ours)) {
  for (const [theirs, win] of Object.entries(winners)) {
    const ends = loses.includes(theirs) ? "loses to" : "goes through beside";
    test(`${mine} ${ends} a commit that ${theirs}`, async () => {
      const base = await twoDays();
      const won = await win(base);
      const mineToo = lake.append(base, rowOf(9, "mon"), change(base));
      if (loses.includes(theirs)) await assert.rejects(mineToo, conflict(/lost to version 2/));
      else assert.equal((await mineToo).version, won.version + 1);
    });
  }
}

test("every winner since the base is checked, not the last one alone", async () => {
  const base = await twoDays();
  const second = await lake.append(base, rowOf(3, "mon"));
  await lake.append(second, rowOf(4, "tue"));
  await assert.rejects(
    lake.append(base, rowOf(9, "mon"), { reads: { where: monday } }),
    conflict(/version 2 .*day=mon/),
  );
});

test("what another appended and took away again is judged by its partition", async () => {
  const base = await twoDays();
  const second = await lake.append(base, rowOf(3, "tue"));
  const newest = second.files.filter(({ path }) => !base.files.some((file) => file.path === path));
  await commit(lake.context, second, { operation: "DELETE", remove: newest });
  const where = [...monday];
  assert.equal((await lake.append(base, rowOf(9, "mon"), { reads: { where } })).version, 4);
});

test("a rewrite loses to one that gave the same file another deletion vector", async () => {
  const base = await twoDays();
  const file = fileOf(base, "mon");
  const deletionVector = {
    storageType: "i",
    pathOrInlineDv: "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
    sizeInBytes: 40,
    cardinality: 6,
  };
  await commit(lake.context, base, {
    operation: "DELETE",
    remove: [file],
    adopted: [{ ...file, deletionVector }],
  });
  await assert.rejects(
    commit(lake.context, base, { operation: "DELETE", remove: [file] }),
    conflict(/removed the file/),
  );
  await assert.rejects(
    commit(lake.context, base, {
      operation: "DELETE",
      remove: [file],
      adopted: [{ ...file, deletionVector: { ...deletionVector, offset: 1 } }],
    }),
    conflict(/removed the file/),
  );
});

test("listing a file again as it was, with other statistics, takes nothing from others", async () => {
  const base = await twoDays();
  const file = fileOf(base, "mon");
  const { stats: _, ...bare } = file;
  await commit(lake.context, base, {
    operation: "COMPUTE STATS",
    adopted: [bare],
    dataChange: false,
  });
  const after = await commit(lake.context, base, { operation: "DELETE", remove: [file] });
  assert.equal(after.rows, 1n);
});

test("a filter on a column that the table does not have is refused before anything is written", async () => {
  const base = await twoDays();
  const reads: Reads = { where: [{ column: "nope", op: "is null" }] };
  await assert.rejects(lake.append(base, rowOf(9, "mon"), { reads }), /no column "nope"/);
});

test("a change that read only a transaction counts as a blind append, and one that read rows does not", async () => {
  const base = await twoDays();
  const isBlind = async (reads: Reads) =>
    (await lake.append(base, rowOf(9, "wed"), { reads })).state.info?.isBlindAppend;
  assert.equal(await isBlind({ appIds: ["a"] }), true);
  assert.equal(await isBlind({ files: [fileOf(base, "mon")] }), false);
  const other = await twoDays();
  const after = await lake.append(other, rowOf(9, "wed"), { reads: { where: monday } });
  assert.equal(after.state.info?.isBlindAppend, false);
});

test("replacing all of a table reads all of it, whatever else it names", async () => {
  const base = await twoDays();
  await lake.append(base, rowOf(3, "tue"));
  for (const reads of ["nothing", { where: monday }, { appIds: ["a"] }] as const) {
    await assert.rejects(
      lake.append(base, rowOf(9, "mon"), { remove: "all", reads }),
      conflict(/had read/),
    );
  }
});
