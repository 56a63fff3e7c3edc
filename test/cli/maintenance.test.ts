/** Tests of `optimize`, `vacuum` and `restore` as a person calls them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";
import { json, millrace } from "./command.ts";

const BIN = join(import.meta.dirname, "..", "..", "bin", "millrace");

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

/** A table of so many rows, each a file and a version. */
async function fill(folder: string, rows: number): Promise<void> {
  let snapshot = await lake.create(folder, {
    fields: [column("id", "long"), column("day", "string")],
    partitionColumns: ["day"],
  });
  for (let id = 0; id < rows; id += 1) {
    snapshot = await lake.append(snapshot, `SELECT ${id}::BIGINT AS id, 'd${id % 2}' AS day`);
  }
}

const at = (): readonly string[] => ["--lake", lake.root];
const countOf = async (table: string): Promise<unknown> =>
  json(["query", `select count(*) as n from ${table}`, ...at()]);
const dataFiles = (folder: string): string[] =>
  readdirSync(join(lake.root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".parquet") && !name.includes("_delta_log"));

test("optimize says what became of the files, and that nothing is to do when called again", async () => {
  await fill("bronze/small", 6);
  const first = await millrace(["optimize", "bronze.small", "--where", "day = 'd1'", ...at()]);
  assert.match(
    first.out,
    /^3 files of bronze.small \(.* B\) became 1 \(.* B\); it is at version 7\.\n$/,
  );
  assert.deepEqual([first.code, first.err], [0, ""]);
  const path = join(lake.root, "bronze", "small");
  const done = await json(["optimize", path, "--z-order", "id", "--target", "1 MB"]);
  assert.deepEqual(Object.keys(done as object), [
    "table",
    "version",
    "commits",
    "files_added",
    "files_removed",
    "bytes_added",
    "bytes_removed",
    "deletion_vectors_removed",
  ]);
  const told = await millrace(["history", "bronze.small", "--limit", "1", ...at()]);
  assert.match(told.out, /OPTIMIZE by id/);
  const again = await millrace(["optimize", "bronze.small", ...at()]);
  assert.equal(again.out, "bronze.small has no files that are worth laying together.\n");
  assert.deepEqual(await countOf("bronze.small"), [{ n: 6 }]);
  for (const [args, code] of [
    [["--where", "id > 1"], "operation/bad-partition-filter"],
    [["--z-order", "day"], "operation/bad-z-order"],
    [["--target", "large"], "size/unreadable"],
  ] as const) {
    const { out } = await millrace(["optimize", "bronze.small", ...args, ...at(), "--json"]);
    assert.equal(JSON.parse(out).error.code, code);
  }
});

test("vacuum shows what it would remove, and removes it when told to", async () => {
  await fill("bronze/vacuumed", 4);
  await millrace(["optimize", "bronze.vacuumed", ...at()]);
  assert.equal(dataFiles("bronze/vacuumed").length, 6);
  const none = await millrace(["vacuum", "bronze.vacuumed", ...at()]);
  assert.equal(none.out, "There are no files that nobody needs.\n");
  const refused = await millrace(["vacuum", "bronze.vacuumed", "--keep", "1 h", ...at()]);
  assert.match(refused.err, /operation\/retention-too-short/);
  assert.equal(refused.code, 1);
  const now = ["vacuum", "bronze.vacuumed", "--keep", "0 s", "--force", ...at()];
  const shown = await millrace(now);
  assert.match(shown.out, /^File +Size +Written/);
  assert.match(shown.out, /\n4 files, .* are needed by nobody\.\n$/);
  assert.equal(shown.err, "nothing was removed: --yes removes them\n");
  assert.equal(dataFiles("bronze/vacuumed").length, 6);
  const dry = await json([...now, "--dry-run", "--yes"]);
  const { dry_run, tables } = dry as {
    dry_run: boolean;
    tables: { files: number; paths: string[] }[];
  };
  assert.deepEqual([dry_run, tables[0]?.files, tables[0]?.paths.length], [true, 4, 4]);
  const done = await millrace([...now, "--yes"]);
  assert.match(done.out, /\n4 files, .* removed\.\n$/);
  assert.equal(dataFiles("bronze/vacuumed").length, 2);
  assert.deepEqual(await countOf("bronze.vacuumed"), [{ n: 4 }]);
  const { out } = await millrace(["history", "bronze.vacuumed", ...at()]);
  assert.match(out, /VACUUM END of 4 files/);
});

test("on a terminal vacuum shows the files and asks", async (t) => {
  if (spawnSync("script", ["--version"]).status !== 0) {
    t.diagnostic("no `script` here, which makes a terminal");
    return;
  }
  await fill("bronze/asked", 2);
  await millrace(["optimize", "bronze.asked", ...at()]);
  await lake.append(await lake.open("bronze/asked"), "SELECT 9::BIGINT AS id, 'd0' AS day");
  await millrace(["optimize", "bronze.asked", ...at()]);
  const before = dataFiles("bronze/asked").length;
  const ask = (answer: string): string => {
    const words = ["vacuum", "bronze.asked", "--keep", "0 s", "--force", ...at()];
    const line = [process.execPath, BIN, ...words].map((word) => `'${word}'`).join(" ");
    const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], {
      input: `${answer}\n`,
      encoding: "utf8",
      timeout: 60_000,
    });
    return stdout;
  };
  assert.match(ask(""), /needed by nobody.*Remove 2 files, .* \[y\/N\].*nothing was removed/s);
  assert.equal(dataFiles("bronze/asked").length, before);
  assert.match(ask("y"), /Remove 2 files, .* \[y\/N\].*2 files, .* removed\./s);
  assert.equal(dataFiles("bronze/asked").length, before - 2);
});

test("vacuum without a table goes through the lake, and its quarantines take in first what is theirs", async () => {
  const fields = [column("id", "long")];
  const main = await lake.create("silver/main", { name: "silver.main", fields });
  await lake.create("quarantine/silver.main", { name: "quarantine.silver.main", fields });
  const rejected = join(lake.root, "quarantine/silver.main/part-rejected.parquet");
  for (const name of [rejected, join(lake.root, "silver/main/part-stray.parquet")]) {
    writeFileSync(name, "x");
    utimesSync(name, new Date(0), new Date(0));
  }
  const file = {
    path: "part-rejected.parquet",
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
  };
  // The table has decided that these rows are turned away; the quarantine does not know yet.
  await commit(lake.context, main, {
    operation: "WRITE",
    info: {
      run: "r",
      asset: "silver.main",
      kind: "ingest",
      ledger: [],
      quarantine: { add: [file], remove: [] },
    },
  });
  const done = await json(["vacuum", "--yes", ...at()]);
  const { tables } = done as { tables: { table: string; paths: string[] }[] };
  const found = Object.fromEntries(tables.map(({ table, paths }) => [table, paths]));
  assert.deepEqual(found["silver.main"], ["silver/main/part-stray.parquet"]);
  assert.deepEqual(found["quarantine.silver.main"], []);
  assert.equal((await lake.open("quarantine/silver.main")).files.length, 1);
  for (const args of [
    ["optimize", 'quarantine."silver.main"'],
    ["restore", 'quarantine."silver.main"', "--version", "0"],
    ["vacuum", join(lake.root, "quarantine/silver.main")],
  ]) {
    const { out } = await millrace([...args, ...at(), "--json"]);
    assert.equal(JSON.parse(out).error?.code, "run/own-table", args.join(" "));
  }
  rmSync(join(lake.root, "quarantine"), { recursive: true });
});

test("a table that cannot be vacuumed stands in the way of no other", async () => {
  await fill("gold/fine", 1);
  const strange = await lake.create("gold/strange", { fields: [column("id", "long")] });
  const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["someday"] };
  const log = join(lake.root, "gold/strange/_delta_log/00000000000000000001.json");
  writeFileSync(log, `${JSON.stringify({ protocol })}\n`);
  writeFileSync(join(lake.root, "gold/fine/stray.parquet"), "x");
  utimesSync(join(lake.root, "gold/fine/stray.parquet"), new Date(0), new Date(0));
  assert.equal(strange.version, 0);
  const { code, out, err } = await millrace(["vacuum", "--yes", ...at()]);
  assert.deepEqual([code, /gold\.fine +1 /.test(out)], [1, true], out);
  assert.match(
    err,
    /gold\.strange cannot be vacuumed: .*someday.* \[delta\/unsupported-to-write\]/,
  );
  const alone = await millrace(["vacuum", "gold.strange", "--json", ...at()]);
  assert.equal(JSON.parse(alone.out).error.code, "delta/unsupported-to-write");
  rmSync(join(lake.root, "gold/strange"), { recursive: true });
});

test("restore makes a table what it was, and needs to be told when", async () => {
  await fill("gold/restored", 3);
  const unsaid = await millrace(["restore", "gold.restored", ...at()]);
  assert.match(unsaid.err, /cli\/missing-option/);
  assert.equal(unsaid.code, 2);
  const done = await millrace(["restore", "gold.restored", "--version", "1", ...at()]);
  assert.equal(
    done.out,
    "gold.restored is what it was at version 1: version 4, by which 0 files came back and 2 went.\n",
  );
  assert.deepEqual(await countOf("gold.restored"), [{ n: 1 }]);
  const told = await millrace(["history", "gold.restored", "--limit", "1", ...at()]);
  assert.match(told.out, /RESTORE to 1 /);
  const back = await json(["restore", "gold.restored", "--version", "3", ...at()]);
  assert.deepEqual((back as { restored_version: number; files_added: number }).files_added, 2);
  const missing = await millrace(["restore", "gold.restored", "--version", "9", ...at()]);
  assert.match(missing.err, /delta\/no-such-version/);
});
