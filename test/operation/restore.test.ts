/** Restoring: the table is what it was, by a new version that everybody can follow. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { alterTable } from "../../src/delta/alter/alter.ts";
import { history } from "../../src/delta/history.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import { commit } from "../../src/delta/write.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { restore } from "../../src/operation/restore.ts";
import { vacuum } from "../../src/operation/vacuum.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";
import { hideRows } from "./vector.ts";

let lake: Lake;
let context: TableContext;
before(async () => {
  lake = await openLake();
  context = { delta: lake.context, engine: lake.engine };
});
after(() => lake.close());

const plain: TableSpec = { fields: [column("id", "long")] };
const row = (id: number) => `SELECT ${id}::BIGINT AS id`;

test("rows, columns and properties are those of the version, and what came after is still in the history", async () => {
  const base = await lake.create("whole", { ...plain, configuration: { "my.owner": "ann" } });
  const one = await lake.append(base, row(1));
  const two = await lake.append(one, row(2));
  const wide: TableSpec = {
    fields: [...plain.fields, column("text", "string"), column("wall", "timestamp_ntz")],
    configuration: { "my.owner": "bob", "my.other": "x" },
  };
  const three = await lake.append(
    two,
    "SELECT 3::BIGINT AS id, 'c' AS text, now()::TIMESTAMP AS wall",
    { schema: wide, remove: "all", transactions: [{ appId: "loader", version: 7n }] },
  );
  const done = await restore(context, "whole", { version: two.version });
  assert.deepEqual(
    [done.restoredVersion, done.filesAdded, done.filesRemoved, done.version],
    [2, 2, 1, 4],
  );
  const now = await lake.open("whole");
  assert.deepEqual(await lake.rows(now), [{ id: 1n }, { id: 2n }]);
  assert.deepEqual(now.metadata, two.metadata);
  assert.deepEqual(now.protocol, three.protocol, "the protocol goes back");
  assert.equal(now.transactions.get("loader"), 7n);
  assert.deepEqual(await lake.rows(await lake.open("whole", { version: 3 }), "id"), [{ id: 3n }]);
  const [newest] = await history(lake.context, "whole");
  assert.equal(newest?.operation, "RESTORE");
  assert.equal(newest?.parameters.version, "2");
  assert.equal(newest?.metrics.numRestoredFiles, "2");
  assert.equal(newest?.metrics.tableSizeAfterRestore, String(two.sizeBytes));
  const again = await restore(context, "whole", { version: two.version });
  assert.deepEqual([again.version, again.filesAdded + again.filesRemoved], [4, 0]);
  const back = await restore(context, "whole", { version: 3 });
  assert.equal(back.version, 5);
  assert.deepEqual((await lake.open("whole")).metadata, three.metadata);
  await lake.append(
    await lake.open("whole"),
    "SELECT 4::BIGINT AS id, 'd' AS text, NULL::TIMESTAMP AS wall",
  );
});

test("metadata of domains stays as it is, whether it came or went since", async () => {
  const spec = { ...plain, configuration: { "delta.feature.domainMetadata": "supported" } };
  const base = await lake.create("domains", spec);
  const domain = (name: string, configuration: string, removed = false) => ({
    domain: name,
    configuration,
    removed,
  });
  const first = [domain("theirs", "old"), domain("gone", "old")];
  const one = await lake.append(base, row(1), { domains: first });
  const since = [domain("theirs", "new"), domain("gone", "", true), domain("later", "new")];
  await lake.append(one, row(2), { domains: since });
  await restore(context, "domains", { version: one.version });
  const { state } = await lake.open("domains");
  assert.deepEqual(
    [...state.domains.values()].map(({ domain: name, configuration }) => [name, configuration]),
    [
      ["theirs", "new"],
      ["later", "new"],
    ],
  );
});

test("a time stands for the version that was current then", async () => {
  let snapshot = await lake.append(await lake.create("timed", plain), row(1));
  const then = snapshot.timestamp;
  await new Promise((resolve) => setTimeout(resolve, 20));
  snapshot = await lake.append(snapshot, row(2));
  const done = await restore(context, "timed", { timestamp: then });
  assert.equal(done.restoredVersion, 1);
  assert.deepEqual(await lake.rows(await lake.open("timed")), [{ id: 1n }]);
});

test("mapped columns come back under their names, and no later column gets the id of another", async () => {
  const configuration = { "delta.columnMapping.mode": "name" };
  const base = await lake.create("mapped", { ...plain, configuration });
  const one = await lake.append(base, row(1));
  await lake.append(one, "SELECT 2::BIGINT AS id, 'x' AS extra", {
    schema: { fields: [...plain.fields, column("extra", "string")] },
  });
  await restore(context, "mapped", { version: one.version });
  const now = await lake.open("mapped");
  assert.equal(now.metadata.configuration["delta.columnMapping.maxColumnId"], "2");
  const other = await lake.append(now, "SELECT 3::BIGINT AS id, 'y' AS other", {
    schema: { fields: [...plain.fields, column("other", "string")] },
  });
  assert.equal(other.metadata.fields.at(-1)?.metadata?.["delta.columnMapping.id"], 3);
  assert.deepEqual(await lake.rows(other), [
    { id: 1n, other: null },
    { id: 3n, other: "y" },
  ]);
});

test("deletion vectors of the version hide what they hid then", async () => {
  let snapshot = await lake.append(
    await lake.create("vectors", plain),
    "SELECT range AS id FROM range(5)",
  );
  for (const rows of [[1], [1, 2]]) {
    const [file] = snapshot.files;
    assert.ok(file !== undefined);
    snapshot = await hideRows(lake, snapshot, file, rows);
  }
  await restore(context, "vectors", { version: 2 });
  assert.deepEqual(
    (await lake.rows(await lake.open("vectors"))).map(({ id }) => Number(id)),
    [0, 2, 3, 4],
  );
  await restore(context, "vectors", { version: 1 });
  assert.equal((await lake.rows(await lake.open("vectors"))).length, 5);
});

test("a version whose files are gone is not restored, and the error names them", async () => {
  let snapshot = await lake.create("gone", plain);
  for (let id = 0; id < 8; id += 1) snapshot = await lake.append(snapshot, row(id));
  await optimize(context, snapshot);
  await vacuum(context, await lake.open("gone"), { retentionMs: 0, force: true });
  const before = (await lake.open("gone")).version;
  await assert.rejects(restore(context, "gone", { version: 8 }), {
    code: "operation/files-gone",
    message: /Version 8 of gone.* 8 of its files are gone: gone\/part-.* and 3 more/,
  });
  assert.equal((await lake.open("gone")).version, before);
  // The version after the optimisation needs none of them.
  assert.equal((await restore(context, "gone", { version: 9 })).filesAdded, 0);
});

test("versions and tables that are not there are refused", async () => {
  await lake.create("few", plain);
  await assert.rejects(restore(context, "few", { version: 3 }), { code: "delta/no-such-version" });
  await assert.rejects(restore(context, "nothing", { version: 0 }), { code: "delta/no-table" });
  const spec = { ...plain, configuration: { "delta.appendOnly": "true" } };
  const kept = await lake.append(await lake.create("append-only", spec), row(1));
  await assert.rejects(restore(context, "append-only", { version: 0 }), {
    code: "delta/append-only",
  });
  assert.equal(kept.version, (await lake.open("append-only")).version);
});

test("an append that comes in between is taken back too", async () => {
  const one = await lake.append(await lake.create("raced", plain), row(1));
  const two = await lake.append(one, row(2));
  let raced = false;
  const storage = {
    ...lake.context.storage,
    create: async (path: string, bytes: Uint8Array) => {
      if (!raced) {
        raced = true;
        await lake.append(two, row(3));
      }
      return lake.context.storage.create(path, bytes);
    },
  };
  const done = await restore({ delta: { ...lake.context, storage } }, "raced", { version: 1 });
  assert.equal(done.version, 4);
  assert.deepEqual(await lake.rows(await lake.open("raced")), [{ id: 1n }]);
});

test("a table whose commits carry their own times keeps doing so", async () => {
  const configuration = { "delta.enableInCommitTimestamps": "true" };
  const one = await lake.append(await lake.create("ict", { ...plain, configuration }), row(1));
  await lake.append(one, row(2));
  await restore(context, "ict", { version: 1 });
  const now = await lake.open("ict");
  assert.equal(now.metadata.configuration["delta.enableInCommitTimestamps"], "true");
  assert.ok(now.timestamp > one.timestamp);
});

test("a table with a change feed tells what came back and what went", async () => {
  const configuration = { "delta.enableChangeDataFeed": "true" };
  const one = await lake.append(await lake.create("feed", { ...plain, configuration }), row(1));
  await lake.append(one, row(2), { remove: "all" });
  const done = await restore(context, "feed", { version: 1 });
  assert.deepEqual([done.filesAdded, done.filesRemoved], [1, 1]);
  assert.deepEqual(await lake.rows(await lake.open("feed")), [{ id: 1n }]);
});

test("a rule that came later goes, and one that was there comes back with rows that keep it", async () => {
  const rule = { "delta.constraints.positive": "id > 0" };
  const kept = ["CHECK constraint positive"];
  const base = await lake.create("ruled", { ...plain, configuration: rule });
  const one = await lake.append(base, row(1), { kept });
  const free = await alterTable(lake.context, one, { change: "drop constraint", name: "positive" });
  await lake.append(free, row(-1));
  await restore(context, "ruled", { version: 1 });
  const now = await lake.open("ruled");
  assert.equal(now.metadata.configuration["delta.constraints.positive"], "id > 0");
  await assert.rejects(lake.append(now, row(-2)), { code: "delta/unsupported-to-write" });
  await restore(context, "ruled", { version: 3 });
  assert.deepEqual(await lake.rows(await lake.open("ruled")), [{ id: -1n }, { id: 1n }]);
});

test("a version of before the file was lost by hand is read from what is left", async () => {
  const one = await lake.append(await lake.create("lost", plain), row(1));
  const two = await lake.append(one, row(2));
  const lost = two.files.find((file) => !one.files.some(({ path }) => path === file.path));
  rmSync(join(lake.root, "lost", lost?.path ?? ""));
  await restore(context, "lost", { version: 1 });
  assert.deepEqual(await lake.rows(await lake.open("lost")), [{ id: 1n }]);
  assert.equal((await openSnapshot(lake.context, "lost"))?.rows, 1n);
  await commit(lake.context, await lake.open("lost"), { operation: "WRITE" });
});
