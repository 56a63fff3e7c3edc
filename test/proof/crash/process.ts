/** The processes of a crash test, and what they said. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Child {
  /** All whole lines that it said so far. */
  readonly lines: readonly string[];
  /** Resolves with its first line, or with its end. */
  readonly begun: Promise<void>;
  /** Resolves to the signal or the code it ended with, and its errors. */
  readonly ended: Promise<{ readonly end: NodeJS.Signals | number; readonly errors: string }>;
  kill(): void;
  /** Says a word to it, which means that it may end. */
  finish(): void;
}

/** Starts a script of this folder; what a killed one leaves behind stays in `root`. */
export function start(script: string, root: string, args: readonly (string | number)[]): Child {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=millrace-source", join(import.meta.dirname, script), root, ...args.map(String)],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: "4",
        NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
        TMPDIR: root,
      },
    },
  );
  const lines: string[] = [];
  let rest = "";
  let errors = "";
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const pieces = (rest + text).split("\n");
    rest = pieces.pop() ?? "";
    lines.push(...pieces);
    begin();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  // A killed process does not read what is said to it.
  child.stdin?.on("error", () => {});
  const ended = once(child, "close").then(([code, signal]) => {
    begin();
    return { end: (signal ?? code) as NodeJS.Signals | number, errors };
  });
  return {
    lines,
    begun,
    ended,
    kill: () => child.kill("SIGKILL"),
    finish: () => child.stdin?.end("enough\n"),
  };
}
