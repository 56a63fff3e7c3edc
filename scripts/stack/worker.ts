/**
 * A long-lived process of another engine. It listens on a socket in a folder of its own, says `ready` on its
 * output when it does, and ends when its input ends: a parent that is killed leaves none behind.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 120_000;
const STOP_MS = 10_000;

export interface Worker {
  /** Where it answers. */
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** `command` is told the socket's path as its last argument, and runs in a folder that goes with it. */
export async function startWorker(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
): Promise<Worker> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  const socket = join(folder, "socket");
  const log = join(folder, "log");
  const output = await open(log, "w");
  const child = spawn(command, [...args, socket], {
    cwd: folder,
    // Java and Python take names of files for UTF-8 only where the locale says so.
    env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
    stdio: ["pipe", "pipe", output.fd],
  });
  await output.close();
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(String(signal ?? code)));
  });
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    if ((await Promise.race([ended, silence(STOP_MS)])) === undefined) child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const failure = await Promise.race([
    readiness(child),
    ended.then((result) => `ended with ${result}`),
    silence(START_MS).then(() => `did not answer in ${START_MS / 1000} s`),
  ]);
  if (failure === undefined && child.pid !== undefined) return { socket, pid: child.pid, stop };
  const tail = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-20).join("\n");
  await stop();
  throw new Error(`${name} ${failure}\n${tail}`);
}

/** One request, a line of JSON each way. Rejects with what the engine said where it refuses. */
export async function askWorker(
  socket: string,
  request: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const connection = createConnection(socket);
  connection.end(`${JSON.stringify(request)}\n`);
  const { value, error } = JSON.parse(await text(connection)) as Answer;
  if (error !== undefined) throw new Error(error);
  return value;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

function readiness({ stdout }: ChildProcess): Promise<undefined> {
  return new Promise((resolve) => stdout?.once("data", () => resolve(undefined)));
}

/** A pause that keeps no process alive. */
function silence(ms: number): Promise<undefined> {
  return sleep(ms, undefined, { ref: false });
}
