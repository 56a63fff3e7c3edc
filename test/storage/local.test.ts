/** Local storage: the contract, and what only a disk can do. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { diskError } from "../../src/storage/disk-error.ts";
import { localStorage } from "../../src/storage/local.ts";
import { testStorage } from "../contract/storage.ts";

const folder = () => mkdtempSync(join(tmpdir(), "millrace-storage-"));
const bytes = new TextEncoder().encode("x");

testStorage("local", async () => {
  const root = folder();
  return {
    storage: localStorage(join(root, "lake")),
    close: async () => rmSync(root, { recursive: true }),
  };
});

test("files are taken over into a folder that others empty all the time", async (t) => {
  const root = folder();
  t.after(() => rmSync(root, { recursive: true }));
  const home = join(root, "lake");
  const [writer, remover] = [localStorage(home), localStorage(home)];
  const work = async (name: string): Promise<void> => {
    for (let n = 0; n < 100; n += 1) {
      const staged = join(root, `${name}-${n}`);
      writeFileSync(staged, "x");
      await writer.adopt(staged, `t/k=1/${name}-${n}`);
      await writer.replace(`t/k=1/also-${name}`, bytes);
      await remover.removeMany([`t/k=1/${name}-${n}`, `t/k=1/also-${name}`]);
    }
  };
  await Promise.all(["a", "b", "c"].map(work));
  assert.deepEqual(readdirSync(root), ["lake"]);
  assert.deepEqual(readdirSync(home), []);
});

function refusedAs(code: string) {
  return (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    assert.ok(error.hint);
    return true;
  };
}

test("the time of a file is cut to the millisecond and never in its future", async () => {
  const root = folder();
  writeFileSync(join(root, "a"), "");
  utimesSync(join(root, "a"), 1_700_000_000.1239, 1_700_000_000.1239);
  const [found] = await Array.fromAsync(localStorage(root).list(""));
  assert.equal(found?.modified.getTime(), 1_700_000_000_123);
  rmSync(root, { recursive: true });
});

test("a root that is a file is named as one", async () => {
  const root = folder();
  const file = join(root, "lake");
  writeFileSync(file, "");
  await assert.rejects(localStorage(file).create("a", bytes), refusedAs("storage/not-a-folder"));
  rmSync(root, { recursive: true });
});

test("each failure of the disk has a code and a hint, and a full disk may be tried again", () => {
  const where = { act: "create", path: "t/x", root: "/lake" };
  const failure = (code: string) => diskError(Object.assign(new Error(code), { code }), where);
  const codes = {
    ENOSPC: "storage/full",
    EDQUOT: "storage/full",
    EROFS: "storage/not-writable",
    EACCES: "storage/not-writable",
    ENOTDIR: "storage/not-a-folder",
    ENOTSUP: "storage/no-atomic-create",
    ENOSYS: "storage/no-atomic-create",
    EWHATEVER: "storage/failed",
  };
  for (const [found, code] of Object.entries(codes)) {
    refusedAs(code)(failure(found));
    assert.match(failure(found).message, /create t\/x in \/lake/);
  }
  assert.equal(failure("ENOSPC").retryable, true);
  assert.equal(failure("EROFS").retryable, false);
});

test("a folder that may not be written to is named, where the user is held to modes", async (context) => {
  if (process.getuid?.() === 0) return context.diagnostic("the superuser may write everywhere");
  const root = folder();
  chmodSync(root, 0o500);
  await assert.rejects(localStorage(root).create("a", bytes), refusedAs("storage/not-writable"));
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true });
});

test("a kill while a file is created leaves either the whole file or none, and hidden files are never listed", async () => {
  for (const [point, stays] of [
    ["storage/temp-file-written", false],
    ["storage/linked", true],
  ] as const) {
    const root = folder();
    const script = `
      import { localStorage } from ${JSON.stringify(new URL("../../src/storage/local.ts", import.meta.url).href)};
      const crash = (point) => { if (point === ${JSON.stringify(point)}) process.kill(process.pid, "SIGKILL"); };
      await localStorage(${JSON.stringify(root)}, { crash }).create("t/a", new TextEncoder().encode("x"));`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    assert.equal(signal, "SIGKILL");
    const listed = (await Array.fromAsync(localStorage(root).list(""))).map(({ path }) => path);
    assert.deepEqual(listed, stays ? ["t/a"] : []);
    assert.equal(await localStorage(root).create("t/a", bytes), !stays);
    rmSync(root, { recursive: true });
  }
});

test("what a kill left beside a commit goes when the folder is next written to, and not while it may be in use", async () => {
  const root = folder();
  const log = join(root, "t", "_delta_log");
  mkdirSync(log, { recursive: true });
  const old = ".00000000000000000001.json.3f0d2a52-6a53-4a0e-93f5-1f6d3f2c8a11.tmp";
  const young = ".00000000000000000001.json.8a1f6d3f-2c8a-4a0e-93f5-3f0d2a526a53.tmp";
  const foreign = ".notes.tmp";
  for (const name of [old, young, foreign]) writeFileSync(join(log, name), "x");
  const before = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const name of [old, foreign]) utimesSync(join(log, name), before, before);
  await localStorage(root).create("t/_delta_log/00000000000000000001.json", bytes);
  assert.deepEqual(
    readdirSync(log).toSorted(),
    [young, foreign, "00000000000000000001.json"].toSorted(),
  );
  rmSync(root, { recursive: true });
});

test("staging of a dead process goes when the next one opens its own, and that of a living one stays", async () => {
  const root = folder();
  const open = `
    import { localStorage } from ${JSON.stringify(new URL("../../src/storage/local.ts", import.meta.url).href)};
    console.log((await localStorage(${JSON.stringify(root)}).openStaging()).folder);`;
  const dead = spawnSync(process.execPath, ["--input-type=module", "-e", open])
    .stdout.toString()
    .trim();
  assert.equal(existsSync(dead), true);
  const storage = localStorage(root);
  const first = await storage.openStaging();
  const second = await storage.openStaging();
  assert.equal(existsSync(dead), false);
  assert.equal(existsSync(first.folder), true);
  await first.close();
  await second.close();
  rmSync(root, { recursive: true });
});

test("staging of another machine stays for days, as nobody here can tell whether its process lives", async () => {
  const root = folder();
  const foreign = join(
    root,
    ".staging",
    "0123456789ab-1-running-00000000-0000-0000-0000-000000000000",
  );
  mkdirSync(foreign, { recursive: true });
  await (await localStorage(root).openStaging()).close();
  assert.equal(existsSync(foreign), true);
  utimesSync(foreign, new Date(0), new Date(0));
  await (await localStorage(root).openStaging()).close();
  assert.deepEqual(readdirSync(join(root, ".staging")), []);
  rmSync(root, { recursive: true });
});

test("a file of another device is copied over, and is gone from there afterwards", async (context) => {
  const root = folder();
  const elsewhere = "/dev/shm";
  if (!existsSync(elsewhere) || statSync(elsewhere).dev === statSync(root).dev) {
    rmSync(root, { recursive: true });
    return context.diagnostic("there is no other device to copy from");
  }
  const outside = mkdtempSync(join(elsewhere, "millrace-storage-"));
  const storage = localStorage(root);
  const take = (path: string) => {
    writeFileSync(join(outside, "part"), "content");
    return storage.adopt(join(outside, "part"), path);
  };
  await take("t/part");
  assert.equal(new TextDecoder().decode(await storage.read("t/part")), "content");
  assert.deepEqual(readdirSync(outside), []);
  await assert.rejects(take("t/part"), refusedAs("storage/exists"));
  assert.deepEqual(readdirSync(join(root, "t")), ["part"]);
  rmSync(outside, { recursive: true });
  rmSync(root, { recursive: true });
});

test("a place in which no folder can be made is told, and not tried for ever", async (t) => {
  if (process.platform !== "linux") return t.diagnostic("only Linux has /proc");
  const storage = localStorage("/proc/millrace/lake");
  await assert.rejects(storage.create("a/b", bytes), { code: "storage/not-found" });
  await assert.rejects(storage.openStaging(), { code: "storage/not-found" });
});
