/** Temporary folders that carry their process in their name, so that those of dead processes can be told and removed. */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { machineMark, processMark } from "./process-mark.ts";

/** `<prefix><machine>-<process number>-<its start>-<uuid>` */
const NAME = /^([0-9a-f]+)-(\d+)-([0-9a-z]+)-[0-9a-f-]{36}$/;

/** Whether a process of another machine still runs cannot be known; after so long it is taken for dead. */
const FOREIGN_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

/** Makes an empty folder of this process, and removes those of dead processes with the same prefix. */
export async function openProcessFolder(parent: string, prefix = ""): Promise<string> {
  const [machine, start] = await Promise.all([machineMark(), processMark(process.pid)]);
  await removeDead(parent, prefix, machine);
  const name = `${prefix}${machine}-${process.pid}-${start ?? "running"}-${randomUUID()}`;
  // The parent may be removed meanwhile by another process that found it empty.
  await fs.mkdir(join(parent, name), { recursive: true });
  return join(parent, name);
}

async function removeDead(parent: string, prefix: string, here: string): Promise<void> {
  for (const name of await namesIn(parent)) {
    if (!name.startsWith(prefix)) continue;
    const [, machine, pid, start] = NAME.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined) continue;
    const folder = join(parent, name);
    const isAlive =
      machine === here ? (await processMark(Number(pid))) === start : await isRecent(folder);
    // Another user's may stand beside it; and two processes may clear away the same one.
    if (!isAlive) await fs.rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function isRecent(folder: string): Promise<boolean> {
  try {
    const { mtimeMs } = await fs.stat(folder);
    return Date.now() - mtimeMs < FOREIGN_LIFE_MS;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return true;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
