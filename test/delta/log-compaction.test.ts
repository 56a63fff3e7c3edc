/** Log compaction files: passed over, so that a wrong one harms nobody and a missing commit is seen. */

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { history } from "../../src/delta/history.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const digits = (version: number) => String(version).padStart(20, "0");
const logFile = ({ folder }: Snapshot, name: string) => join(lake.root, folder, "_delta_log", name);

async function threeAppends(folder: string): Promise<Snapshot> {
  let table = await lake.create(folder, { fields: [column("id", "long")] });
  for (const id of [1, 2, 3]) table = await lake.append(table, `SELECT ${id}::BIGINT AS id`);
  return table;
}

/** What the commits from `first` to `last` add up to, as other writers leave it beside them. */
function compact(table: Snapshot, first: number, last: number): void {
  const versions = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const lines = versions.flatMap((version) =>
    readFileSync(logFile(table, `${digits(version)}.json`), "utf8")
      .trim()
      .split("\n"),
  );
  const actions = lines.filter((line) => !line.startsWith('{"commitInfo"'));
  const name = `${digits(first)}.${digits(last)}.compacted.json`;
  writeFileSync(logFile(table, name), actions.join("\n"));
}

const ids = [{ id: 1n }, { id: 2n }, { id: 3n }];

test("a table with compacted commits reads as without them, at every version", async () => {
  const table = await threeAppends("compacted");
  compact(table, 0, 2);
  compact(table, 1, 3);
  compact(table, 2, 2);
  assert.deepEqual(await lake.rows(await lake.open("compacted")), ids);
  for (const version of [1, 2, 3]) {
    const found = await lake.open("compacted", { version });
    assert.deepEqual(await lake.rows(found), ids.slice(0, version));
  }
  assert.equal((await history(lake.context, "compacted")).length, 4);
  assert.equal((await lake.append(table, "SELECT 4::BIGINT AS id")).version, 4);
});

test("a compacted file that is broken or says something else changes nothing", async () => {
  const table = await threeAppends("wrong");
  const odd = ["", "not JSON", '{"remove":{"path":"x","dataChange":true}}'];
  for (const [index, text] of odd.entries()) {
    writeFileSync(logFile(table, `${digits(index)}.${digits(index + 1)}.compacted.json`), text);
  }
  assert.deepEqual(await lake.rows(await lake.open("wrong")), ids);
});

test("a commit that is missing is missed, though a compacted file covers it", async () => {
  const table = await threeAppends("hole");
  compact(table, 1, 3);
  rmSync(logFile(table, `${digits(2)}.json`));
  await assert.rejects(
    lake.open("hole"),
    (error) => error instanceof MillraceError && error.code === "delta/missing-commit",
  );
});
