/** Where the time of a run goes, as a table. */

import { renderTable } from "../../scripts/table.ts";
import type { Span } from "./trace-process.ts";

/** Shorter spans are summed up in one line. */
const LEAST_SHARE = 0.01;
const MOST_CHARACTERS = 90;

export function renderTrace(spans: readonly Span[]): string {
  const wall = sum(spans, "wallMs");
  const isLong = ({ wallMs }: Span): boolean => wallMs >= wall * LEAST_SHARE;
  const rest = spans.filter((span) => !isLong(span));
  const line = ({ name, wallMs, cpuMs }: Span): string[] => [
    name.slice(0, MOST_CHARACTERS),
    wallMs.toFixed(0),
    cpuMs.toFixed(0),
    ((100 * wallMs) / wall).toFixed(0),
  ];
  const short: Span = {
    name: `${rest.length} shorter ones`,
    wallMs: sum(rest, "wallMs"),
    cpuMs: sum(rest, "cpuMs"),
  };
  return renderTable(
    ["Span", "Wall ms", "CPU ms", "% of wall"],
    [...spans.filter(isLong), short].map(line),
  );
}

function sum(spans: readonly Span[], key: "wallMs" | "cpuMs"): number {
  return spans.reduce((total, span) => total + span[key], 0);
}
