/**
 * Makes a checkout ready to run, once: `node scripts/setup.mjs ARGS...` installs what package-lock.json
 * names where that is not done yet, then goes on as `node ARGS...` with the Node that came with it.
 *
 * Plain JavaScript for any Node that npm runs on, because the right Node is one of the packages. The
 * stamp in node_modules holds the lock's hash; a lock folder keeps two set-ups apart.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  become,
  environment,
  findPackagedNode,
  nodeIsNewEnough,
  withPath,
} from "../bin/launch.mjs";
import { whileLocked } from "./setup-lock.mjs";

/** @typedef {{ version?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} Entry */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
const STAMP = join(MODULES, ".millrace-setup");
const WORK = join(ROOT, ".millrace", "setup");
const LOG = join(WORK, "npm.log");
const SPARE = join(WORK, "bin");

/**
 * Installs the packages unless they are there already. Says one line where there is work to do; where it
 * fails, says why and ends the process with 1.
 * @returns {Promise<string>} Path of the Node to go on with.
 */
export async function setUp() {
  try {
    if (!isDone()) {
      await whileLocked(join(WORK, "lock"), { onWait: () => say(WAITING) }, async () => {
        if (!isDone()) await install();
      });
    }
    const node = findPackagedNode() ?? (nodeIsNewEnough ? process.execPath : undefined);
    if (node !== undefined) return node;
    throw new SetupFailure(
      `Millrace needs Node 24 or newer, there is no package of it for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}.`,
      "Install Node 24 from nodejs.org and start again.",
    );
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    say(`Set-up failed. ${error.message}\n${error.hint}`);
    process.exit(1);
  }
}

const WAITING = "Another set-up of Millrace is at work; waiting for it ...";

class SetupFailure extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** True where the packages are those of the lock: known by the stamp, or seen by looking. */
function isDone() {
  const stamp = `${createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex")} ${process.platform}-${process.arch}\n`;
  if (textOf(STAMP) === stamp) return true;
  if (missingPackages().length > 0) return false;
  writeFileSync(STAMP, stamp);
  return true;
}

async function install() {
  say("Setting up Millrace (once, about 20 s) ...");
  rmSync(LOG, { force: true });
  await npmCi(process.env);
  const node = findPackagedNode();
  if (missingPackages().length > 0 && node !== undefined && !nodeIsNewEnough) {
    // npm leaves out optional packages whose `engines` exclude the Node it runs on. Its own copy of the
    // better Node must lie outside node_modules, which `npm ci` empties.
    await npmCi(withPath(process.env, setAside(node)));
  }
  if (!isDone()) {
    throw new SetupFailure(
      `npm ended well but did not install: ${missingPackages().join(", ")}.`,
      `Is your npm told to leave out optional or development packages (npm config get omit)? Its output is in ${LOG}.`,
    );
  }
  rmSync(LOG, { force: true });
  rmSync(SPARE, { recursive: true, force: true });
}

/** @param {NodeJS.ProcessEnv} env */
async function npmCi(env) {
  mkdirSync(WORK, { recursive: true });
  const options = ["--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  // npm's own patience is more than a minute of silence where there is no network.
  const patience = [
    "--fetch-retries=3",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=8000",
  ];
  const npm = process.env.npm_execpath;
  const [program, ...first] =
    npm !== undefined && basename(npm) === "npm-cli.js" ? ["node", npm] : ["npm"];
  const log = openSync(LOG, "a");
  const child = spawn(program ?? "npm", [...first, "ci", ...options, ...patience], {
    cwd: ROOT,
    env,
    stdio: ["ignore", log, log],
    shell: process.platform === "win32",
  });
  const end = () => child.kill();
  process.on("exit", end);
  const code = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", resolve);
  });
  process.off("exit", end);
  closeSync(log);
  if (code !== 0) throw failureOf(code, textOf(LOG) ?? "");
}

/**
 * What npm's output means.
 * @param {number | string} code
 * @param {string} log
 */
function failureOf(code, log) {
  const tail = log.trimEnd().split("\n").slice(-12).join("\n");
  if (typeof code === "string") {
    return new SetupFailure(
      `npm cannot be started (${code}).`,
      "npm comes with Node: install both from nodejs.org.",
    );
  }
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|ENOTCACHED/.test(
      log,
    )
  ) {
    return new SetupFailure(
      "The package registry cannot be reached.",
      `Check the network, the proxy and \`npm config get registry\`, then start again: what is there is kept. npm's output is in ${LOG}.`,
    );
  }
  if (log.includes("ENOSPC")) {
    return new SetupFailure("The disk is full.", "Millrace and its packages need about 500 MB.");
  }
  return new SetupFailure(
    `\`npm ci\` ended with code ${code}. Its last lines:\n\n${tail}\n`,
    `All of npm's output is in ${LOG}.`,
  );
}

/**
 * A folder outside node_modules that holds this Node as `node`.
 * @param {string} node
 */
function setAside(node) {
  const copy = join(SPARE, basename(node));
  mkdirSync(SPARE, { recursive: true });
  rmSync(copy, { force: true });
  try {
    linkSync(node, copy);
  } catch {
    copyFileSync(node, copy);
  }
  return SPARE;
}

/** Packages that the lock wants on this machine, native ones for its platform included, and that are not there. */
function missingPackages() {
  /** @type {Record<string, Entry>} */
  const packages = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  return Object.entries(packages)
    .filter(([folder, entry]) => folder !== "" && isWanted(entry))
    .filter(([folder, { version }]) => {
      const text = textOf(join(ROOT, folder, "package.json"));
      return text === undefined || JSON.parse(text).version !== version;
    })
    .map(([folder, { version }]) => `${folder.replace(/^.*node_modules\//, "")}@${version}`);
}

/** @param {Entry} entry */
function isWanted({ optional, os, cpu, libc }) {
  if (optional !== true) return true;
  // What only some other platform's package needs is optional too, and names no platform.
  return (
    os !== undefined &&
    cpu !== undefined &&
    includes(os, process.platform) &&
    includes(cpu, process.arch) &&
    (libc === undefined || includes(libc, libcOfThisMachine()))
  );
}

/**
 * @param {string | string[]} list
 * @param {string} value
 */
function includes(list, value) {
  return [list].flat().includes(value);
}

function libcOfThisMachine() {
  return existsSync("/etc/alpine-release") ? "musl" : "glibc";
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
    become(node, args, withPath(environment(), join(MODULES, ".bin")));
  }
}
