/** Tests of scripts/setup-lock.mjs and of the lockfile: one set-up at a time, of packages for every platform. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { missingEntries } from "../../scripts/lock.mjs";
import { whileLocked } from "../../scripts/setup-lock.mjs";

const LOCK_MODULE = new URL("../../scripts/setup-lock.mjs", import.meta.url).href;

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-lock-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("of several processes one works at a time, and each gets its turn", async (t) => {
  const folder = temporaryFolder(t);
  const journal = join(folder, "journal");
  const program = `
    import { appendFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";
    import { whileLocked } from ${JSON.stringify(LOCK_MODULE)};
    await whileLocked(${JSON.stringify(join(folder, "lock"))}, { onWait() {} }, async () => {
      appendFileSync(${JSON.stringify(journal)}, process.pid + " begins\\n");
      await sleep(20);
      appendFileSync(${JSON.stringify(journal)}, process.pid + " ends\\n");
    });`;
  const children = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" }),
  );
  const exits = await Promise.all(children.map((child) => once(child, "exit")));
  assert.deepEqual(
    exits,
    children.map(() => [0, null]),
  );
  const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 10);
  for (let index = 0; index < lines.length; index += 2) {
    assert.equal(lines[index + 1], lines[index]?.replace("begins", "ends"));
  }
});

test("the lock of a process that was killed is taken over", async (t) => {
  const lock = join(temporaryFolder(t), "lock");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(lock);
  writeFileSync(join(lock, `${pid}@${hostname()}`), "");
  let worked = false;
  await whileLocked(lock, { onWait: () => assert.fail("it waits for the dead") }, async () => {
    worked = true;
  });
  assert.ok(worked);
});

test("the lock of a process that died before it wrote its name is taken over after a minute", async (t) => {
  const lock = join(temporaryFolder(t), "lock");
  mkdirSync(lock);
  const twoMinutesAgo = new Date(Date.now() - 120_000);
  utimesSync(lock, twoMinutesAgo, twoMinutesAgo);
  let worked = false;
  await whileLocked(lock, { onWait: () => assert.fail("it waits for the dead") }, async () => {
    worked = true;
  });
  assert.ok(worked);
});

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));

test("package-lock.json names the packages of every platform, so that npm ci takes it", () => {
  const missing = Object.keys(missingEntries(packages));
  assert.deepEqual(missing, [], "run `node scripts/lock.mjs` after `npm install`");
});

test("package-lock.json names no registry, and no package that runs a script when installed", () => {
  for (const [folder, entry] of Object.entries<Record<string, unknown>>(packages)) {
    assert.equal(entry.resolved, undefined, folder);
    assert.equal(entry.hasInstallScript, undefined, `${folder}: npm 12 would not run its script`);
  }
});

test("a platform package that npm left out is added with what its name tells", () => {
  const entries = {
    "node_modules/bindings": {
      version: "1.0.0",
      dev: true,
      optionalDependencies: {
        "@x/bindings-linux-x64-musl": "1.0.0",
        "@x/bindings-win32-arm64-msvc": "1.0.0",
        "@x/bindings-darwin-x64": "1.0.0",
      },
    },
    "node_modules/@x/bindings-darwin-x64": { version: "1.0.0" },
  };
  assert.deepEqual(missingEntries(entries), {
    "node_modules/@x/bindings-linux-x64-musl": {
      version: "1.0.0",
      cpu: ["x64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    },
    "node_modules/@x/bindings-win32-arm64-msvc": {
      version: "1.0.0",
      cpu: ["arm64"],
      dev: true,
      optional: true,
      os: ["win32"],
    },
  });
});
