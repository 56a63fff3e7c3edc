/** `npm start`: runs every system in examples/ against one lake and ends with a table of what became of the rows. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { parseRunReport, type RunReport } from "./run-report.ts";
import { renderStart, type SystemRun } from "./start-report.ts";

const { values, positionals } = parseArgs({
  options: { once: { type: "boolean" }, lake: { type: "string", default: "lake" } },
  allowPositionals: true,
});
const systems = existsSync("examples")
  ? readdirSync("examples", { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name)
      .filter((name) => positionals.length === 0 || positionals.includes(name))
      .toSorted()
  : [];

const runs: SystemRun[] = [];
for (const [index, system] of systems.entries()) {
  process.stdout.write(`[${index + 1}/${systems.length}] ${system}\n`);
  const start = performance.now();
  const report = await runSystem(system);
  runs.push({ system, report, timeMs: performance.now() - start });
}
process.stdout.write(renderStart(runs, values.lake));
process.exitCode = runs.every(({ report }) => report.state !== "failed") ? 0 : 1;

/** Its progress goes straight to the terminal; a run that dies without a report becomes a failed one. */
async function runSystem(system: string): Promise<RunReport> {
  const args = ["run", "--project", `examples/${system}`, "--lake", values.lake, "--json"];
  const child = spawn(process.execPath, ["bin/millrace", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const [output, end] = await Promise.all([text(child.stdout), ended]);
  try {
    return parseRunReport(output);
  } catch {
    const message = `The run ended with ${end} and without a report.`;
    return { project: system, state: "failed", steps: [], error: { message, hint: "" } };
  }
}
