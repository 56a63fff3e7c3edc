/** Points in time as statistics hold them: to the millisecond. */

import type { Bounds } from "./bounds.ts";

const INSTANT =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/;

export interface Instant {
  /** Since 1970 in UTC, rounded down. */
  readonly milliseconds: number;
  /** True where something was cut off. */
  readonly cut: boolean;
}

/** The earliest rounded down, the latest rounded up; undefined outside the years 0000 to 9999. */
export function instantBounds(min: string, max: string, zoned: boolean): Bounds | undefined {
  const first = parseInstant(min);
  const last = parseInstant(max);
  if (first === undefined || last === undefined) return undefined;
  const end = render(last.milliseconds + (last.cut ? 1 : 0), zoned);
  return end === undefined ? undefined : { min: render(first.milliseconds, zoned), max: end };
}

/** Parses what engines and logs write; a text without a zone is taken as UTC. */
export function parseInstant(text: string): Instant | undefined {
  const [, date, time, fraction = "", sign, hours, minutes = "00"] = INSTANT.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const seconds = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(seconds)) return undefined;
  const padded = fraction.padEnd(9, "0");
  const offsetMinutes = hours === undefined ? 0 : Number(hours) * 60 + Number(minutes);
  const shift = (sign === "-" ? 1 : -1) * offsetMinutes * 60_000;
  return {
    milliseconds: seconds + Number(padded.slice(0, 3)) + shift,
    cut: /[1-9]/.test(padded.slice(3)),
  };
}

function render(milliseconds: number, zoned: boolean): string | undefined {
  const text = new Date(milliseconds).toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  return zoned ? text : text.slice(0, -1);
}
