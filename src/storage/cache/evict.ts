/** Keeping a folder of copies within a bound: the ones used longest ago go first. */

import * as fs from "node:fs/promises";
import { join } from "node:path";

export interface Evictor {
  /** Tells of a new copy; resolves when the folder is within its bound again, as far as copies are not in use. */
  added(sizeBytes: number): Promise<void>;
  /** The same where copies that were in use kept it beyond its bound. */
  trim(): Promise<void>;
  /** Makes what room it can: copies that are not in use go, whatever the bound. */
  empty(): Promise<void>;
}

/** Down to this part of the bound, so that not every new copy has to look at all others. */
const KEPT_PART = 0.9;

export function openEvictor(folder: string, limitBytes: number): Evictor {
  /** Of this process's knowing; others add to the folder too, which a look at it tells. */
  let known: number | undefined;
  let lookAgainAt = 0;
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    known = await evictTo(folder, limitBytes);
    // Where copies in use fill the bound, looking at each new one would find nothing to do.
    lookAgainAt = Math.max(limitBytes, known + limitBytes * (1 - KEPT_PART));
  };
  return {
    async added(sizeBytes) {
      if (known !== undefined) known += sizeBytes;
      if (known !== undefined && known <= lookAgainAt) return;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    },
    async trim() {
      if (known !== undefined && known > limitBytes) await look();
    },
    async empty() {
      known = await evictTo(folder, 0);
    },
  };
}

interface Found {
  readonly path: string;
  readonly size: number;
  readonly usedMs: number;
  readonly isInUse: boolean;
}

/** Resolves to the bytes that stay. */
async function evictTo(folder: string, limitBytes: number): Promise<number> {
  const found = await copiesIn(folder);
  let total = found.reduce((sum, { size }) => sum + size, 0);
  if (total <= limitBytes) return total;
  for (const { path, size, isInUse } of found.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (total <= limitBytes * KEPT_PART) break;
    if (isInUse) continue;
    await fs.rm(path, { force: true });
    total -= size;
  }
  return total;
}

async function copiesIn(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const shelf of await fs.readdir(folder).catch(() => [])) {
    const names = await fs.readdir(join(folder, shelf)).catch(() => []);
    const paths = names.map((name) => join(folder, shelf, name));
    const stats = await Promise.all(paths.map((path) => fs.stat(path).catch(() => undefined)));
    stats.forEach((stat, index) => {
      const path = paths[index];
      // Another process may have evicted it meanwhile.
      if (stat === undefined || path === undefined) return;
      const { size, mtimeMs: usedMs, nlink } = stat;
      found.push({ path, size, usedMs, isInUse: nlink > 1 });
    });
  }
  return found;
}
