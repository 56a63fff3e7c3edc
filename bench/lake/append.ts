/** Parts `append` and `writers`: small commits to one table, by one process and by eight at once. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { localStorage } from "../../src/storage/local.ts";
import { measureNode, type Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import type { Bench, Line, Part, PartResult } from "./part.ts";

const PROGRAM = fileURLToPath(new URL("./append-process.ts", import.meta.url));
const COMMITS = 1000;
const ROWS = 1000;
const WRITERS = 8;
const SECONDS = 20;
const QUERY = "SELECT customer_id, sum(price) AS spent, count(DISTINCT sku) AS skus";
const MOST_AFTER_OPTIMIZE = 1.2;
/** The slowest writer's commits, of the mean. */
const LEAST_FAIR = 0.5;

export const append: Part = {
  name: "append",
  what: "1,000 commits of 1,000 rows, and a query before and after they are laid together",
  run: async (bench) => {
    const lake = join(bench.folder, "lake");
    await createTable(lake);
    const commits = Math.max(20, Math.round(COMMITS * bench.scale));
    const one = await runWriter(lake, { writer: 0, rows: ROWS, most: commits });
    const rates = `${rate(commits, one.usage)} commits/s, ${rate(commits * ROWS, one.usage)} rows/s`;
    const queries = await raceQueries(bench, lake, commits * ROWS);
    return {
      lines: [
        { what: `${commits} appends of ${ROWS} rows`, usage: one.usage, note: rates },
        ...queries.lines,
      ],
      targets: queries.targets,
    };
  },
};

export const writers: Part = {
  name: "writers",
  what: "8 processes appending to one table",
  run: async (bench) => {
    const lake = join(bench.folder, "lake");
    await createTable(lake);
    const seconds = Math.max(2, SECONDS * bench.scale);
    const began = Array.from({ length: WRITERS }, (_, writer) =>
      runWriter(lake, { writer, rows: 10, seconds, gate: bench.folder }),
    );
    await openGate(bench.folder);
    const all = await Promise.all(began);
    const counts = all.map(({ commits }) => commits);
    const total = counts.reduce((sum, count) => sum + count, 0);
    await checkNothingLost(lake, total, 10);
    const fairness = Math.min(...counts) / (total / WRITERS);
    const usage: Usage = {
      wallMs: Math.max(...all.map((writer) => writer.usage.wallMs)),
      cpuMs: all.reduce((sum, writer) => sum + writer.usage.cpuMs, 0),
      peakBytes: Math.max(...all.map((writer) => writer.usage.peakBytes)),
    };
    return {
      lines: [
        {
          what: `${WRITERS} writers, ${total} commits`,
          usage,
          note: `${rate(total, usage)} commits/s`,
        },
      ],
      targets: [
        { what: "commits lost or doubled", found: "0", wanted: "0", met: true },
        {
          what: "slowest writer, of the mean",
          found: `${(fairness * 100).toFixed(0)} %`,
          wanted: `at least ${LEAST_FAIR * 100} %`,
          met: fairness >= LEAST_FAIR,
        },
      ],
      details: { counts },
    };
  },
};

/** Lets all writers begin at once, when the last is ready. */
async function openGate(folder: string): Promise<void> {
  const isReady = (writer: number): boolean => existsSync(join(folder, `ready-${writer}`));
  while (!Array.from({ length: WRITERS }, (_, writer) => isReady(writer)).every(Boolean)) {
    await clock.sleep(10);
  }
  await writeFile(join(folder, "go"), "");
}

const clock = {
  now: () => new Date(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

async function withEngine<T>(lake: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await createDuckDB({ threads: 2, tempFolder: join(lake, "..") });
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}

function contextOf(lake: string, engine: Engine) {
  return { storage: localStorage(lake), parquet: engine, clock };
}

async function createTable(lake: string, folder = "t"): Promise<void> {
  await withEngine(lake, async (engine) => {
    const price = { kind: "decimal", precision: 12, scale: 2 } as const;
    const fields = [
      { name: "id", type: "long", nullable: true },
      { name: "customer_id", type: "long", nullable: true },
      { name: "sku", type: "string", nullable: true },
      { name: "price", type: price, nullable: true },
    ] as const;
    const change = { operation: "CREATE TABLE", schema: { fields } };
    await commit(contextOf(lake, engine), { folder }, change);
  });
}

interface Written {
  readonly commits: number;
  readonly usage: Usage;
}

interface Task {
  readonly writer: number;
  readonly rows: number;
  readonly most?: number;
  readonly seconds?: number;
  readonly gate?: string;
}

async function runWriter(lake: string, task: Task): Promise<Written> {
  const { writer, rows, most = 1e6, seconds = 1e6, gate = "" } = task;
  const args = [PROGRAM, lake, ...[writer, rows, most, seconds, gate].map(String)];
  const { stdout } = await measureNode(["--conditions=millrace-source", ...args]);
  const { commits, ...usage } = JSON.parse(stdout) as Usage & { readonly commits: number };
  return { commits, usage };
}

async function checkNothingLost(lake: string, commits: number, rows: number): Promise<void> {
  await withEngine(lake, async (engine) => {
    const context = contextOf(lake, engine);
    const snapshot = await openSnapshot(context, "t");
    assert.equal(snapshot?.version, commits, "versions");
    const relation = snapshot && engine.relation(await scan(context, snapshot));
    const [row] = await engine.rows(
      `SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM ${relation}`,
    );
    const all = BigInt(commits * rows);
    assert.deepEqual(row, { rows: all, ids: all });
  });
}

/** The same query on the small files, on what optimize makes of them, and on one file with the same rows. */
async function raceQueries(
  { rounds, say, folder }: Bench,
  lake: string,
  rows: number,
): Promise<Pick<PartResult, "lines" | "targets">> {
  await checkNothingLost(lake, rows / ROWS, ROWS);
  return withEngine(lake, async (engine) => {
    const context = contextOf(lake, engine);
    const before = await openSnapshot(context, "t");
    if (before === undefined) throw new Error("there is no table");
    const small = engine.relation(await scan(context, before));
    const single = join(folder, "single.parquet");
    await engine.run(
      `COPY (SELECT * FROM ${small} ORDER BY id) TO '${single}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`,
    );
    const session = await engine.session();
    await optimize({ delta: context, engine: session }, before);
    session.close();
    const after = await openSnapshot(context, "t");
    const laid = after && engine.relation(await scan(context, after));
    say(`${before.files.length} files become ${after?.files.length}`);
    const answers = new Set<string>();
    const ask = (relation: string) => async (): Promise<Usage> => {
      const cpu = process.cpuUsage();
      const began = performance.now();
      const found = await engine.rows(`${QUERY} FROM ${relation} GROUP BY ALL ORDER BY ALL`);
      const wallMs = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      answers.add(
        JSON.stringify(found, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
      );
      return { wallMs, cpuMs: (user + system) / 1000, peakBytes: process.memoryUsage().rss };
    };
    const runs = await takeTurns(rounds * 5, {
      small: ask(small),
      laid: ask(String(laid)),
      single: ask(`read_parquet('${single}')`),
    });
    assert.equal(answers.size, 1, "the queries gave different rows");
    const [one, all] = [medianUsage(runs.single), medianUsage(runs.laid)];
    const share = all.cpuMs / one.cpuMs;
    const lines: Line[] = [
      { what: "query on the small files", usage: medianUsage(runs.small) },
      { what: "query after optimize", usage: all, note: `${share.toFixed(2)} x CPU of one file` },
      { what: "query on one file", usage: one },
    ];
    const target = {
      what: "query after optimize, CPU of that on one file",
      found: `${share.toFixed(2)} x`,
      wanted: `at most ${MOST_AFTER_OPTIMIZE} x`,
      met: share <= MOST_AFTER_OPTIMIZE,
    };
    return { lines, targets: [target] };
  });
}

function rate(count: number, { wallMs }: Usage): string {
  return Math.round(count / (wallMs / 1000)).toLocaleString("en-US");
}
