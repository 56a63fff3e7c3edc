/** Processes of a test that are killed or end by themselves. */

import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

export interface Running {
  /** Resolves when the script has written its first line, or has ended. */
  readonly begun: Promise<void>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a script of this folder on a folder; what a killed one leaves behind is left in there. */
export function start(script: string, folder: string, args: readonly string[] = []): Running {
  const path = join(import.meta.dirname, script);
  const child = spawn(process.execPath, ["--conditions=millrace-source", path, folder, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: "16",
      NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
      TMPDIR: folder,
    },
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, errors }));
  });
  const begun = new Promise<void>((resolve) => {
    child.stdout.once("data", () => resolve()).once("close", () => resolve());
  });
  return { begun, ended, kill: (signal) => child.kill(signal) };
}
