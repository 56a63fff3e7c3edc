/**
 * What it costs to begin: processor time of `millrace --help`, and of a run of a project that has nothing to do:
 * `npm run bench -- start`. `--rounds N` (10). Numbers go to bench/results/start.json.
 */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderTable } from "../scripts/table.ts";
import { lakeOf, runMillrace, type Work } from "./files/contender.ts";
import { orderFiles } from "./files/data.ts";
import { CHECKOUT } from "./measure/installed.ts";
import { measureNode } from "./measure/process.ts";
import { medianUsage, takeTurns } from "./measure/round.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" } } });
const MILLRACE = fileURLToPath(new URL("../bin/millrace", import.meta.url));
/** Milliseconds of processor time. */
const TARGETS = { help: 150, idle: 1000 };

const folder = await mkdtemp(join(tmpdir(), "millrace-start-"));
try {
  const files = await orderFiles(folder, { rows: 1000, seed: 1 });
  const work: Work = {
    root: CHECKOUT,
    format: "csv",
    file: files.paths.csv,
    folder,
    memoryLimit: "1GB",
    threads: 2,
  };
  await runMillrace(work, "checked");
  const taken = await takeTurns(Number(values.rounds), {
    help: async () => (await measureNode([MILLRACE, "--help"])).usage,
    idle: async () => {
      const { usage, stdout } = await runMillrace(work, "checked");
      const { state } = JSON.parse(stdout) as { readonly state: string };
      assert.equal(state, "nothing to do", `the lake ${lakeOf(folder)} was not up to date`);
      return usage;
    },
  });
  const help = medianUsage(taken.help);
  const idle = medianUsage(taken.idle);
  const line = (what: string, { cpuMs, wallMs, peakBytes }: typeof help, target: number) => [
    what,
    cpuMs.toFixed(0),
    wallMs.toFixed(0),
    (peakBytes / 1e6).toFixed(0),
    `below ${target}`,
    cpuMs < target ? "met" : "MISSED",
  ];
  process.stdout.write(
    renderTable(
      ["", "CPU ms", "wall ms", "peak MB", "CPU target", ""],
      [
        line("millrace --help", help, TARGETS.help),
        line("millrace run, nothing to do", idle, TARGETS.idle),
      ],
    ),
  );
  const results = join(import.meta.dirname, "results");
  await mkdir(results, { recursive: true });
  const report = { at: new Date().toISOString(), medians: { help, idle }, runs: taken };
  await writeFile(join(results, "start.json"), `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
