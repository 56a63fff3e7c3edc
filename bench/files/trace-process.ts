/**
 * A run of a project as a process that says where its time goes, step by step: each statement of the engine, and what
 * JavaScript did between two of them, which takes the name of the point of the load that it led to.
 * `trace-process.ts PROJECT LAKE FILE` prints `{ result, spans }`.
 */

import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openLake } from "../../src/lake/lake.ts";
import { loadProject } from "../../src/project/load.ts";
import { applyPlan } from "../../src/run/apply.ts";
import { systemClock } from "../../src/run/clock.ts";
import { planRun } from "../../src/run/plan.ts";
import { localStorage } from "../../src/storage/local.ts";

/** Milliseconds of the clock, and of the processor time of all threads. */
export interface Span {
  readonly name: string;
  readonly wallMs: number;
  readonly cpuMs: number;
}

const [folder = "", lakePath = "", file = ""] = process.argv.slice(2);
const spans: Span[] = [];

let wall = 0;
let cpu: NodeJS.CpuUsage = { user: 0, system: 0 };
/** Ends the span that the last call began. */
const reach = (name: string): void => {
  const used = process.cpuUsage();
  const cpuMs = (used.user + used.system - cpu.user - cpu.system) / 1000;
  spans.push({ name, wallMs: performance.now() - wall, cpuMs });
  wall = performance.now();
  cpu = used;
};

reach("start");
const engine = traced(
  await createDuckDB({
    memoryLimit: process.env.MILLRACE_MEMORY_LIMIT ?? "1GB",
    threads: Number(process.env.MILLRACE_THREADS ?? "2"),
  }),
);
const storage = localStorage(lakePath, { crash: reach });
const lake = openLake({ storage, engine, clock: systemClock, crash: reach });
const workspace = { lake, close: async () => lake.close() };
const project = await loadProject({
  folder,
  lake: lakePath,
  params: { file },
  environment: process.env,
});
reach("project/loaded");
const plan = await planRun(project, workspace);
reach("run/planned");
const result = await applyPlan(plan, project, workspace, { signal: new AbortController().signal });
await workspace.close();
reach("run/closed");
process.stdout.write(`${JSON.stringify({ result, spans })}\n`);

function traced(inner: Engine): Engine {
  const timed =
    <In extends readonly unknown[], Out>(name: string, act: (...args: In) => Promise<Out>) =>
    async (...args: In): Promise<Out> => {
      const text = `${name}: ${String(args[0]).replace(/\s+/g, " ")}`;
      reach(`JavaScript before ${text}`);
      try {
        return await act(...args);
      } finally {
        reach(text);
      }
    };
  return {
    ...inner,
    run: timed("run", inner.run),
    rows: timed("rows", inner.rows),
    describe: timed("describe", inner.describe),
    write: timed("write", inner.write),
    session: async () => traced(await inner.session()),
  };
}
