/** Marks that tell this machine's processes apart, one from a later one with the same number, and living ones from dead ones. */

import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { systemCodeOf } from "../base/error.ts";

export interface ProcessMark {
  readonly machine: string;
  readonly pid: number;
  /** Tells it from a later one with the same number. */
  readonly start: string;
}

/** Whether a process of another machine still runs cannot be known; after so long it is taken for dead. */
const FOREIGN_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

export async function markThisProcess(): Promise<ProcessMark> {
  const [machine, start] = await Promise.all([machineMark(), processMark(process.pid)]);
  return { machine, pid: process.pid, start: start ?? "running" };
}

/** False where the process is known to be dead; `seenAt` tells when it was last known to live. */
export async function mayBeRunning(
  { machine, pid, start }: ProcessMark,
  seenAt: () => Promise<Date>,
): Promise<boolean> {
  if (machine === (await machineMark())) return (await processMark(pid)) === start;
  return Date.now() - (await seenAt()).getTime() < FOREIGN_LIFE_MS;
}

/** Where process numbers mean the same: the machine and, on Linux, the container. */
async function machineMark(): Promise<string> {
  let space = "";
  try {
    space = await fs.readlink("/proc/self/ns/pid");
  } catch {
    // Only Linux has name spaces.
  }
  return shortHash(`${hostname()} ${space}`);
}

/**
 * Undefined where no such process runs here. On Linux the mark holds the boot and the process's
 * start time; elsewhere it is a constant, so that a reused number keeps a dead folder for a while
 * rather than losing a live one.
 */
async function processMark(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      fs.readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      fs.readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The second field, the program's name in brackets, may itself hold blanks and brackets.
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return shortHash(`${boot} ${startTime}`);
  } catch (error) {
    if (process.platform === "linux" && systemCodeOf(error) === "ENOENT") return undefined;
  }
  return isRunning(pid) ? "running" : undefined;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === "EPERM";
  }
}
