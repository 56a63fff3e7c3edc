/** The cache of local copies: fetched once, shared by processes, kept within its bound, never taken from under a reader. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Fetch, type FileCache, openFileCache } from "../../src/storage/cache/file-cache.ts";

interface Place {
  readonly folder: string;
  open(limitBytes?: number): FileCache;
  /** Names of the shared copies, sorted. */
  shared(): string[];
}

function on(title: string, body: (place: Place) => Promise<void>): void {
  test(title, async () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-cache-"));
    const opened: FileCache[] = [];
    await body({
      folder,
      open(limitBytes = 1e9) {
        const cache = openFileCache(folder, limitBytes);
        opened.push(cache);
        return cache;
      },
      shared: () => globSync("objects/*/*", { cwd: folder }).map(nameOf).toSorted(),
    });
    await Promise.all(opened.map((cache) => cache.close()));
    assert.deepEqual(readdirSync(join(folder, "in-use")), []);
    rmSync(folder, { recursive: true });
  });
}

const nameOf = (path: string): string => path.split("/").at(-1) ?? "";
const write =
  (content: string, fetched: string[] = []): Fetch =>
  async (to) => {
    fetched.push(content);
    writeFileSync(to, content);
  };
const never: Fetch = async () => assert.fail("it is fetched again");

on(
  "a copy is fetched once for all who ask at once, and for those who come later",
  async ({ open }) => {
    const fetched: string[] = [];
    const cache = open();
    const held = await Promise.all(
      Array.from({ length: 5 }, () => cache.hold("aa1", write("content", fetched))),
    );
    assert.deepEqual(fetched, ["content"]);
    for (const one of held) {
      assert.equal(readFileSync(one.path, "utf8"), "content");
      await one.release();
    }
    await cache.close();
    const later = await open().hold("aa1", never);
    assert.equal(readFileSync(later.path, "utf8"), "content");
  },
);

on(
  "a fetch that fails leaves nothing, fails for all who wait, and is tried by who comes next",
  async ({ open, folder, shared }) => {
    const cache = open();
    const fail: Fetch = async (to) => {
      writeFileSync(to, "half");
      await setTimeout(5);
      throw new Error("no");
    };
    const ends = await Promise.allSettled([cache.hold("aa1", fail), cache.hold("aa1", never)]);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.deepEqual(globSync("in-use/*/*", { cwd: folder }), []);
    await (await cache.hold("aa1", write("whole"))).release();
    await cache.close();
    assert.deepEqual(shared(), ["aa1"]);
  },
);

on(
  "beyond the bound those go that were used longest ago, and none that is in use",
  async ({ open, shared }) => {
    const cache = open(1000);
    const content = "x".repeat(300);
    const used = await cache.hold("aa-in-use", write(content));
    for (const name of ["bb-old", "cc-older"]) {
      await (await cache.hold(name, write(content))).release();
      await setTimeout(20);
    }
    await (await cache.hold("bb-old", never)).release();
    await setTimeout(20);
    await (await cache.hold("dd-new", write(content))).release();
    await cache.close();
    assert.equal(existsSync(used.path), false);
    assert.deepEqual(shared(), ["aa-in-use", "bb-old", "dd-new"]);
  },
);

on(
  "a copy that is evicted or removed stays with those who read it",
  async ({ open, folder, shared }) => {
    const cache = open();
    const held = await cache.hold("aa1", write("content"));
    await cache.take("bb1", fileIn(folder, "other"));
    rmSync(join(folder, "objects"), { recursive: true, force: true });
    assert.equal(readFileSync(held.path, "utf8"), "content");
    assert.deepEqual(shared(), []);
  },
);

on(
  "more than the bound may be in use, and goes back below it afterwards",
  async ({ open, shared }) => {
    const cache = open(1000);
    const held = [];
    for (const name of ["aa", "bb", "cc", "dd", "ee"])
      held.push(await cache.hold(name, write("x".repeat(400))));
    for (const { path } of held) assert.equal(readFileSync(path).length, 400);
    for (const one of held) await one.release();
    await cache.close();
    const later = open(1000);
    await (await later.hold("ff", write("x".repeat(400)))).release();
    await later.close();
    assert.ok(shared().length <= 2, shared().join());
  },
);

on(
  "who stops waiting leaves the others their copy; once all have, the fetch is given up",
  async ({ open, shared }) => {
    const cache = open();
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const gated: Fetch = async (to) => {
      begun.resolve();
      await gate.promise;
      writeFileSync(to, "content");
    };
    const first = cache.hold("aa1", gated, stop.signal);
    await begun.promise;
    const second = cache.hold("aa1", never);
    await setTimeout(0);
    stop.abort(new Error("stopped"));
    await assert.rejects(first, /stopped/);
    gate.resolve();
    assert.equal(readFileSync((await second).path, "utf8"), "content");

    const alone = new AbortController();
    const waits = Promise.withResolvers<void>();
    const given = Promise.withResolvers<never>();
    const endless: Fetch = (_, signal) => {
      signal.addEventListener("abort", () => given.reject(signal.reason));
      waits.resolve();
      return given.promise;
    };
    const waiting = cache.hold("bb1", endless, alone.signal);
    await waits.promise;
    alone.abort(new Error("stopped"));
    await assert.rejects(waiting, /stopped/);
    await assert.rejects(given.promise);
    await cache.close();
    assert.deepEqual(shared(), ["aa1"]);
  },
);

on("where the disk is full, copies that are not in use make room", async ({ open, shared }) => {
  const cache = open();
  const used = await cache.hold("aa-used", write("x"));
  await (await cache.hold("bb-idle", write("x"))).release();
  await cache.close();
  const later = open();
  const again = await later.hold("aa-used", never);
  const held = await later.hold("cc-new", async (to) => {
    if (shared().includes("bb-idle")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    writeFileSync(to, "new");
  });
  assert.equal(readFileSync(held.path, "utf8"), "new");
  assert.equal(readFileSync(again.path, "utf8"), "x");
  assert.equal(existsSync(used.path), false);
  await later.close();
  assert.deepEqual(shared(), ["aa-used", "cc-new"]);
});

on("a file that is taken over is a copy at once", async ({ open, folder }) => {
  const cache = open();
  const file = fileIn(folder, "taken");
  await cache.take("aa1", file);
  assert.equal(existsSync(file), false);
  await cache.close();
  assert.equal(readFileSync((await open().hold("aa1", never)).path, "utf8"), "taken");
});

on("what a killed process held is let go of by the next", async ({ open, folder }) => {
  const script = `
    import { writeFileSync } from "node:fs";
    import { openFileCache } from ${JSON.stringify(new URL("../../src/storage/cache/file-cache.ts", import.meta.url).href)};
    const cache = openFileCache(${JSON.stringify(folder)}, 1e9);
    await cache.hold("aa1", async (to) => writeFileSync(to, "content"));
    process.kill(process.pid, "SIGKILL");`;
  assert.equal(
    spawnSync(process.execPath, ["--input-type=module", "-e", script]).signal,
    "SIGKILL",
  );
  assert.equal(globSync("in-use/*/*", { cwd: folder }).length, 1);
  await (await open().hold("bb1", write("x"))).release();
  assert.equal(globSync("in-use/*/*aa1", { cwd: folder }).length, 0);
});

function fileIn(folder: string, content: string): string {
  const file = join(folder, "file");
  writeFileSync(file, content);
  return file;
}
