/** A program run to its end, and what that took: by the clock, in processor time and in memory. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Usage {
  readonly wallMs: number;
  /** User and system together, of all threads. */
  readonly cpuMs: number;
  readonly peakBytes: number;
}

export interface Measured {
  readonly usage: Usage;
  readonly stdout: string;
}

const PRELOAD = new URL("./usage.mjs", import.meta.url).href;

/** Runs this Node on the arguments; throws with all that the program said where it fails. */
export async function measureNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-usage-"));
  const report = join(folder, "usage.json");
  try {
    const began = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [...args], {
      maxBuffer: 1 << 28,
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: "16",
        ...env,
        NODE_OPTIONS: `--import=${PRELOAD}`,
        MILLRACE_BENCH_USAGE: report,
      },
    });
    const wallMs = performance.now() - began;
    const used = JSON.parse(await readFile(report, "utf8")) as {
      readonly userMs: number;
      readonly systemMs: number;
      readonly peakBytes: number;
    };
    return {
      usage: { wallMs, cpuMs: used.userMs + used.systemMs, peakBytes: used.peakBytes },
      stdout,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
