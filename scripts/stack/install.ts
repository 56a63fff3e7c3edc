/** Outside parts are installed once for all checkouts of a machine, into a folder of the cache that is whole or not there. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { whileLocked } from "../setup-lock.mjs";

export interface Recipe {
  readonly name: string;
  /** All that decides what is installed; another text is another installation. */
  readonly versions: string;
  /** Fills the folder, which stands under its final name only afterwards. */
  install(folder: string, run: Run): Promise<void>;
}

/** Runs a program to its end without a word; throws with the end of what it said where it fails. */
type Run = (command: string, args: readonly string[]) => Promise<void>;

/** Resolves to the folder of the installation. */
export async function installOnce({ name, versions, install }: Recipe): Promise<string> {
  const cache = join(homedir(), ".cache", "millrace", "stack");
  const folder = join(cache, `${name}-${digest(versions)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const onWait = () => say(`Another process installs ${name}; waiting for it ...`);
  await whileLocked(`${folder}.lock`, { onWait }, async () => {
    if (existsSync(folder)) return;
    say(`Installing ${name} (once) ...`);
    const unfinished = `${folder}.unfinished`;
    const log = `${folder}.log`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await install(unfinished, (command, args) => runQuietly(command, args, log));
    await rename(unfinished, folder);
    await rm(log, { force: true });
  });
  return folder;
}

function digest(versions: string): string {
  return createHash("sha256").update(versions).digest("hex").slice(0, 10);
}

async function runQuietly(command: string, args: readonly string[], log: string): Promise<void> {
  const output = await open(log, "w");
  try {
    const child = spawn(command, args, { stdio: ["ignore", output.fd, output.fd] });
    const result = await new Promise((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, signal) => resolve(signal ?? code));
    });
    if (result === 0) return;
    const tail = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-20).join("\n");
    throw new Error(`\`${[command, ...args].join(" ")}\` ended with ${result}\n${tail}`);
  } finally {
    await output.close();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
