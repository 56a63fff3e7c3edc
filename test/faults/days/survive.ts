/** Runs killed again and again, day after day: each day ends as if nobody had been killed, and a reader never fails. */

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import {
  type CrashPoint,
  KEEP_CRASH_POINTS,
  ROW_CRASH_POINTS,
} from "../../../src/base/crash-point.ts";
import type { Chance } from "../../proof/random.ts";
import type { Sandbox } from "../../run/sandbox.ts";
import { start } from "../process.ts";
import { leftoversIn, runDay, sandboxAt, stateOf, type Where, writeDay } from "./project.ts";

/** A named point, or any moment of the first so many milliseconds. */
export type Kill =
  | { readonly point: CrashPoint; readonly nth: number }
  | { readonly withinMs: number };

export interface Survived {
  readonly days: number;
  readonly killed: readonly Kill[];
  readonly reads: number;
}

/** Points that every day after the first passes. */
export const DAILY_POINTS: readonly CrashPoint[] = [
  ...KEEP_CRASH_POINTS,
  ...ROW_CRASH_POINTS,
  "vacuum/started",
  "vacuum/file-removed",
  "ingest/files-adopted",
  "ingest/committed",
  "transform/written",
  "transform/committed",
];

const KILLS_A_DAY = 8;

/**
 * Kills runs until all the kills are done: one that was not hit, as a run killed before had done that work already, is
 * tried again on the next day. `calm` does the same days without a kill.
 */
export async function surviveDays(
  where: Where,
  calm: Sandbox,
  { kills, chance }: { readonly kills: readonly Kill[]; readonly chance: Chance },
): Promise<Survived> {
  const { folder, elsewhere } = where;
  const place = JSON.stringify(elsewhere === undefined ? {} : { elsewhere });
  const sandbox = sandboxAt(where);
  const live = async (day: number, killDay: () => Promise<void>): Promise<void> => {
    for (const one of [sandbox, calm]) writeDay(one, day);
    await killDay();
    await runDay(sandbox, day);
    await runDay(calm, day);
    assert.deepEqual(await stateOf(sandbox), await stateOf(calm), `day ${day}`);
  };
  // On the first day there is nothing yet to keep, to merge or to follow.
  await live(1, async () => {});
  const reader = start("days/reader.ts", folder, [place]);
  const left = [...kills];
  const killed: Kill[] = [];
  let day = 1;
  try {
    while (left.length > 0) {
      day += 1;
      await live(day, async () => {
        for (let tried = 0; tried < KILLS_A_DAY && left.length > 0; tried += 1) {
          const index = chance.below(left.length);
          const [kill] = left.slice(index, index + 1);
          const isHit =
            kill !== undefined && (await isKilled(folder, [place, String(day)], kill, chance));
          // The work of the day is done, and there is nothing left to be killed at.
          if (!isHit) return;
          left.splice(index, 1);
          killed.push(kill);
        }
      });
      assert.ok(day <= 2 * kills.length + 2, `never passed: ${JSON.stringify(left)}`);
    }
  } finally {
    reader.kill("SIGTERM");
  }
  const { code, errors } = await reader.ended;
  assert.equal(code, 0, `the reader: ${errors}`);
  assert.deepEqual(leftoversIn(sandbox), []);
  return { days: day, killed, reads: Number(/(\d+) reads$/.exec(errors)?.[1]) };
}

/** False where the run came to its end before. */
async function isKilled(
  folder: string,
  args: readonly string[],
  kill: Kill,
  chance: Chance,
): Promise<boolean> {
  const at = "point" in kill ? [kill.point, String(kill.nth)] : [];
  const child = start("days/child.ts", folder, [...args, ...at]);
  if ("withinMs" in kill) {
    await child.begun;
    await setTimeout(chance.below(kill.withinMs));
    child.kill("SIGKILL");
  }
  const { signal, code, errors } = await child.ended;
  assert.ok(signal === "SIGKILL" || code === 0, `${JSON.stringify(kill)}: ${errors}`);
  return signal === "SIGKILL";
}
