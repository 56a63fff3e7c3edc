/** The storages a sequence runs on: each empty, each removed afterwards. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localStorage } from "../../../src/storage/local.ts";
import { memoryStorage } from "../../../src/storage/memory.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Asked, Fault } from "../../storage/s3-double.ts";
import { openS3Place } from "../../storage/s3-place.ts";
import { type Chance, chanceFrom } from "../random.ts";

/** Runs its work on a storage made for it; `seed` decides what goes wrong. */
export type OnStorage = (work: (storage: Storage) => Promise<void>, seed: number) => Promise<void>;

export const STORAGES: Readonly<Record<string, OnStorage>> = {
  "on a local disk": async (work) => {
    const root = mkdtempSync(join(tmpdir(), "millrace-model-"));
    try {
      await work(localStorage(root));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  "in memory": async (work) => {
    const storage = memoryStorage();
    try {
      await work(storage);
    } finally {
      await storage.close();
    }
  },
  "on an object store that breaks its promises": async (work, seed) => {
    const chance = chanceFrom(seed);
    const place = await openS3Place({ double: { pageKeys: 2 + chance.below(5) } });
    place.double.breakBy(breakAtRandom(chance));
    try {
      await work(place.storage);
    } finally {
      await place.close();
    }
  },
};

/** Breaks one request in twelve. */
export function breakAtRandom(chance: Chance): (asked: Asked) => Fault | undefined {
  return (asked) => (chance.oneIn(12) ? chance.of(faultsOf(asked)) : undefined);
}

/** What can go wrong with a request so that it, tried again, comes out right. */
function faultsOf({ what }: Asked): readonly Fault[] {
  const always: readonly Fault[] = ["500", "503", "reset"];
  if (what.startsWith("PUT")) return [...always, "409", "done then reset", "done then 500"];
  return what.startsWith("GET") ? [...always, "cut body", "slow body"] : always;
}
