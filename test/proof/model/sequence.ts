/** A sequence of steps by several writers in one process, compared with the model after each. */

import assert from "node:assert/strict";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { lintTable } from "../lint.ts";
import { type Chance, chanceFrom } from "../random.ts";
import { checkCondition, checkVersion } from "./check.ts";
import { after, type Expected, NOTHING } from "./expected.ts";
import { chooseCondition, chooseStep, type Step, WEIGHTS } from "./operation.ts";
import { createTable, type Outcome, openWriter, type Place, TABLE } from "./perform.ts";

export interface Sequence {
  readonly seed: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const WRITERS = 3;

/** Properties that change how a log is written, and nothing of what it says. */
const CONFIGURATIONS: readonly Sequence["configuration"][] = [
  { "delta.checkpointInterval": "3" },
  { "delta.checkpointInterval": "1", "delta.checkpointPolicy": "v2" },
  { "delta.checkpointInterval": "4", "delta.columnMapping.mode": "name" },
  { "delta.checkpointInterval": "2", "delta.enableInCommitTimestamps": "true" },
  {
    "delta.checkpointInterval": "2",
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  },
];

export function makeSequence(seed: number, length: number): Sequence {
  const chance = chanceFrom(seed);
  const configuration = chance.of(CONFIGURATIONS);
  const steps = Array.from({ length }, (_, index) =>
    chooseStep(chance, index + 1, { writers: WRITERS, weights: WEIGHTS }),
  );
  return { seed, configuration, steps };
}

/** Throws where the table is not what the model says, after any step, or the linter finds something in the end. */
export async function runSequence(
  { storage, engine }: { readonly storage: Storage; readonly engine: Engine },
  { seed, configuration, steps }: Sequence,
): Promise<void> {
  const clock = {
    now: () => new Date(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const place: Place = { context: { storage, parquet: engine, clock }, engine };
  const chance = chanceFrom(seed + 1);
  await createTable(place, configuration);
  const versions: Expected[] = [NOTHING];
  const writers = Array.from({ length: WRITERS }, (_, index) => openWriter(place, `w${index}`));
  for (const [index, step] of steps.entries()) {
    const outcome = await writers[step.writer]?.take(step, index + 1);
    meet(versions, step, outcome);
    await look(place, versions, chance);
  }
  assert.deepEqual(await lintTable(storage, TABLE, engine), []);
  for (const [version, expected] of versions.entries())
    await checkVersion(place, version, expected);
}

/** Takes down in the model what became of a step. */
function meet(versions: Expected[], { operation }: Step, outcome: Outcome | undefined): void {
  const newest = versions.length - 1;
  const last = versions[newest] ?? NOTHING;
  switch (outcome?.kind) {
    case "done":
      assert.equal(outcome.version, newest + 1, "the version after the newest one");
      versions.push(after(last, operation));
      break;
    case "conflict":
      assert.notEqual(outcome.base, newest, `nobody was in the way: ${outcome.message}`);
      break;
  }
}

/** The newest version, one older, and a condition on either. */
async function look(place: Place, versions: readonly Expected[], chance: Chance): Promise<void> {
  const newest = versions.length - 1;
  for (const version of [newest, chance.below(versions.length)]) {
    await checkVersion(place, version, versions[version] ?? NOTHING);
  }
  const version = chance.oneIn(2) ? newest : chance.below(versions.length);
  const condition = chooseCondition(chance, versions.length);
  await checkCondition(place, version, condition, versions[version] ?? NOTHING);
}
