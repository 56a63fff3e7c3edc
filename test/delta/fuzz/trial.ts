/** One table with one damaged file, used in every way: it works, or says clearly why not. */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MillraceError } from "../../../src/base/error.ts";
import { writeCheckpoint } from "../../../src/delta/checkpoint.ts";
import type { Filter } from "../../../src/delta/filter.ts";
import { history } from "../../../src/delta/history.ts";
import { type DeltaContext, openSnapshot, scan } from "../../../src/delta/table.ts";
import { commit } from "../../../src/delta/write.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { localStorage } from "../../../src/storage/local.ts";
import { chanceFrom } from "../../proof/random.ts";
import { realClock } from "../lake.ts";
import { damageBytes, damageLines } from "./mutation.ts";
import type { Victim } from "./victim.ts";

/** What a use may take at most, by far. */
const LONGEST_MS = 60_000;
const MOST_BYTES = 1_500_000_000;

/** Throws where damage is answered by anything but a result or a clear error. The same seed does the same. */
export async function tryDamage(
  engine: Engine,
  victims: readonly Victim[],
  seed: number,
): Promise<void> {
  const chance = chanceFrom(seed);
  const victim = chance.of(victims);
  const target = chance.of(victim.files);
  const sound = readFileSync(join(victim.root, "table", target));
  const isText = target.endsWith(".json") || target.endsWith("_last_checkpoint");
  const { bytes, what } =
    isText && !chance.oneIn(3) ? damageLines(sound, chance) : damageBytes(sound, chance);
  const root = mkdtempSync(join(tmpdir(), "millrace-fuzz-"));
  try {
    cpSync(join(victim.root, "table"), join(root, "table"), { recursive: true });
    writeFileSync(join(root, "table", target), bytes);
    const context = { storage: localStorage(root), parquet: engine, clock: realClock };
    await useTable({ context, engine, victim, target });
  } catch (error) {
    throw new Error(`Seed ${seed}: ${victim.name}/${target} with ${what}`, { cause: error });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * As `tryDamage`, for values in logs alone and without reading rows, so that there is time for
 * hundreds: almost all that can be wrong in a log is wrong before the first file is read.
 */
export async function tryLog(
  engine: Engine,
  victims: readonly Victim[],
  seed: number,
): Promise<void> {
  const chance = chanceFrom(seed);
  const victim = chance.of(victims);
  const target = chance.of(victim.files.filter((file) => file.endsWith(".json")));
  const file = join(victim.root, "table", target);
  const sound = readFileSync(file);
  const { bytes, what } = damageLines(sound, chance);
  const context = { storage: localStorage(victim.root), parquet: engine, clock: realClock };
  try {
    writeFileSync(file, bytes);
    await clearly(async () => {
      const snapshot = await openSnapshot(context, "table");
      if (snapshot === undefined) return undefined;
      await clearly(() => scan(context, snapshot, FILTERS));
      return [snapshot.rows, snapshot.sizeBytes, snapshot.transactions];
    });
    await clearly(() => history(context, "table"));
  } catch (error) {
    throw new Error(`Seed ${seed}: ${victim.name}/${target} with ${what}`, { cause: error });
  } finally {
    writeFileSync(file, sound);
  }
}

const FILTERS: readonly Filter[] = [
  { column: "id", op: ">", value: 3n },
  { column: "day", op: "in", values: ["day 1", "day 2"] },
  { column: "at", op: "<", value: "2025-01-01T00:00:00Z" },
  { column: "price", op: "<=", value: "1000.5" },
];

interface Use {
  readonly context: DeltaContext;
  readonly engine: Engine;
  readonly victim: Victim;
  readonly target: string;
}

async function useTable({ context, engine, victim, target }: Use): Promise<void> {
  const open = async (at = {}) => {
    const snapshot = await openSnapshot(context, "table", at);
    if (snapshot === undefined) throw new MillraceError("gone", { code: "delta/no-table" });
    return snapshot;
  };
  const rows = async (at = {}) => {
    const files = await scan(context, await open(at));
    return engine.rows(`SELECT * FROM ${engine.relation(files)} ORDER BY ALL`);
  };
  const read = await clearly(() => rows());
  // Only the vectors bear a checksum: what they hide stays hidden, or nothing is read.
  if (target.endsWith(".bin") && read !== undefined) {
    assert.ok(isDeepStrictEqual(read, victim.rows), "rows came back or went without a word");
  }
  for (const version of [1, 4]) await clearly(() => rows({ version }));
  await clearly(() => rows({ timestamp: new Date() }));
  await clearly(async () => scan(context, await open(), [{ column: "id", op: ">", value: 25n }]));
  await clearly(() => history(context, "table"));
  await clearly(async () => {
    const { rows: count, sizeBytes, transactions } = await open();
    return [count, sizeBytes, transactions];
  });
  await clearly(async () => writeCheckpoint(context, await open()));
  await clearly(async () => commit(context, await open(), { operation: "DELETE", remove: "all" }));
}

/** The result, or undefined after a clear error; anything else, and what takes too long or too much, is thrown. */
async function clearly<T>(use: () => Promise<T>): Promise<T | undefined> {
  const begun = Date.now();
  let result: T | undefined;
  try {
    result = await use();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    assert.ok(error.message.length < 20_000, `a message of ${error.message.length} characters`);
  }
  assert.ok(Date.now() - begun < LONGEST_MS, `took ${Date.now() - begun} ms`);
  const { rss } = process.memoryUsage();
  assert.ok(rss < MOST_BYTES, `takes ${rss} bytes`);
  return result;
}
