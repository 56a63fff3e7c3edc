/** Part `store`: what a table in a real object store on this machine costs beside the same table on its disk. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUCKET, versitygw } from "../../scripts/stack/versitygw.ts";
import { type Measured, measureNode, type Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import type { Bench, Line, Part, PartResult, Target } from "./part.ts";

const PROGRAM = fileURLToPath(new URL("./store-process.ts", import.meta.url));

const COMMITS = 200;
const ROWS = 3_000_000;
/** A warm query reads files of this disk, and asks the store only for the log. */
const WARM_LIMIT = 1.15;

export const store: Part = {
  name: "store",
  what: "commits, an append, a merge and queries in an object store beside the local disk",
  async run(bench) {
    const server = await versitygw.start();
    try {
      return await race(bench, server.env);
    } finally {
      await server.stop();
    }
  },
};

const WORK = ["commits", "append", "query cold", "query", "merge"] as const;
type Work = (typeof WORK)[number];
type Where = "disk" | "store";
type Runs = Record<string, readonly Usage[]>;

interface Done extends Usage {
  readonly result: string;
}

async function race(
  { folder, rounds, scale }: Bench,
  env: Readonly<Record<string, string>>,
): Promise<PartResult> {
  const results = new Map<string, string>();
  const turns = new Map<string, number>();
  const commits = Math.ceil(COMMITS * scale);
  const rows = Math.ceil((ROWS * scale) / 20) * 20;
  const run = async (work: Work, where: Where): Promise<Usage> => {
    const turn = turns.get(`${work} ${where}`) ?? 0;
    turns.set(`${work} ${where}`, turn + 1);
    const place = where === "disk" ? join(folder, "lake") : `s3://${BUCKET}/lake`;
    // A cold query finds no copies, and the other works go on where an append began.
    const cache = join(folder, work === "query cold" ? `cold-${turn}` : "cache");
    const table = `${work === "commits" ? "commits" : "rows"}_${turn}`;
    const amount = String(work === "commits" ? commits : rows);
    const how = work === "query cold" ? "query" : work;
    const measured = await measureNode(
      ["--conditions=millrace-source", PROGRAM, how, place, cache, table, amount],
      env,
    );
    const { wallMs, cpuMs, result } = doneBy(measured);
    assert.equal(result, results.get(how) ?? result, `${work} has another result in the ${where}`);
    results.set(how, result);
    return { wallMs, cpuMs, peakBytes: measured.usage.peakBytes };
  };
  const contenders = WORK.flatMap((work) =>
    (["disk", "store"] as const).map(
      (where) => [`${work}, ${where}`, () => run(work, where)] as const,
    ),
  );
  return judge(await takeTurns(rounds, Object.fromEntries(contenders)), commits);
}

function doneBy({ stdout }: Measured): Done {
  return JSON.parse(stdout) as Done;
}

function judge(runs: Runs, commits: number): PartResult {
  const medians = new Map(
    Object.entries(runs).map(([what, usages]) => [what, medianUsage(usages)]),
  );
  const lines = [...medians].map(([what, usage]): Line => {
    const perSecond = (commits / usage.wallMs) * 1000;
    const isCommits = what.startsWith("commits");
    return { what, usage, ...(isCommits ? { note: `${perSecond.toFixed(0)} commits/s` } : {}) };
  });
  const wallOf = (what: string): number => medians.get(what)?.wallMs ?? Number.NaN;
  const times = wallOf("query, store") / wallOf("query, disk");
  const warm: Target = {
    what: "warm query in the store beside the disk",
    found: `${times.toFixed(2)} times`,
    wanted: `at most ${WARM_LIMIT} times`,
    met: times <= WARM_LIMIT,
  };
  return { lines, targets: [warm], details: { commits, runs } };
}
