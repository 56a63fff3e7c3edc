/** Tests of scripts/install.mjs with the real npm: what set-up says when the packages cannot be had. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { install } from "../../scripts/install.mjs";

/** A project that depends on one package that npm has never seen. */
function project(t: TestContext, npmrc: string, entry: object = {}): string {
  const root = mkdtempSync(join(tmpdir(), "millrace-install-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const field = "optional" in entry ? "optionalDependencies" : "dependencies";
  const manifest = { name: "project", version: "1.0.0", [field]: { "millrace-absent": "1.0.0" } };
  const packages = {
    "": manifest,
    "node_modules/millrace-absent": { version: "1.0.0", ...entry },
  };
  const lock = { name: "project", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock));
  writeFileSync(join(root, ".npmrc"), `${npmrc}\ncache=${join(root, "cache")}\n`);
  return root;
}

async function emptyRegistry(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.writeHead(404).end("{}")).listen(0);
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `registry=http://127.0.0.1:${address.port}/`;
}

test("without a network, set-up says that the registry cannot be reached and keeps npm's output", async (t) => {
  const root = project(t, "offline=true");
  const said: string[] = [];
  const failure = await install(root, (line) => said.push(line));
  assert.deepEqual(said, ["Setting up Millrace (once, about 20 s) ..."]);
  assert.match(failure ?? "", /^The package registry cannot be reached\.\nCheck the network/);
  assert.match(readFileSync(join(root, ".millrace/setup/npm.log"), "utf8"), /ENOTCACHED/);
});

test("when npm fails, set-up shows the end of npm's output", async (t) => {
  const failure = await install(project(t, await emptyRegistry(t)), () => {});
  assert.match(
    failure ?? "",
    /`npm ci` ended with 1\. Its last lines:\n\n[\s\S]*E?404[\s\S]*npm\.log/,
  );
});

test("a native package that npm leaves out without a word is named", async (t) => {
  const platform = { os: [process.platform], cpu: [process.arch] };
  const root = project(t, await emptyRegistry(t), { optional: true, ...platform });
  const failure = await install(root, () => {});
  assert.match(failure ?? "", /^npm ended well but did not install: millrace-absent@1\.0\.0\./);
});

test("packages of another platform are not missed, and nothing is left behind", async (t) => {
  const root = project(t, await emptyRegistry(t), { optional: true, os: ["aix"], cpu: ["ppc64"] });
  assert.equal(await install(root, () => assert.fail("there is nothing to install")), undefined);
  assert.equal(existsSync(join(root, ".millrace/setup/lock")), false);
});
