/**
 * Shows that a newcomer's first commands work: clones HEAD into an empty folder and runs npm there with
 * an empty HOME and only the system's programs. `node scripts/fresh-check.mjs [NPM-ARGS...]`, by default
 * `start -- --once`.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PASSED_ON = /^(https?_proxy|no_proxy|node_extra_ca_certs|term|lang)$/i;

const place = mkdtempSync(join(tmpdir(), "millrace-fresh-"));
const home = join(place, "home");
const clone = join(place, "millrace");
mkdirSync(home);
process.on("exit", () => rmSync(place, { recursive: true, force: true }));

const passedOn = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
const env = { ...Object.fromEntries(passedOn), HOME: home, PATH: systemPath() };
const npmArgs = process.argv.slice(2);

run("git", ["clone", "--quiet", ROOT, clone], place);
const start = performance.now();
run("npm", npmArgs.length > 0 ? npmArgs : ["start", "--", "--once"], clone);
say(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s.`);

const litter = readdirSync(home).filter((name) => name !== ".npm");
if (litter.length > 0) fail(`Written into HOME: ${litter.join(", ")}`);
const { stdout } = spawnSync("git", ["status", "--porcelain"], { cwd: clone, encoding: "utf8" });
if (stdout !== "") fail(`Left in the checkout and not ignored by git:\n${stdout}`);

/** The folders of the system's own node, npm and git, and no others. */
function systemPath() {
  const folders = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"));
  const used = ["node", "npm", "git", "sh"].flatMap(
    (program) => folders.find((folder) => existsSync(join(folder, program))) ?? [],
  );
  return [...new Set(used)].join(delimiter);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  say(`$ ${program} ${args.join(" ")}`);
  const { status, signal, error } = spawnSync(program, args, { cwd, env, stdio: "inherit" });
  if (status !== 0) fail(`It ended with ${error?.message ?? signal ?? status}`);
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {string} line */
function fail(line) {
  say(`not ok: ${line}`);
  process.exit(1);
}
