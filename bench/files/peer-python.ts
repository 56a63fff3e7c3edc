/** The peers that are Python programs. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonWith } from "../../scripts/stack/python.ts";
import type { Usage } from "../measure/process.ts";
import type { OrderFiles } from "./data.ts";
import { COLUMNS, type Format } from "./order.ts";

/** `checked` keeps the rows whose values are all of their types, `lenient` what DuckDB's readers let in. */
export async function loadWithDeltaRs(
  how: "checked" | "lenient",
  {
    format,
    file,
    table,
  }: { readonly format: Format; readonly file: string; readonly table: string },
): Promise<Usage> {
  const python = await pythonWith("delta-readers", "requirements.txt");
  const args = [how, format, file, table, JSON.stringify(COLUMNS)];
  return (await runPython(python, "peer_delta_rs.py", args)).usage;
}

/** Throws where fewer rows came in than are right. */
export async function loadWithDlt(
  format: Format,
  { good, paths }: OrderFiles,
  folder: string,
): Promise<Usage> {
  const python = await pythonWith("dlt", "requirements-dlt.txt");
  const { usage, rows } = await runPython(python, "peer_dlt.py", [format, paths[format], folder]);
  assert.ok(rows !== undefined && rows >= good, `dlt has ${rows} rows of at least ${good}`);
  return usage;
}

async function runPython(
  python: string,
  script: string,
  args: readonly string[],
): Promise<{ readonly usage: Usage; readonly rows: number | undefined }> {
  const began = performance.now();
  const command = ["-W", "ignore", join(import.meta.dirname, script), ...args];
  const { stdout } = await promisify(execFile)(python, command, { maxBuffer: 1 << 28 });
  const wallMs = performance.now() - began;
  const { rows, cpuMs, peakBytes } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Said;
  return { usage: { wallMs, cpuMs, peakBytes }, rows };
}

interface Said {
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly rows?: number;
}
