/** Running a sequence so that a failure says all that is needed to see it again. */

import assert from "node:assert/strict";
import type { Engine } from "../../../src/engine/engine.ts";
import { runSequence, type Sequence } from "./sequence.ts";
import type { OnStorage } from "./storages.ts";

const SHRINK_MS = 30_000;

/** Fails with the shortest sequence that was found to fail. */
export async function prove(engine: Engine, sequence: Sequence, on: OnStorage): Promise<void> {
  const failureOf = async (one: Sequence): Promise<unknown> => {
    try {
      await on((storage) => runSequence({ storage, engine }, one), one.seed);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const failure = await failureOf(sequence);
  if (failure === undefined) return;
  const fails = async (one: Sequence): Promise<boolean> => (await failureOf(one)) !== undefined;
  const shortest = await shrink(sequence, fails);
  assert.fail(describe(shortest, (await failureOf(shortest)) ?? failure));
}

/** As few steps as still fail, found by leaving out ever smaller pieces for a while. */
async function shrink(
  sequence: Sequence,
  fails: (shorter: Sequence) => Promise<boolean>,
): Promise<Sequence> {
  const end = Date.now() + SHRINK_MS;
  let shortest = sequence;
  for (let size = Math.ceil(sequence.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < shortest.steps.length; ) {
      if (Date.now() > end) return shortest;
      const shorter = { ...shortest, steps: shortest.steps.toSpliced(from, size) };
      if (await fails(shorter)) shortest = shorter;
      else from += size;
    }
  }
  return shortest;
}

function describe({ seed, configuration, steps }: Sequence, error: unknown): string {
  const lines = steps.map((step, index) => `  ${index + 1}. ${JSON.stringify(step)}`);
  return [
    `seed ${seed}, shrunk to ${steps.length} steps, on a table with ${JSON.stringify(configuration)}:`,
    ...lines,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ].join("\n");
}
