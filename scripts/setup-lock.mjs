/**
 * One at a time between processes: a folder that only one of them can make, with its holder's name in it.
 *
 * free -> mkdir -> held (the name is written, the folder's time beats) -> name removed, rmdir -> free.
 * A dead holder's lock is freed by whoever removes that very name; an empty folder only after a silence,
 * for its maker may be about to write.
 */

import {
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants, hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
const BEAT_MS = 2000;
/** A holder on another machine that shows no life for so long is taken for dead. */
const SILENCE_MS = 60_000;

/**
 * Runs `task` while no other process runs its own under the same `folder`. Waits as long as the holder lives.
 * @param {string} folder
 * @param {{ onWait: () => void }} options
 * @param {() => Promise<void>} task
 */
export async function whileLocked(folder, { onWait }, task) {
  const name = `${process.pid}@${hostname()}`;
  for (let waits = false; !take(folder, name); ) {
    if (free(folder, abandonedName(folder))) continue;
    if (!waits) onWait();
    waits = true;
    await sleep(POLL_MS);
  }
  const beat = setInterval(
    () => attempt(() => utimesSync(folder, new Date(), new Date())),
    BEAT_MS,
  );
  const release = () => free(folder, name);
  /** @type {(signal: "SIGINT" | "SIGTERM") => void} */
  const end = (signal) => process.exit(128 + constants.signals[signal]);
  process.once("exit", release).once("SIGINT", end).once("SIGTERM", end);
  try {
    await task();
  } finally {
    clearInterval(beat);
    process.off("exit", release).off("SIGINT", end).off("SIGTERM", end);
    release();
  }
}

/**
 * @param {string} folder
 * @param {string} name
 */
function take(folder, name) {
  mkdirSync(dirname(folder), { recursive: true });
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(folder, name), "");
  return true;
}

/**
 * The name of a holder that is dead ("" where it died nameless), or undefined while there is hope.
 * @param {string} folder
 */
function abandonedName(folder) {
  try {
    const silent = Date.now() - statSync(folder).mtimeMs > SILENCE_MS;
    const [name] = readdirSync(folder);
    if (name === undefined) return silent ? "" : undefined;
    const [pid = "", host = ""] = name.split("@");
    const dead = host === hostname() ? !isAlive(Number(pid)) : silent;
    return dead ? name : undefined;
  } catch {
    // Released while we looked.
    return undefined;
  }
}

/**
 * True when the lock was this holder's and is free now.
 * @param {string} folder
 * @param {string | undefined} name
 */
function free(folder, name) {
  if (name === undefined) return false;
  const named = name === "" || attempt(() => unlinkSync(join(folder, name)));
  return named && attempt(() => rmdirSync(folder));
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** @param {() => void} act */
function attempt(act) {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
