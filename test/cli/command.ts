/** The command as a person starts it, and lakes to start it on. */

import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "..", "..", "bin", "millrace");

export interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export interface Start {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs to the end; the code is the signal's name where one killed it. */
export function millrace(args: readonly string[], start: Start = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: start.cwd, env: environment(start), maxBuffer: 1 << 28 };
    const child = execFile(process.execPath, [BIN, ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? "?"), out, err });
    });
    child.stdin?.end(start.input ?? "");
  });
}

/** Runs on beside the test; the caller waits for its end. */
export function startMillrace(args: readonly string[], start: Start = {}): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { cwd: start.cwd, env: environment(start) });
}

/** Runs with --json; standard output must hold one JSON document and a line break. */
export async function json(args: readonly string[], start: Start = {}): Promise<unknown> {
  const { code, out, err } = await millrace(["--json", ...args], start);
  assert.equal(code, 0, err + out);
  return documentOf(out);
}

export function documentOf(out: string): unknown {
  assert.ok(out.endsWith("\n"), "the document ends its line");
  return JSON.parse(out);
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function environment({ env }: Start): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  return { ...inherited, ...env };
}
