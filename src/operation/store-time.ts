/** What time it is by the clock of the storage, which is the one that its files carry. */

import { randomUUID } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import { logFolder } from "../delta/log-files.ts";
import type { DeltaContext } from "../delta/table.ts";
import type { Storage } from "../storage/storage.ts";

/**
 * Milliseconds: the time of a file made for it, which is gone again, or this machine's where that is
 * earlier. The earlier of two clocks that disagree makes every file younger, which is the safe side.
 * Where nothing can be written it is the time of the newest file of the log.
 */
export async function storeTime({ storage, clock }: DeltaContext, folder: string): Promise<number> {
  const here = clock.now().getTime();
  const log = logFolder(folder);
  // Readers pass over names that do not begin with a version.
  const probe = `${log}/_time.${randomUUID()}`;
  try {
    await storage.replace(probe, new Uint8Array());
    return Math.min(here, (await timeOf(storage, log, probe)) ?? 0);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return Math.min(here, await newestTime(storage, log));
  } finally {
    await storage.remove(probe).catch(() => {});
  }
}

async function timeOf(storage: Storage, log: string, path: string): Promise<number | undefined> {
  for await (const file of storage.list(log, { after: path.slice(0, -1) })) {
    if (file.path === path) return file.modified.getTime();
  }
  return undefined;
}

async function newestTime(storage: Storage, log: string): Promise<number> {
  let newest = 0;
  for await (const { modified } of storage.list(log)) {
    newest = Math.max(newest, modified.getTime());
  }
  return newest;
}
