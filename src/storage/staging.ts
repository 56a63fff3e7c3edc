/** Staging folders of a local storage, and the removal of those whose process is dead. */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { machineMark, processMark } from "./process-mark.ts";
import type { Staging } from "./storage.ts";

/** The folder below the root that holds them; never part of a listing. */
export const STAGING = ".staging";

/** `<machine>-<process number>-<its start>-<uuid>`: enough to tell whether the process that made it still runs. */
const NAME = /^([0-9a-f]+)-(\d+)-([0-9a-z]+)-[0-9a-f-]{36}$/;

/** Whether a process of another machine still runs cannot be known; after so long it is taken for dead. */
const FOREIGN_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

/** Makes an empty folder beside the data and removes what dead processes left behind. */
export async function openLocalStaging(home: string): Promise<Staging> {
  const parent = join(home, STAGING);
  await fs.mkdir(parent, { recursive: true });
  await removeDeadStaging(home);
  const [machine, start] = await Promise.all([machineMark(), processMark(process.pid)]);
  const folder = join(parent, `${machine}-${process.pid}-${start ?? "running"}-${randomUUID()}`);
  await fs.mkdir(folder);
  return {
    folder,
    close: () => fs.rm(folder, { recursive: true, force: true }),
  };
}

/** Removes the staging folders of processes that no longer run; resolves to how many. */
async function removeDeadStaging(home: string): Promise<number> {
  const here = await machineMark();
  let removed = 0;
  for (const name of await namesIn(join(home, STAGING))) {
    const [, machine, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined) continue;
    const folder = join(home, STAGING, name);
    const alive =
      machine === here ? (await processMark(Number(pid))) === start : await isRecent(folder);
    if (alive) continue;
    await fs.rm(folder, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
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
