/** Part `merge`: merges, a delete and an update of 20 million orders in ten files, written anew and with deletion vectors. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measureNode, type Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import { mergeData } from "./merge-data.ts";
import type { Bench, Line, Part, PartResult, Target } from "./part.ts";
import type { Peer } from "./peer.ts";

const PROGRAM = fileURLToPath(new URL("./merge-process.ts", import.meta.url));
const ACTS = {
  spread: "merge of 1 %, keys in all files",
  clustered: "merge of 1 %, keys in one file",
  delete: "delete of 0.1 %",
  update: "update of 0.1 %",
} as const;
const WAYS = {
  bare: "DuckDB alone, touched files",
  rewrite: "written anew",
  vectors: "with deletion vectors",
} as const;
type Act = keyof typeof ACTS;
type Way = keyof typeof WAYS;

/** Of the bare rewriting. */
const MOST_REWRITING = 1.15;
const LEAST_FASTER = 5;
/** Of delta-rs, where it cannot be measured beside. */
const PEER: Usage = { wallMs: 15_000, cpuMs: 15_000, peakBytes: 719e6 };

export const merge: Part = {
  name: "merge",
  what: "merges, a delete and an update of 20,000,000 rows in 10 files",
  run: async (bench) => {
    const data = await mergeData(bench.cache, bench.scale);
    const peer = await bench.findPeer();
    const lines: Line[] = [];
    const medians = new Map<string, Usage>();
    for (const act of Object.keys(ACTS) as Act[]) {
      for (const [what, usages] of Object.entries(await race(bench, data, act, peer))) {
        const usage = medianUsage(usages);
        medians.set(`${act} ${what}`, usage);
        lines.push({ what: `${ACTS[act]}: ${WAYS[what as Way] ?? what}`, usage });
      }
    }
    return { lines, targets: judge(medians) } satisfies PartResult;
  },
};

interface Done extends Usage {
  readonly rows: number;
  readonly hash?: string;
}

/** Everyone has to come to the same rows. */
async function race(
  bench: Bench,
  data: string,
  act: Act,
  peer: Peer | undefined,
): Promise<Record<string, readonly Usage[]>> {
  let expected: Done | undefined;
  const check = (done: Done): Usage => {
    expected ??= done;
    const { rows, hash } = expected;
    assert.equal(done.rows, rows, `${act}: another number of rows`);
    if (done.hash !== undefined) assert.equal(done.hash, hash, `${act}: other rows`);
    return done;
  };
  const inFolder = async (run: (folder: string) => Promise<Done>): Promise<Usage> => {
    const folder = await mkdtemp(join(bench.folder, "merge-"));
    try {
      return check(await run(folder));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const ours = (Object.keys(WAYS) as Way[]).map((way) => [
    way,
    () =>
      inFolder(async (folder) => {
        const program = ["--conditions=millrace-source", PROGRAM, way, act, data, folder];
        return JSON.parse((await measureNode(program)).stdout) as Done;
      }),
  ]);
  const run = peer && act === "spread" ? peer : undefined;
  const theirs =
    run === undefined
      ? []
      : [
          [
            "delta-rs",
            () => inFolder((folder) => run("merge_peer.py", [data, folder]) as Promise<Done>),
          ],
        ];
  return takeTurns(bench.rounds, Object.fromEntries([...ours, ...theirs]));
}

function judge(medians: ReadonlyMap<string, Usage>): Target[] {
  const usageOf = (what: string): Usage => {
    const usage = medians.get(what);
    assert.ok(usage, `${what} was not measured`);
    return usage;
  };
  const peer = medians.get("spread delta-rs") ?? PEER;
  const share = usageOf("spread rewrite").cpuMs / usageOf("spread bare").cpuMs;
  const faster = peer.cpuMs / usageOf("spread vectors").cpuMs;
  const peak = Math.max(usageOf("spread rewrite").peakBytes, usageOf("spread vectors").peakBytes);
  return [
    {
      what: "merge written anew, CPU of the bare rewriting",
      found: share.toFixed(2),
      wanted: `at most ${MOST_REWRITING}`,
      met: share <= MOST_REWRITING,
    },
    {
      what: "merge with deletion vectors, CPU of delta-rs",
      found: `${faster.toFixed(1)} times faster`,
      wanted: `at least ${LEAST_FASTER}`,
      met: faster >= LEAST_FASTER,
    },
    {
      what: "merge, peak memory",
      found: `${(peak / 1e6).toFixed(0)} MB`,
      wanted: `at most ${(peer.peakBytes / 1e6).toFixed(0)} MB`,
      met: peak <= peer.peakBytes,
    },
  ];
}
