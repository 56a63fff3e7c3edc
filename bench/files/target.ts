/** What the measurement of files is held to. */

import { medianShare } from "../measure/round.ts";
import type { Format } from "./order.ts";
import { CONTENDERS, type Name, type Result, SMALL } from "./race.ts";

export interface Verdict {
  readonly what: string;
  readonly found: string;
  readonly target: string;
  readonly met: boolean;
}

/** Shares of the rows a second that the engine alone reads and writes. */
const SHARES: Readonly<Record<Format, Partial<Record<Name, number>>>> = {
  csv: { checked: 0.55, text: 0.75 },
  ndjson: { checked: 0.6, text: 0.75 },
};
const MOST_BYTES = 1e9;

/**
 * Rows a second of a contender, as a share of those of the engine alone a moment before: the median of all rounds. A
 * machine that is slower for a minute then slows down both.
 */
export function shareOf({ runs }: Result, name: Name): number {
  return medianShare(runs[CONTENDERS[name].to], runs[name], ({ wallMs }) => wallMs);
}

export function judge(format: Format, result: Result): Verdict[] {
  const shares = Object.entries(SHARES[format]).map(([name, target]): Verdict => {
    const share = shareOf(result, name as Name);
    return {
      what: `${format}: ${CONTENDERS[name as Name].what}`,
      found: `${percent(share)} of ${CONTENDERS[CONTENDERS[name as Name].to].what}`,
      target: `at least ${percent(target)}`,
      met: share >= target,
    };
  });
  const peaks = (["checked", "text"] as const).map((name): Verdict => {
    const peak = Math.max(...result.runs[name].map(({ peakBytes }) => peakBytes));
    return {
      what: `${format}: ${CONTENDERS[name].what}, memory`,
      found: `${megabytes(peak)} MB`,
      target: `below ${megabytes(MOST_BYTES)} MB`,
      met: peak < MOST_BYTES,
    };
  });
  const { small } = result;
  const ends: Verdict = {
    what: `${format}: ${SMALL}`,
    found:
      typeof small === "string"
        ? small
        : `ends after ${(small.wallMs / 1000).toFixed(1)} s with ${megabytes(small.peakBytes)} MB`,
    target: "ends",
    met: typeof small !== "string",
  };
  return [...shares, ...peaks, ends];
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
