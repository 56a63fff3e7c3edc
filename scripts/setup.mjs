/**
 * Makes a checkout ready to run, once: `node scripts/setup.mjs ARGS...` installs what package-lock.json
 * names where that is not done yet, then goes on as `node ARGS...` with the Node that came with it.
 *
 * Plain JavaScript for any Node that npm runs on, because the right Node is one of the packages. Every
 * command comes by here, so the usual case reads two files and loads nothing else.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  become,
  environment,
  findPackagedNode,
  nodeIsNewEnough,
  withPath,
} from "../bin/launch.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Holds the platform and the lock that node_modules was last seen to agree with. */
const STAMP = join(ROOT, "node_modules", ".millrace-setup");

/**
 * Installs the packages unless they are there already. Says one line where there is work to do; where it
 * fails, says why and ends the process with 1.
 * @returns {Promise<string>} Path of the Node to go on with.
 */
export async function setUp() {
  const stamp = `${process.platform}-${process.arch}\n${readFileSync(join(ROOT, "package-lock.json"), "utf8")}`;
  if (textOf(STAMP) !== stamp) {
    const { install } = await import("./install.mjs");
    const failure = await install(ROOT, say);
    if (failure !== undefined) end(failure);
    writeFileSync(STAMP, stamp);
  }
  const node = findPackagedNode() ?? (nodeIsNewEnough ? process.execPath : undefined);
  return node ?? end(NO_NODE);
}

const NO_NODE = `Millrace needs Node 24 or newer, no package brings it for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}.
Install Node 24 from nodejs.org and start again.`;

/**
 * @param {string} failure
 * @returns {never}
 */
function end(failure) {
  say(`Set-up failed. ${failure}`);
  process.exit(1);
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const node = await setUp();
  const args = process.argv.slice(2);
  if (args.length > 0) {
    await become(node, args, withPath(environment(), join(ROOT, "node_modules", ".bin")));
  }
}
