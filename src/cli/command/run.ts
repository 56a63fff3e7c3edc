/** `millrace run`: does what is due, shows it while it happens, and ends with what became of every row. */

import type { RunResult, StepResult } from "../../run/result.ts";
import { visibleLines } from "../character.ts";
import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import type { Output } from "../output.ts";
import { openPlace, openProject, withLook } from "../place.ts";
import { openProgress } from "../progress.ts";
import { countText, durationText } from "../quantity.ts";

export const command: Command = async (context) => {
  const { output, args, stop } = context;
  const parallel = args.count("parallel");
  const project = await openProject(context);
  // The engine takes as long to open as the code to load.
  const [workspace, { planRun }, { applyPlan }] = await Promise.all([
    openPlace(context, project),
    import("../../run/plan.ts"),
    import("../../run/apply.ts"),
  ]);
  const progress = openProgress(output);
  try {
    const plan = await withLook(context, workspace, (place) => planRun(project, place));
    stop.check();
    const result = await applyPlan(plan, project, workspace, {
      signal: stop.signal,
      on: progress.on,
      ...(parallel === undefined ? {} : { parallel }),
    });
    progress.close();
    if (output.isJson) await output.document(result);
    else await output.result(renderResult(result, output));
    return result.state === "failed" ? 1 : 0;
  } finally {
    progress.close();
    await workspace.close();
  }
};

const TITLES = ["Read", "Written", "Quarantined", "Deduplicated", "Filtered", "Version", "Time"];

function renderResult({ state, steps, killed = [] }: RunResult, { out }: Output): string {
  const before = killed.map(
    ({ started_at }) => `The run of ${started_at} was killed before its end.`,
  );
  if (state === "nothing to do") {
    const nothing =
      "Nothing to do: no file is new, and nothing that a table or an output is made of has changed.\n";
    return [nothing, section("", before), section("", steps.flatMap(noteLines))]
      .filter((part) => part !== "")
      .join("\n");
  }
  const { style, width } = out;
  const columns = [
    { title: "Asset" },
    { title: "State" },
    ...TITLES.map((title) => ({ title, isNumber: true })),
  ];
  const grid = renderGrid(columns, steps.map(rowOf), {
    title: style.bold,
    faint: style.faint,
    ...(width === undefined ? {} : { width }),
  });
  return [
    grid.text,
    section("", before),
    section("", steps.flatMap(failureLines)),
    section("", steps.flatMap(noteLines)),
    section("Outputs:", [...new Set(steps.flatMap(({ outputs = [] }) => outputs))]),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function rowOf({ asset, kind, state, ledger, version, time_ms }: StepResult): string[] {
  const { read, written, quarantined, deduplicated, filtered } = ledger;
  const isIdle = ["up to date", "blocked", "stopped"].includes(state);
  const counts = [read, written, quarantined, deduplicated, filtered].map((count) =>
    isIdle || (kind !== "ingest" && count === 0) ? "" : countText(count),
  );
  return [
    asset,
    state,
    ...counts,
    version === undefined ? "" : String(version),
    isIdle ? "" : durationText(time_ms),
  ];
}

function failureLines({ asset, error }: StepResult): string[] {
  if (error === undefined) return [];
  const { code, message, hint } = error;
  const what = `${asset} failed [${code}]: ${visibleLines(message)}`;
  return hint === undefined || hint === "" ? [what] : [what, `  ${visibleLines(hint)}`];
}

function noteLines({ asset, notes = [] }: StepResult): string[] {
  return notes.map((note) => `${asset}: ${visibleLines(note)}`);
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const all = title === "" ? lines : [title, ...lines.map((line) => `  ${line}`)];
  return all.map((line) => `${line}\n`).join("");
}
