/** How a share is made of rounds: of the two runs of each, so that a slow minute slows both. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Usage } from "../../bench/measure/process.ts";
import { medianShare } from "../../bench/measure/round.ts";

const usage = (wallMs: number): Usage => ({ wallMs, cpuMs: 1, peakBytes: 1 });

test("a share is the median of the rounds' own", () => {
  const share = (one: number[], other: number[]): number =>
    medianShare(one.map(usage), other.map(usage), ({ wallMs }) => wallMs);
  // The machine was half as fast in the second round.
  assert.equal(share([300, 600, 300], [400, 800, 600]), 0.75);
  assert.equal(share([100, 100], [100, 200]), 0.75);
});
