/** Small-file care: few files at any time, and no row written anew more often than need be. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { AddFile } from "../../src/delta/action.ts";
import { history } from "../../src/delta/history.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { planTidy, tidyTable } from "../../src/operation/tidy.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

const file = (path: string, size: number, partition = "a"): AddFile => ({
  path,
  size,
  partitionValues: { p: partition },
  modificationTime: 0,
  dataChange: true,
});

test("a table of few small files is left alone, and so is one of large files", () => {
  const how = { least: 5, targetBytes: 1000 };
  const files = (count: number, size: number, partition?: string) =>
    Array.from({ length: count }, (_, index) => file(`${partition}${index}`, size, partition));
  assert.deepEqual(planTidy(files(4, 10), how), []);
  assert.deepEqual(planTidy(files(100, 500), how), []);
  assert.deepEqual(planTidy([...files(4, 10, "a"), ...files(4, 10, "b")], how), []);
  const [bin, ...others] = planTidy([...files(4, 10, "a"), ...files(6, 10, "b")], how);
  assert.deepEqual([bin?.partitionValues, bin?.files.length, others], [{ p: "b" }, 6, []]);
});

test("thousands of appends leave few files, and each byte is written anew a few times only", () => {
  let files: AddFile[] = [];
  let [written, appended, most] = [0, 0, 0];
  for (let commit = 0; commit < 5000; commit += 1) {
    files.push(file(`f${commit}`, 1000));
    appended += 1000;
    for (const { files: bin } of planTidy(files, { least: 50, targetBytes: 32_000_000 })) {
      const bytes = bin.reduce((sum, { size }) => sum + size, 0);
      written += bytes;
      files = [...files.filter((one) => !bin.includes(one)), file(`t${commit}`, bytes)];
    }
    most = Math.max(most, files.length);
  }
  assert.ok(most <= 50 + 3 * 13, `${most} files`);
  assert.ok(written / appended < 4, `written anew ${written / appended} times`);
});

test("care is one commit that changes no row, says that nobody asked for it, and is not repeated", async () => {
  let snapshot = await lake.create("tidied", { fields: [column("id", "long")] });
  for (let id = 0; id < 12; id += 1) {
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id`, {
      transactions: [{ appId: "follow/x", version: BigInt(id) }],
    });
    const done = await tidyTable(context, snapshot, { least: 10 });
    assert.equal(done === undefined, id !== 9);
    snapshot = await lake.open("tidied");
  }
  assert.equal(snapshot.files.length, 3);
  assert.equal(snapshot.transactions.get("follow/x"), 11n);
  assert.equal((await lake.rows(snapshot)).length, 12);
  const tidied = (await history(lake.context, "tidied")).find(({ version }) => version === 11);
  assert.deepEqual([tidied?.operation, tidied?.parameters.auto], ["OPTIMIZE", "true"]);
});
