/** Disks that are full, read-only or no folder at all: a clear word, nothing lost, and the next run goes on. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { csv, files, ingest, integer, publish, sql, text, transform } from "../../src/index.ts";
import { openSandbox, type Sandbox, sandboxIn, stepOf } from "../run/sandbox.ts";

const rows = ingest("bronze.rows", {
  from: csv("inbox/*.csv"),
  columns: { id: integer(), filler: text() },
});
const all = transform("gold.all", sql`select * from ${rows}`);
const ALL = [rows, all, publish(all, files("out", { format: "csv" }))];

/** A sandbox whose lake lies on a disk of its own; undefined where this user may not mount one. */
function openOnDisk(t: TestContext, options: string): Sandbox | undefined {
  const folder = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  const sandbox = sandboxIn(folder);
  mkdirSync(sandbox.lakePath);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", sandbox.lakePath]);
  t.after(() => {
    if (status === 0) spawnSync("umount", [sandbox.lakePath]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (status === 0) return sandbox;
  t.diagnostic("no disk could be mounted here; the contract of the storage stands for it");
  return undefined;
}

function csvOf(first: number, count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const id = first + index;
    return `${id},${Buffer.from(String(id * 7919))
      .toString("hex")
      .repeat(20)}\n`;
  });
  return `id,filler\n${lines.join("")}`;
}

test("a lake that is a file is refused by its name", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("inbox/a.csv", csvOf(1, 2));
  writeFileSync(sandbox.lakePath, "not a folder");
  await assert.rejects(sandbox.run(ALL), { code: "lake/not-a-folder", message: /lake is a file/ });
  rmSync(sandbox.lakePath);
  assert.equal((await sandbox.run(ALL)).state, "done");
});

test("on a full disk a run fails clearly, and goes on when there is space", async (t) => {
  const sandbox = openOnDisk(t, "size=4m");
  if (sandbox === undefined) return;
  sandbox.write("inbox/a.csv", csvOf(1, 200));
  assert.equal((await sandbox.run(ALL)).state, "done");
  const ballast = join(sandbox.lakePath, "ballast");
  for (const [index, free] of [0, 30_000, 90_000].entries()) {
    writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024 - usedBytes(sandbox.lakePath) - free));
    sandbox.write(`inbox/b${index}.csv`, csvOf(1000 * (index + 1), 900));
    const error: unknown = await sandbox.run(ALL).then(
      ({ steps }) => steps.find((step) => step.error)?.error,
      (thrown: unknown) => thrown,
    );
    const { code, message } = error as { code: string; message: string };
    assert.match(code, /^(storage\/full|engine\/disk-full)$/, message);
    rmSync(ballast);
    // Where only the record of the run did not fit, the tables are made already.
    const { state } = await sandbox.run(ALL);
    assert.ok(state === "done" || state === "nothing to do", state);
    const [count] = await sandbox.rows("gold.all", "count(*) as n, count(distinct id) as ids");
    const n = BigInt(200 + 900 * (index + 1));
    assert.deepEqual(count, { n, ids: n });
    const [written] = await sandbox.rows(
      "system.ledger",
      "sum(written)::bigint as n",
      "where asset = 'bronze.rows'",
    );
    assert.deepEqual(written, { n });
  }
  assert.deepEqual(readdirSync(join(sandbox.lakePath, ".staging")), []);
});

test("a lake that may only be read is planned and read, and a run says that it cannot write", async (t) => {
  const sandbox = openOnDisk(t, "size=4m");
  if (sandbox === undefined) return;
  sandbox.write("inbox/a.csv", csvOf(1, 2));
  await sandbox.run(ALL);
  spawnSync("mount", ["-o", "remount,ro", sandbox.lakePath]);
  assert.equal((await sandbox.rows("gold.all")).length, 2);
  assert.equal((await sandbox.run(ALL)).state, "nothing to do");
  sandbox.write("inbox/b.csv", csvOf(3, 2));
  assert.equal(stepOf(await sandbox.plan(ALL), "bronze.rows").action, "load");
  for (const lake of [sandbox.lakePath, join(sandbox.lakePath, "new", "lake")]) {
    await assert.rejects(
      sandbox.run(ALL, { lake }).then(({ steps }) => {
        const error = steps.find((step) => step.error)?.error;
        throw Object.assign(new Error(error?.message), { code: error?.code });
      }),
      { code: "storage/not-writable", message: /read-only/ },
    );
  }
  spawnSync("mount", ["-o", "remount,rw", sandbox.lakePath]);
  assert.equal((await sandbox.run(ALL)).state, "done");
  assert.equal((await sandbox.rows("gold.all")).length, 4);
});

function usedBytes(folder: string): number {
  const { stdout } = spawnSync("df", ["--output=used", "-B1", folder], { encoding: "utf8" });
  return Number(stdout.trim().split("\n").at(-1));
}
