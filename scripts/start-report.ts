/** What `npm start` ends with: one table over all systems, then what failed and where the outputs lie. */

import { LEDGER_FIELDS, type RunReport, totalsOf } from "./run-report.ts";
import { renderCount, renderDuration, renderTable } from "./table.ts";

export interface SystemRun {
  readonly system: string;
  readonly report: RunReport;
  /** Wall time, the start of the process included. */
  readonly timeMs: number;
}

const HEAD = [
  "System",
  "Read",
  "Written",
  "Quarantined",
  "Deduplicated",
  "Filtered",
  "Time",
  "State",
];

/** `lake` is the place of the tables, for the closing words. */
export function renderStart(runs: readonly SystemRun[], lake: string): string {
  if (runs.length === 0) return "There is no such system in examples/.\n";
  const parts = [
    renderTable(HEAD, runs.map(rowOf)),
    ...runs.filter(({ report }) => report.state === "failed").map(failuresOf),
    outputsOf(runs, lake),
  ];
  if (runs.every(({ report }) => report.state === "nothing to do")) {
    parts.push("Everything is already up to date: nothing was read or written.\n");
  }
  return `\n${parts.filter((part) => part !== "").join("\n")}`;
}

function rowOf({ system, report, timeMs }: SystemRun): string[] {
  const { ledger } = totalsOf(report);
  const counts = LEDGER_FIELDS.map((field) => renderCount(ledger[field]));
  const state = report.state === "nothing to do" ? "already up to date" : report.state;
  return [system, ...counts, renderDuration(timeMs), state];
}

function failuresOf({ system, report }: SystemRun): string {
  const failed = report.steps.flatMap(({ asset, error }) => (error ? [{ asset, ...error }] : []));
  const own = report.error ? [{ asset: "", ...report.error }] : [];
  return [...own, ...failed]
    .map(({ asset, message, hint }) => {
      const what = `${[system, asset].filter(Boolean).join(", ")}: ${message}\n`;
      return hint === "" ? what : `${what}  ${hint}\n`;
    })
    .join("");
}

function outputsOf(runs: readonly SystemRun[], lake: string): string {
  const lines = runs.flatMap(({ system, report }) =>
    totalsOf(report).outputs.map((output) => [system, output]),
  );
  const files = lines.length === 0 ? "" : renderTable(["System", "Output"], lines);
  return `${files}${files === "" ? "" : "\n"}The tables lie in ${lake}/.\n`;
}
