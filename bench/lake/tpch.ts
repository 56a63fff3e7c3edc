/** Part `tpch`: 22 queries over our Delta tables, beside the same engine on the bare files of the same tables. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { measureNode, type Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import type { Bench, Part, PartResult } from "./part.ts";
import { type TpchData, tpchData } from "./tpch-data.ts";

const PROGRAM = fileURLToPath(new URL("./tpch-process.ts", import.meta.url));
const LIMIT = 1.03;

export const tpch: Part = {
  name: "tpch",
  what: "22 queries of TPC-H over Delta tables, beside their bare Parquet files",
  run: async (bench) => race(bench, await tpchData(bench.cache, bench.scale)),
};

interface Query {
  readonly name: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly hash: string;
}

async function race({ rounds, say }: Bench, data: TpchData): Promise<PartResult> {
  const { lake, tables, queries } = data;
  const hashes = new Map<string, string>();
  const perQuery: Record<string, Query[][]> = { files: [], delta: [] };
  const run = (how: "files" | "delta") => async (): Promise<Usage> => {
    const args = [how, lake, tables.join(","), queries.join(",")];
    const { usage, stdout } = await measureNode(["--conditions=millrace-source", PROGRAM, ...args]);
    const taken = JSON.parse(stdout) as Query[];
    for (const { name, hash } of taken) {
      assert.equal(hash, hashes.get(name) ?? hash, `${name} gives other rows over ${how}`);
      hashes.set(name, hash);
    }
    perQuery[how]?.push(taken);
    return {
      wallMs: taken.reduce((sum, { wallMs }) => sum + wallMs, 0),
      cpuMs: taken.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      peakBytes: usage.peakBytes,
    };
  };
  const runs = await takeTurns(rounds, { files: run("files"), delta: run("delta") });
  say(`${queries.length} queries give equal rows`);
  const [files, delta] = [medianUsage(runs.files), medianUsage(runs.delta)];
  const share = delta.cpuMs / files.cpuMs;
  return {
    lines: [
      { what: "bare Parquet files", usage: files },
      { what: "Delta tables, opening them too", usage: delta, note: `${share.toFixed(3)} x CPU` },
    ],
    targets: [
      {
        what: "CPU of 22 queries, of that on bare files",
        found: `${((share - 1) * 100).toFixed(1)} % more`,
        wanted: `at most ${((LIMIT - 1) * 100).toFixed(0)} % more`,
        met: share <= LIMIT,
      },
    ],
    details: { runs, queries: medians(perQuery) },
  };
}

/** Milliseconds of processor time by query and contender. */
function medians(taken: Readonly<Record<string, readonly (readonly Query[])[]>>): unknown {
  return Object.fromEntries(
    Object.entries(taken).map(([how, rounds]) => [
      how,
      Object.fromEntries(
        (rounds[0] ?? []).map(({ name }, index) => {
          const all = rounds.slice(1).map((queries) => queries[index]?.cpuMs ?? Number.NaN);
          return [name, all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]];
        }),
      ),
    ]),
  );
}
