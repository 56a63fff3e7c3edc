/** When something is due: cron expressions and plain intervals, as values. */

import { Cron } from "croner";
import { type Duration, parseDuration } from "../base/duration.ts";
import { MillraceError, messageOf } from "../base/error.ts";

export type Schedule =
  | { readonly kind: "schedule"; readonly cron: string; readonly zone: string }
  | { readonly kind: "schedule"; readonly everyMs: number };

/** By a cron expression of five fields; `zone` is an IANA time zone, UTC unless told. */
export function cron(expression: string, zone = "UTC"): Schedule {
  try {
    new Cron(expression, { timezone: zone, paused: true }).nextRun();
  } catch (error) {
    throw new MillraceError(
      `cron(${JSON.stringify(expression)}, ${JSON.stringify(zone)}) is no schedule: ${messageOf(error)}`,
      {
        code: "project/bad-schedule",
        hint: 'Write minute, hour, day, month, weekday, such as "0 * * * *" for every hour, and a zone such as "Europe/Paris".',
        cause: error,
      },
    );
  }
  return Object.freeze({ kind: "schedule", cron: expression, zone });
}

/** Again and again after the same time. */
export function every(time: Duration): Schedule {
  const everyMs = parseDuration(time);
  if (everyMs === 0) {
    throw new MillraceError(`every(${JSON.stringify(time)}) is no schedule: it never ends`, {
      code: "project/bad-schedule",
      hint: 'Write a span of time such as every("5 min").',
    });
  }
  return Object.freeze({ kind: "schedule", everyMs });
}

/** The first moment after `from` at which it is due, or undefined where there is none. */
export function nextDue(schedule: Schedule, from: Date): Date | undefined {
  if ("everyMs" in schedule) return new Date(from.getTime() + schedule.everyMs);
  return (
    new Cron(schedule.cron, { timezone: schedule.zone, paused: true }).nextRun(from) ?? undefined
  );
}

/** In words for people: `every 5 min`, `0 * * * * (UTC)`. */
export function describeSchedule(schedule: Schedule): string {
  if (!("everyMs" in schedule)) return `${schedule.cron} (${schedule.zone})`;
  const [unit, ms] = UNITS.find(([, size]) => schedule.everyMs % size === 0) ?? ["ms", 1];
  return `every ${schedule.everyMs / ms} ${unit}`;
}

/** The largest first. */
const UNITS: readonly (readonly [string, number])[] = [
  ["days", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];
