/** Finds a Node that can run Millrace and becomes it: one process where Node can replace itself, else a child that dies with its parent. */

import { existsSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The Node that Millrace is written for and tested with; newer ones are taken where it is not at hand. */
const MAJOR = 24;
/** Each running DuckDB query holds a thread of this pool, and Node reads its size once, at its start. */
const THREADS = "16";

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const RUNNING_MAJOR = Number.parseInt(process.versions.node, 10);

/** The version of the running Node is high enough. */
export const nodeIsNewEnough = RUNNING_MAJOR >= MAJOR;

/** Path of the Node that was installed as a package with Millrace, or undefined. */
export function findPackagedNode() {
  const system = process.platform === "win32" ? "win" : process.platform;
  const prefix = `${system}-${process.arch}` === "darwin-arm64" ? "node-bin" : "node";
  const program = join("bin", system === "win" ? "node.exe" : "node");
  // Not by `require.resolve`: it remembers what was missing before set-up.
  for (let folder = PACKAGE; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", `${prefix}-${system}-${process.arch}`, program);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The environment of a Millrace process: a wide thread pool, and compiled code kept beside the packages. */
export function environment() {
  const above = dirname(PACKAGE);
  const modules = basename(above) === "node_modules" ? above : join(PACKAGE, "node_modules");
  return {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? THREADS,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, ".cache", "millrace"),
  };
}

/**
 * `env` with `folder` as the first place to look for programs.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} folder
 */
export function withPath(env, folder) {
  const rest = (env.PATH ?? "").split(delimiter).filter((entry) => entry !== folder);
  return { ...env, PATH: [folder, ...rest].join(delimiter) };
}

/**
 * Goes on as `node ...args`. Where Node can replace itself nothing after this call runs; elsewhere a child
 * takes over terminal, signals and exit code, and ends this process with its own end.
 * @param {string} node
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export async function become(node, args, env) {
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(node, [node, ...args], definedOnly(env));
  }
  const { spawn } = await import("node:child_process");
  const { constants } = await import("node:os");
  const guard = new URL("./guard.mjs", import.meta.url).href;
  const child = spawn(node, [`--import=${guard}`, ...args], {
    env,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) {
    process.on(signal, () => {
      // A terminal sends its own signals to every process of the group: the child has them already.
      const { stdin, stdout, stderr } = process;
      const onTerminal = stdin.isTTY || stdout.isTTY || stderr.isTTY;
      if (!onTerminal || signal === "SIGTERM") child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`Millrace cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // To die of the same signal tells our caller the truth; the exit code is for signals that do not kill us.
    for (const name of signals) process.removeAllListeners(name);
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

/** @param {NodeJS.ProcessEnv} env */
function definedOnly(env) {
  /** @type {Record<string, string>} */
  const defined = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}
