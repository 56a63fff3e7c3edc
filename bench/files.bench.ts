/**
 * How fast files become checked tables, against the engine alone on the same file: `npm run bench -- files`.
 * `--rows N` (5,000,000), `--rounds N` (3), `--seed N` (1), `--format csv|ndjson` (both), `--trace` for where the
 * time goes, `--peers` for delta-rs, Spark and dlt beside. Made files are kept below `--cache` (~/.cache/millrace/bench); numbers go to bench/results/files.json.
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, homedir, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "@duckdb/node-api";
import { renderCount, renderTable } from "../scripts/table.ts";
import { traceMillrace } from "./files/contender.ts";
import { type OrderFiles, orderFiles } from "./files/data.ts";
import type { Format } from "./files/order.ts";
import { type PeerName, racePeers } from "./files/peer.ts";
import { judgePeers, renderPeers } from "./files/peer-target.ts";
import { CONTENDERS, MEMORY, type Name, type Result, race, THREADS } from "./files/race.ts";
import { judge, megabytes, percent, shareOf, type Verdict } from "./files/target.ts";
import { renderTrace } from "./files/trace.ts";
import type { Span } from "./files/trace-process.ts";
import { installPackage } from "./measure/installed.ts";
import type { Usage } from "./measure/process.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "5000000" },
    rounds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    format: { type: "string", default: "csv,ndjson" },
    cache: { type: "string", default: join(homedir(), ".cache", "millrace", "bench") },
    trace: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
  },
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

say(`${THREADS} threads, ${MEMORY}; load ${loadavg()[0]?.toFixed(1)} before`);
const files = await orderFiles(values.cache, {
  rows: Number(values.rows),
  seed: Number(values.seed),
});
const root = installPackage();
const formats = values.format.split(",") as Format[];
const results: Partial<Record<Format, Result>> = {};
const peers: Partial<Record<Format, Readonly<Record<PeerName, Usage>>>> = {};
const verdicts: Verdict[] = [];
for (const format of formats) {
  if (values.trace) await trace(format);
  const result = await race({
    root,
    files,
    format,
    rounds: Number(values.rounds),
    folder: values.cache,
    say,
  });
  results[format] = result;
  verdicts.push(...judge(format, result));
  say(`\n${renderResult(format, files, result)}`);
  if (values.peers) await besidePeers(format, result.medians.checked);
}
say(
  renderTable(
    ["Target", "Found", "Wanted", ""],
    verdicts.map(({ what, found, target, met }) => [what, found, target, met ? "met" : "MISSED"]),
  ),
);
say(`load ${loadavg()[0]?.toFixed(1)} after`);
await keep();
await rm(root, { recursive: true });

function renderResult(format: Format, { rows, bytes }: OrderFiles, result: Result): string {
  const lines = Object.entries(result.medians).map(([key, usage]) => {
    const name = key as Name;
    const { what, to } = CONTENDERS[name];
    return [
      what,
      renderCount(BigInt(Math.round(rows / (usage.wallMs / 1000)))),
      percent(shareOf(result, name)),
      (usage.wallMs / 1000).toFixed(2),
      (usage.cpuMs / 1000).toFixed(2),
      (usage.cpuMs / result.medians[to].cpuMs).toFixed(2),
      megabytes(usage.peakBytes),
    ];
  });
  const title = `${format}: ${renderCount(BigInt(rows))} rows, ${megabytes(bytes[format])} MB, medians`;
  const head = ["", "rows/s", "of engine", "wall s", "CPU s", "x engine", "peak MB"];
  return `${title}\n${renderTable(head, lines)}`;
}

async function besidePeers(format: Format, ours: Usage): Promise<void> {
  const seed = Number(values.seed);
  const found = await racePeers({ files, format, seed, cache: values.cache, say });
  peers[format] = found;
  verdicts.push(...judgePeers(format, ours, found));
  say(`\n${renderPeers(ours, found)}`);
}

async function trace(format: Format): Promise<void> {
  const folder = await mkdtemp(join(values.cache, "work-"));
  const work = {
    root,
    format,
    file: files.paths[format],
    folder,
    memoryLimit: MEMORY,
    threads: THREADS,
  };
  try {
    const { stdout } = await traceMillrace(work, "checked");
    const { spans } = JSON.parse(stdout) as { readonly spans: readonly Span[] };
    say(`\n${format}: where the time of ${CONTENDERS.checked.what} goes\n${renderTrace(spans)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function keep(): Promise<void> {
  const folder = join(import.meta.dirname, "results");
  await mkdir(folder, { recursive: true });
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    duckdb: version(),
  };
  const { rows, bytes } = files;
  const report = { at: new Date().toISOString(), machine, rows, bytes, results, peers, verdicts };
  await writeFile(join(folder, "files.json"), `${JSON.stringify(report, null, 2)}\n`);
}
