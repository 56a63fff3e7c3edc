/** Paths in a log that lead out of the table: refused in every spelling, and followed where declared. */

import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { MillraceError } from "../../src/base/error.ts";
import { fileFinder } from "../../src/delta/file-place.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { memoryStorage } from "../../src/storage/memory.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
let elsewhere: string;
before(async () => {
  lake = await openLake();
  elsewhere = mkdtempSync(join(tmpdir(), "millrace-elsewhere-"));
});
after(() => {
  lake.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

let tables = 0;

/** A table of one row whose only file is named by `nameOf` its local path. */
async function tableNaming(nameOf: (file: string) => string): Promise<Snapshot> {
  tables += 1;
  const folder = `t${tables}`;
  const empty = await lake.create(folder, { fields: [column("id", "long")] });
  const filled = await lake.append(empty, "SELECT 1::BIGINT AS id");
  const [{ path } = { path: "" }] = filled.files;
  const log = join(lake.root, folder, "_delta_log/00000000000000000001.json");
  const name = nameOf(join(lake.root, folder, path));
  writeFileSync(log, readFileSync(log, "utf8").replace(JSON.stringify(path), JSON.stringify(name)));
  return lake.open(folder);
}

const foreign = (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, "delta/foreign-path", error.message);
  assert.ok(error.hint);
  return true;
};

/** Puts the table's file where another table of the lake would have it. */
function moveToNeighbour(file: string): string {
  const target = join(lake.root, "neighbour", `moved-${tables}.parquet`);
  mkdirSync(dirname(target), { recursive: true });
  renameSync(file, target);
  return target;
}

const spellings: Record<string, (file: string) => string> = {
  "../": (file) => `../neighbour/${moveToNeighbour(file).split("/").at(-1)}`,
  "a folder and back": (file) => `x/../../neighbour/${moveToNeighbour(file).split("/").at(-1)}`,
  "encoded dots": (file) => `%2e%2e/neighbour/${moveToNeighbour(file).split("/").at(-1)}`,
  "encoded slashes": (file) => `..%2Fneighbour%2F${moveToNeighbour(file).split("/").at(-1)}`,
  "an absolute path": (file) => moveToNeighbour(file),
  "a file URI": (file) => pathToFileURL(moveToNeighbour(file)).href,
  "a file URI of one slash": (file) => `file:${moveToNeighbour(file)}`,
  "a file URI through the table": (file) =>
    `file://${lake.root}/t${tables}/../neighbour/${moveToNeighbour(file).split("/").at(-1)}`,
  "encoded in a file URI": (file) =>
    `file://${lake.root}/t${tables}/%2E%2E/neighbour/${moveToNeighbour(file).split("/").at(-1)}`,
};

for (const [name, spelling] of Object.entries(spellings)) {
  test(`a file outside named by ${name} is refused, and read where its folder is declared`, async () => {
    const table = await tableNaming(spelling);
    await assert.rejects(lake.rows(table), foreign);
    const declared = { ...lake.context, foreign: [join(lake.root, "neighbour")] };
    const files = await scan(declared, table);
    assert.deepEqual(await lake.engine.rows(`SELECT * FROM ${lake.engine.relation(files)}`), [
      { id: 1n },
    ]);
    const other = { ...lake.context, foreign: [join(lake.root, "neigh"), "s3://bucket"] };
    await assert.rejects(scan(other, table), foreign);
  });
}

for (const path of [
  "/etc/passwd",
  "file:///etc/passwd",
  "file:/etc/passwd",
  "../../../../../../etc/passwd",
  "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
  "s3://bucket/file.parquet",
  "https://example.com/file.parquet",
  "hdfs://namenode:8020/file.parquet",
  "file://example.com/share/file.parquet",
  "..",
  ".",
  "",
  "a%00b",
]) {
  test(`a table that names the file ${JSON.stringify(path)} shows nothing of it`, async () => {
    const table = await tableNaming(() => path);
    await assert.rejects(lake.rows(table), foreign);
  });
}

test("a file of the table is read whatever form its path has", async () => {
  for (const nameOf of [
    (file: string) => file,
    (file: string) => pathToFileURL(file).href,
    (file: string) => `file:${file}`,
    (file: string) => `./x/../${file.split("/").at(-1)}`,
    (file: string) => `../t${tables}/${file.split("/").at(-1)}`,
  ]) {
    assert.deepEqual(await lake.rows(await tableNaming(nameOf)), [{ id: 1n }]);
  }
});

test("what is encoded twice is a name and no way out", async () => {
  const table = await tableNaming((file) => {
    mkdirSync(join(dirname(file), "%2e%2e"));
    renameSync(file, join(dirname(file), "%2e%2e/x.parquet"));
    return "%252e%252e/x.parquet";
  });
  assert.deepEqual(await lake.rows(table), [{ id: 1n }]);
});

test("a link that leads out of the table is refused, and followed where its target is declared", async () => {
  const secret = join(elsewhere, "secret.parquet");
  const table = await tableNaming((file) => {
    copyFileSync(file, secret);
    rmSync(file);
    symlinkSync(secret, file);
    return file.split("/").at(-1) ?? "";
  });
  await assert.rejects(lake.rows(table), foreign);
  const files = await scan({ ...lake.context, foreign: [elsewhere] }, table);
  assert.equal(files.files.length, 1);
});

test("a folder of the table that is a link to elsewhere is refused", async () => {
  const table = await tableNaming((file) => {
    copyFileSync(file, join(elsewhere, "x.parquet"));
    symlinkSync(elsewhere, join(dirname(file), "part"));
    return "part/x.parquet";
  });
  await assert.rejects(lake.rows(table), foreign);
});

test("a link within the table, and a table that is a link itself, are followed", async () => {
  const table = await tableNaming((file) => {
    symlinkSync(file, join(dirname(file), "link.parquet"));
    return "link.parquet";
  });
  assert.deepEqual(await lake.rows(table), [{ id: 1n }]);
  symlinkSync(join(lake.root, table.folder), join(lake.root, "linked"));
  assert.deepEqual(await lake.rows(await lake.open("linked")), [{ id: 1n }]);
});

test("a deletion vector lies in its table too", async () => {
  const table = await tableNaming((file) => file);
  const [file] = table.files;
  assert.ok(file);
  const uuid = "ab^-aqEH.-t@S}K{vb[*k^";
  for (const [storageType, pathOrInlineDv] of [
    ["p", "/etc/passwd"],
    ["p", `file://${elsewhere}/dv.bin`],
    ["p", "../dv.bin"],
    ["u", `../../${uuid.slice(-20)}`],
    ["u", `%2e%2e/${uuid.slice(-20)}`],
  ] as const) {
    const deletionVector = {
      storageType,
      pathOrInlineDv,
      offset: 1,
      sizeInBytes: 4,
      cardinality: 1,
    };
    const found = { ...table, files: [{ ...file, deletionVector }] };
    await assert.rejects(scan(lake.context, found), foreign);
  }
});

test("a sidecar is read from beside the checkpoints, whatever folder its path names", async () => {
  let table = await lake.create("sidecars", {
    fields: [column("id", "long")],
    configuration: { "delta.checkpointPolicy": "v2" },
  });
  table = await lake.append(table, "SELECT 1::BIGINT AS id");
  const log = join(lake.root, "sidecars/_delta_log");
  const lines = [0, 1].flatMap((version) =>
    readFileSync(join(log, `0000000000000000000${version}.json`), "utf8")
      .trim()
      .split("\n"),
  );
  const kept = lines.filter((line) => !line.startsWith('{"commitInfo"'));
  const head = JSON.stringify({ checkpointMetadata: { version: 1 } });
  const sidecar = JSON.stringify({
    sidecar: { path: "../../../../etc/x.parquet", sizeInBytes: 1, modificationTime: 1 },
  });
  const name = "00000000000000000001.checkpoint.11111111-1111-4111-8111-111111111111.json";
  writeFileSync(join(log, name), [head, ...kept, sidecar].join("\n"));
  // The checkpoint is broken, so the commits tell: nothing outside was looked at.
  const read: string[] = [];
  const { storage } = lake.context;
  const watched = {
    ...storage,
    localPath: (path: string) => {
      read.push(path);
      return storage.localPath(path);
    },
  };
  const found = await openSnapshot({ ...lake.context, storage: watched }, "sidecars");
  assert.equal(found?.rows, 1n);
  assert.ok(read.length > 0);
  assert.ok(
    read.every((path) => path.startsWith("sidecars/_delta_log/_sidecars/x")),
    String(read),
  );
});

test("in a store the same bucket under another scheme is the same, and another bucket or folder is not", async () => {
  const storage = {
    ...memoryStorage(),
    uri: "s3://bucket/lake",
    localPath: async (path: string) => `/cache/${path}`,
  };
  const find = fileFinder({ storage, foreign: ["s3a://bucket/lake/shared/", "s3://far/x"] }, "a/b");
  assert.equal(await find("x%20y.parquet"), "/cache/a/b/x y.parquet");
  assert.equal(await find("s3://bucket/lake/a/b/x.parquet"), "/cache/a/b/x.parquet");
  assert.equal(await find("s3a://bucket/lake/a/b/x.parquet"), "/cache/a/b/x.parquet");
  assert.equal(await find("s3://bucket/lake/shared/x.parquet"), "/cache/shared/x.parquet");
  for (const path of [
    "s3://bucket/lake/a/bc/x.parquet",
    "s3://bucket/lake/a/b/../c/x.parquet",
    "s3://other/lake/a/b/x.parquet",
    "../c/x.parquet",
    "/etc/passwd",
    "s3://far/x/y.parquet",
  ]) {
    await assert.rejects(find(path), foreign);
  }
});
