/** Points in time as statistics hold them: to the millisecond. */

import type { Bounds } from "./bounds.ts";

const INSTANT =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

export interface Instant {
  /** Since 1970 in UTC. */
  readonly nanoseconds: bigint;
  /** True where the text names an offset from UTC other than `Z`. */
  readonly hasOffset: boolean;
}

const NANOS_PER_MILLI = 1_000_000n;

/** The earliest rounded down, the latest rounded up; undefined outside the years 0000 to 9999. */
export function instantBounds(min: string, max: string, zoned: boolean): Bounds | undefined {
  const first = parseInstant(min);
  const last = parseInstant(max);
  if (first === undefined || last === undefined) return undefined;
  const low = render(floorMillis(first.nanoseconds), zoned);
  const high = render(-floorMillis(-last.nanoseconds), zoned);
  return low === undefined || high === undefined ? undefined : { min: low, max: high };
}

/** Parses what engines and logs write, a date alone too; a text without a zone is taken as UTC. */
export function parseInstant(text: string): Instant | undefined {
  const [, date, minute = "00:00", second = "00", fraction = "", zone = "Z"] =
    INSTANT.exec(text) ?? [];
  if (date === undefined) return undefined;
  const seconds = Date.parse(`${date}T${minute}:${second}Z`);
  if (Number.isNaN(seconds)) return undefined;
  const shiftMinutes = zone === "Z" ? 0 : offsetMinutes(zone);
  const nanoseconds =
    BigInt(seconds - shiftMinutes * 60_000) * NANOS_PER_MILLI + BigInt(fraction.padEnd(9, "0"));
  return { nanoseconds, hasOffset: zone !== "Z" };
}

function offsetMinutes(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || "0");
  return zone.startsWith("-") ? -minutes : minutes;
}

/** `bigint` division rounds towards zero; times before 1970 must go down too. */
function floorMillis(nanoseconds: bigint): bigint {
  const millis = nanoseconds / NANOS_PER_MILLI;
  return nanoseconds < millis * NANOS_PER_MILLI ? millis - 1n : millis;
}

function render(milliseconds: bigint, zoned: boolean): string | undefined {
  const text = new Date(Number(milliseconds)).toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  return zoned ? text : text.slice(0, -1);
}
