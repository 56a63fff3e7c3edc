/**
 * How fast the lake is, each thing beside its peer or limit: `npm run bench -- lake`. `--part NAME,NAME` (all),
 * `--rounds N` (3), `--scale X` (1), `--alone` for no peers. Made data is kept below `--cache` (~/.cache/millrace/bench/lake); numbers go
 * to bench/results/lake.json, where parts that did not run keep theirs.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, homedir, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "@duckdb/node-api";
import { renderTable } from "../scripts/table.ts";
import { append, writers } from "./lake/append.ts";
import { merge } from "./lake/merge.ts";
import { opening } from "./lake/opening.ts";
import type { Part, PartResult } from "./lake/part.ts";
import { findPeer } from "./lake/peer.ts";
import { store } from "./lake/store.ts";
import { tpch } from "./lake/tpch.ts";

/** A new part: import it, and put it where it belongs. */
const PARTS: readonly Part[] = [opening, merge, tpch, append, writers, store];

const { values } = parseArgs({
  options: {
    part: { type: "string", default: PARTS.map(({ name }) => name).join(",") },
    rounds: { type: "string", default: "3" },
    scale: { type: "string", default: "1" },
    alone: { type: "boolean", default: false },
    cache: { type: "string", default: join(homedir(), ".cache", "millrace", "bench", "lake") },
  },
});

const RESULTS = join(import.meta.dirname, "results", "lake.json");
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const wanted = values.part.split(",");
for (const part of PARTS.filter(({ name }) => wanted.includes(name))) {
  say(`\n${part.name}: ${part.what}; load ${loadavg()[0]?.toFixed(1)} before`);
  const result = await runPart(part);
  say(render(result));
  await keep(part.name, result);
}

async function runPart(part: Part): Promise<PartResult> {
  const cache = join(values.cache, part.name);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(values.cache, "work-"));
  try {
    const [rounds, scale] = [Number(values.rounds), Number(values.scale)];
    const find = async () => (values.alone ? undefined : findPeer(say));
    return await part.run({ cache, folder, rounds, scale, findPeer: find, say });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function render({ lines, targets }: PartResult): string {
  const head = ["", "wall s", "CPU s", "peak MB", ""];
  const rows = lines.map(({ what, usage, note = "" }) => [
    what,
    (usage.wallMs / 1000).toFixed(3),
    (usage.cpuMs / 1000).toFixed(3),
    (usage.peakBytes / 1e6).toFixed(0),
    note,
  ]);
  const verdicts = targets.map(({ what, found, wanted, met }) => [
    what,
    found,
    wanted,
    met ? "met" : "MISSED",
  ]);
  return `${renderTable(head, rows)}\n${renderTable(["Target", "Found", "Wanted", ""], verdicts)}`;
}

async function keep(name: string, result: PartResult): Promise<void> {
  const before = JSON.parse(await readFile(RESULTS, "utf8").catch(() => "{}")) as {
    readonly parts?: Readonly<Record<string, unknown>>;
  };
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    duckdb: version(),
  };
  const { rounds, scale } = values;
  const part = { at: new Date().toISOString(), machine, rounds, scale, ...result };
  const report = { parts: { ...before.parts, [name]: part } };
  await mkdir(join(RESULTS, ".."), { recursive: true });
  await writeFile(RESULTS, `${JSON.stringify(report, null, 2)}\n`);
}
