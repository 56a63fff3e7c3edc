/** Installs the packages of package-lock.json, and sees that those of this machine's platform are all there. */

import { spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import { findPackagedNode, nodeIsNewEnough, withPath } from "../bin/launch.mjs";
import { whileLocked } from "./setup-lock.mjs";

/** @typedef {{ version?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} Entry */

/**
 * Runs `npm ci` unless node_modules agrees with the lock already; waits where another process is at it.
 * @param {string} root Folder of package-lock.json.
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} What failed and what to do, or undefined when all is there.
 */
export async function install(root, say) {
  const work = join(root, ".millrace", "setup");
  const log = join(work, "npm.log");
  const spare = join(work, "bin");
  /** @type {string | undefined} */
  let failure;
  const onWait = () => say("Another set-up of Millrace is at work; waiting for it ...");
  await whileLocked(join(work, "lock"), { onWait }, async () => {
    if (missingPackages(root).length === 0) return;
    say("Setting up Millrace (once, about 20 s) ...");
    rmSync(log, { force: true });
    failure = await npmCi(root, log, process.env);
    const node = findPackagedNode();
    if (failure === undefined && missingPackages(root).length > 0 && node && !nodeIsNewEnough) {
      // npm leaves out optional packages whose `engines` exclude the Node it runs on. Its own copy of the
      // better Node must lie outside node_modules, which `npm ci` empties.
      copyNode(node, spare);
      failure = await npmCi(root, log, withPath(process.env, spare));
    }
    rmSync(spare, { recursive: true, force: true });
    failure ??= failureOfMissing(missingPackages(root), log);
    if (failure === undefined) rmSync(log, { force: true });
  });
  return failure;
}

/**
 * Adds npm's output to the log.
 * @param {string} root
 * @param {string} log
 * @param {NodeJS.ProcessEnv} env
 */
async function npmCi(root, log, env) {
  const options = ["--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  // npm's own patience is more than a minute of silence where there is no network.
  const patience = ["mintimeout=1000", "factor=2"].map((limit) => `--fetch-retry-${limit}`);
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && basename(npm) === "npm-cli.js";
  const [program, first] = isNpm ? ["node", [npm]] : ["npm", []];
  const output = openSync(log, "a");
  const child = spawn(program, [...first, "ci", ...options, "--fetch-retries=3", ...patience], {
    cwd: root,
    env,
    stdio: ["ignore", output, output],
    shell: process.platform === "win32",
  });
  const end = () => child.kill();
  process.on("exit", end);
  const result = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
  process.off("exit", end);
  closeSync(output);
  return result === 0 ? undefined : failureOfNpm(result, log);
}

/**
 * What npm's output means.
 * @param {number | string} result
 * @param {string} log
 */
function failureOfNpm(result, log) {
  const text = readFileSync(log, "utf8");
  if (text === "" && typeof result === "string") {
    return `npm cannot be run (${result}).\nnpm comes with Node: install both from nodejs.org.`;
  }
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|ENOTCACHED/.test(
      text,
    )
  ) {
    return `The package registry cannot be reached.\nCheck the network, the proxy and \`npm config get registry\`, then start again. npm's output is in ${log}.`;
  }
  if (text.includes("ENOSPC"))
    return "The disk is full.\nMillrace and its packages need about 500 MB.";
  const tail = text.trimEnd().split("\n").slice(-12).join("\n");
  return `\`npm ci\` ended with ${result}. Its last lines:\n\n${tail}\n\nAll of npm's output is in ${log}.`;
}

/**
 * @param {string[]} missing
 * @param {string} log
 */
function failureOfMissing(missing, log) {
  if (missing.length === 0) return undefined;
  return `npm ended well but did not install: ${missing.join(", ")}.\nIs your npm told to leave out packages (npm config get omit)? Its output is in ${log}.`;
}

/**
 * @param {string} node
 * @param {string} folder
 */
function copyNode(node, folder) {
  const copy = join(folder, basename(node));
  mkdirSync(folder, { recursive: true });
  rmSync(copy, { force: true });
  try {
    linkSync(node, copy);
  } catch {
    copyFileSync(node, copy);
  }
}

/**
 * Packages that the lock wants on this machine, native ones for its platform included, and that are not there.
 * @param {string} root
 */
function missingPackages(root) {
  /** @type {Record<string, Entry>} */
  const packages = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(packages)
    .filter(([folder, entry]) => folder !== "" && isWanted(entry))
    .filter(([folder, { version }]) => versionOf(join(root, folder, "package.json")) !== version)
    .map(([folder, { version }]) => `${folder.replace(/^.*node_modules\//, "")}@${version}`);
}

/** @param {Entry} entry */
function isWanted({ optional, os, cpu, libc }) {
  if (optional !== true) return true;
  // What only some other platform's package needs is optional too, and names no platform.
  if (os === undefined || cpu === undefined) return false;
  const ownLibc = existsSync("/etc/alpine-release") ? "musl" : "glibc";
  return (
    [os].flat().includes(process.platform) &&
    [cpu].flat().includes(process.arch) &&
    (libc === undefined || [libc].flat().includes(ownLibc))
  );
}

/**
 * @param {string} manifest
 * @returns {unknown}
 */
function versionOf(manifest) {
  try {
    return JSON.parse(readFileSync(manifest, "utf8")).version;
  } catch {
    return undefined;
  }
}
