/** Temporary folders that carry their process in their name, so that those of dead processes can be told and removed. */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { makeFolder } from "./durable.ts";
import { markThisProcess, mayBeRunning } from "./process-mark.ts";

/** `<prefix><machine>-<process number>-<its start>-<uuid>` */
const NAME = /^([0-9a-f]+)-(\d+)-([0-9a-z]+)-[0-9a-f-]{36}$/;

/** Makes an empty folder of this process, and removes those of dead processes with the same prefix. */
export async function openProcessFolder(parent: string, prefix = ""): Promise<string> {
  await removeDead(parent, prefix);
  const { machine, pid, start } = await markThisProcess();
  // The parent may be removed meanwhile by another process that found it empty.
  const folder = join(parent, `${prefix}${machine}-${pid}-${start}-${randomUUID()}`);
  await makeFolder(folder);
  return folder;
}

async function removeDead(parent: string, prefix: string): Promise<void> {
  for (const name of await namesIn(parent)) {
    if (!name.startsWith(prefix)) continue;
    const [, machine, pid, start] = NAME.exec(name.slice(prefix.length)) ?? [];
    if (machine === undefined || start === undefined) continue;
    const folder = join(parent, name);
    const mark = { machine, pid: Number(pid), start };
    // Another user's may stand beside it; and two processes may clear away the same one.
    if (!(await mayBeRunning(mark, () => changedAt(folder))))
      await fs.rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Now where it has gone meanwhile. */
async function changedAt(folder: string): Promise<Date> {
  try {
    return (await fs.stat(folder)).mtime;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return new Date();
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
