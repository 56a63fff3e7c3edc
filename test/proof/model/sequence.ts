/** A sequence of steps by several writers in one process, compared with the model after each. */

import assert from "node:assert/strict";
import { openSnapshot } from "../../../src/delta/table.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { lintTable } from "../lint.ts";
import { readCommits } from "../log.ts";
import { type Chance, chanceFrom } from "../random.ts";
import { checkCondition, checkVersion } from "./check.ts";
import { checkChanges } from "./check-changes.ts";
import { chooseCondition, chooseStep } from "./choose.ts";
import { type Expected, NOTHING } from "./expected.ts";
import { unlessForgotten } from "./forgotten.ts";
import { grow } from "./history.ts";
import type { Step } from "./operation.ts";
import { type Outcome, openWriter } from "./perform.ts";
import { refusalOf } from "./refusal.ts";
import { createTable, type Place, TABLE } from "./table.ts";

export interface Sequence {
  readonly seed: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const WRITERS = 3;

/** Properties that a table is made with. */
const CONFIGURATIONS: readonly Sequence["configuration"][] = [
  { "delta.checkpointInterval": "3" },
  { "delta.checkpointInterval": "1", "delta.checkpointPolicy": "v2" },
  { "delta.checkpointInterval": "4", "delta.columnMapping.mode": "name" },
  { "delta.checkpointInterval": "2", "delta.enableInCommitTimestamps": "true" },
  { "delta.checkpointInterval": "3", "delta.logRetentionDuration": "interval 0 seconds" },
  { "delta.checkpointInterval": "3", "delta.enableDeletionVectors": "true" },
  {
    "delta.checkpointInterval": "5",
    "delta.enableDeletionVectors": "true",
    "delta.enableChangeDataFeed": "true",
    "delta.columnMapping.mode": "name",
  },
  {
    "delta.checkpointInterval": "2",
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  },
  {
    "delta.checkpointInterval": "3",
    "delta.columnMapping.mode": "id",
    "delta.enableTypeWidening": "true",
    "delta.enableChangeDataFeed": "true",
  },
];

export function makeSequence(seed: number, length: number): Sequence {
  const chance = chanceFrom(seed);
  const configuration = chance.of(CONFIGURATIONS);
  const steps = Array.from({ length }, (_, index) => chooseStep(chance, index + 1, WRITERS));
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
  const place: Place = { context: { storage, parquet: engine, clock }, engine, keepsMs: 0 };
  const chance = chanceFrom(seed + 1);
  await createTable(place, configuration);
  const versions: Expected[] = [{ ...NOTHING, configuration }];
  const writers = Array.from({ length: WRITERS }, (_, index) => openWriter(place, `w${index}`));
  for (const [index, step] of steps.entries()) {
    const outcome = await writers[step.writer]?.take(step, index + 1);
    checkOutcome(outcome, step, versions);
    await follow(place, versions, step);
    if (outcome?.kind === "done") assert.equal(outcome.version, versions.length - 1);
    // Files that a writer still means to read are gone with a vacuum that keeps nothing.
    if (step.operation.kind === "vacuum") for (const writer of writers) writer.forget();
    await look(place, versions, chance);
  }
  const isVacuumed = steps.at(-1)?.operation.kind === "vacuum";
  assert.deepEqual(await lintTable(storage, TABLE, engine, { isVacuumed }), []);
  for (let version = versions.length - 2; version >= 0; version -= 1) {
    await checkOlder(place, version, versions);
  }
}

/** Whoever knew the newest version meets nobody, and is refused where it should be. */
function checkOutcome(
  outcome: Outcome | undefined,
  { operation }: Step,
  versions: readonly Expected[],
): void {
  const newest = versions.at(-1);
  if (outcome === undefined || !("base" in outcome) || newest === undefined) return;
  const { kind, base, message } = outcome;
  if (base !== versions.length - 1) return;
  assert.equal(kind, "refused", `nobody was in the way: ${message}`);
  assert.ok(refusalOf(newest, operation) !== undefined, `refused without need: ${message}`);
}

/** Brings the model up to the newest version. Commits that are cleaned away again already count as having moved rows at most. */
async function follow({ context }: Place, versions: Expected[], step: Step): Promise<void> {
  const snapshot = await openSnapshot(context, TABLE);
  assert.ok(snapshot !== undefined, "the table is gone");
  const { storage } = context;
  while (versions.length <= snapshot.version) {
    const [commit] = await readCommits(storage, TABLE, versions.length, 1);
    grow(versions, [commit ?? { version: versions.length, actions: [] }], () => step.operation);
  }
}

/** The newest version, one older, and a condition on either. */
async function look(place: Place, versions: readonly Expected[], chance: Chance): Promise<void> {
  const newest = versions.length - 1;
  await checkVersion(place, newest, versions[newest] ?? NOTHING);
  const older = chance.below(versions.length);
  if (older < newest) await checkOlder(place, older, versions);
  const condition = chooseCondition(chance, versions.length);
  await checkCondition(place, newest, condition, versions[newest] ?? NOTHING);
  if (!chance.oneIn(2)) return;
  const to = chance.oneIn(2) ? newest : older;
  const from = Math.max(0, to - chance.below(4));
  await unlessForgotten(() => checkChanges(place, versions, { from, to }));
}

/** An older version is right, or gone by a vacuum or a clean-up. */
function checkOlder(place: Place, version: number, versions: readonly Expected[]): Promise<void> {
  return unlessForgotten(() => checkVersion(place, version, versions[version] ?? NOTHING));
}
