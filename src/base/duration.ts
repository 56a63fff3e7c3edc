/** Spans of time as people write them: "10 s", "5 min", "7 days". */

import { MillraceError } from "./error.ts";

/** A span of time: a number, a blank, a unit. */
export type Duration = `${number} ${"ms" | "s" | "min" | "h" | "days"}`;

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["days", 86_400_000],
]);

/** Whole milliseconds, never negative; anything else than a Duration throws `duration/unreadable`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?) (ms|s|min|h|days)$/.exec(text);
  const ms = Math.round(Number(match?.[1]) * (MS_PER_UNIT.get(match?.[2] ?? "") ?? Number.NaN));
  if (!Number.isSafeInteger(ms)) {
    throw new MillraceError(`"${text}" is not a span of time`, {
      code: "duration/unreadable",
      hint: 'Write a number, a blank and one of ms, s, min, h, days, such as "10 s" or "7 days".',
    });
  }
  return ms;
}
