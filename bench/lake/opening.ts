/** Part `opening`: from a large log to the list of files, without the start of the process. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Measured, measureNode, type Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import { DAY, type LargeLog, largeLog } from "./log-maker.ts";
import type { Bench, Part, PartResult, Target } from "./part.ts";
import type { Peer } from "./peer.ts";

const PROGRAM = fileURLToPath(new URL("./open-process.ts", import.meta.url));

/** Of DuckDB's extension for the same log, where it was measured first; used where it cannot be run here. */
const JSON_LIMIT_MS = 1200;
const DAY_LIMIT_MS = 150;
const MOST_BYTES = 200e6;

export const opening: Part = {
  name: "opening",
  what: "100,000 adds and 10,000 removes over 1,000 commits become a list of files",
  run: async (bench) => {
    const log = await largeLog(bench.cache, bench.scale);
    const peer = await bench.findPeer();
    return judge(await race(bench, log, peer), log);
  },
};

type Runs = Record<string, readonly Usage[]>;

const OURS = {
  "Millrace, nothing opened": ["nothing", "json"],
  "Millrace, commits, all files": ["whole", "json"],
  "Millrace, commits, one day": ["day", "json"],
  "Millrace, checkpoint, all files": ["whole", "checkpoint"],
  "Millrace, checkpoint, one day": ["day", "checkpoint"],
} as const;

const PEERS = {
  "DuckDB's extension, commits": ["duckdb", "whole", "json"],
  "DuckDB's extension, checkpoint, one day": ["duckdb", "day", "checkpoint"],
  "delta-rs, commits, all files": ["delta-rs", "whole", "json"],
  "delta-rs, checkpoint, one day": ["delta-rs", "day", "checkpoint"],
} as const;

async function race({ rounds, say }: Bench, log: LargeLog, peer: Peer | undefined): Promise<Runs> {
  const seen = new Map<string, string>();
  const agree = (how: string, what: string, { files, hash }: Opened): void => {
    if (files === null || how === "nothing") return;
    if (how === "whole") assert.equal(files, log.files, `${what} found another number of files`);
    const known = seen.get(how) ?? hash;
    assert.equal(hash, known, `${what} found other files`);
    if (!seen.has(how)) say(`${how}: ${files} files, the same for all who list them`);
    seen.set(how, hash);
  };
  const ours = Object.entries(OURS).map(([what, [how, place]]) => {
    const run = async (): Promise<Usage> => {
      const measured = await measureNode(commandOf([how, log[place], DAY]));
      const opened = openedBy(measured);
      agree(how, what, opened);
      const { wallMs, cpuMs } = how === "nothing" ? measured.usage : opened;
      return { wallMs, cpuMs, peakBytes: measured.usage.peakBytes };
    };
    return [what, run] as const;
  });
  const peers = Object.entries(peer === undefined ? {} : PEERS).map(([what, [who, how, place]]) => {
    const run = async (): Promise<Usage> => {
      const opened = (await peer?.("open_peer.py", [who, how, log[place], DAY])) as Opened & Usage;
      agree(how, what, opened);
      const { wallMs, cpuMs, peakBytes } = opened;
      return { wallMs, cpuMs, peakBytes };
    };
    return [what, run] as const;
  });
  return takeTurns(rounds, Object.fromEntries([...ours, ...peers]));
}

interface Opened {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Null for one that lists no files. */
  readonly files: number | null;
  readonly hash: string;
}

function openedBy({ stdout }: Measured): Opened {
  return JSON.parse(stdout) as Opened;
}

function commandOf(args: readonly string[]): string[] {
  return ["--conditions=millrace-source", PROGRAM, ...args];
}

function judge(runs: Runs, { files }: LargeLog): PartResult {
  const medians = new Map(
    Object.entries(runs).map(([what, usages]) => [what, medianUsage(usages)]),
  );
  const lines = [...medians].map(([what, usage]) => ({
    what,
    usage,
    ...(what.endsWith("nothing opened") ? { note: "the whole process" } : {}),
  }));
  const json = medians.get("Millrace, commits, all files");
  const day = medians.get("Millrace, checkpoint, one day");
  const peerMs = medians.get("DuckDB's extension, commits")?.wallMs ?? JSON_LIMIT_MS;
  const targets: Target[] = [
    below("commits, all files", json?.wallMs, peerMs, "ms"),
    below("checkpoint, one day", day?.wallMs, DAY_LIMIT_MS, "ms"),
    below("checkpoint, one day, memory", (day?.peakBytes ?? 0) / 1e6, MOST_BYTES / 1e6, "MB"),
  ];
  return { lines, targets, details: { files, runs } };
}

function below(what: string, found: number | undefined, limit: number, unit: string): Target {
  const value = found ?? Number.NaN;
  return {
    what,
    found: `${value.toFixed(0)} ${unit}`,
    wanted: `at most ${limit.toFixed(0)} ${unit}`,
    met: value <= limit,
  };
}
