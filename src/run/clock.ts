/** The clock of this machine. */

import { setTimeout } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  },
};
