/** The second stage of reading files: leaving alone what is still being written. */

import { stat } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import type { FoundFile } from "./discover.ts";

export interface Settled {
  /** With size and time as they are now. */
  readonly settled: readonly FoundFile[];
  /** For the next run, each with the reason. */
  readonly unsettled: readonly { readonly file: FoundFile; readonly message: string }[];
}

/**
 * A file that was last written longer ago than `settleMs` is settled. The others, and those whose time
 * lies in the future, are watched together for `settleMs` once: unchanged in size and time, they are
 * settled too. Rejects with the signal's reason.
 */
export async function settle(
  files: readonly FoundFile[],
  { settleMs, clock, signal }: { settleMs: number; clock: Clock; signal?: AbortSignal },
): Promise<Settled> {
  const nowMs = clock.now().getTime();
  const watched = new Set(
    files.filter((file) => settleMs > 0 && !(nowMs - file.modifiedMs > settleMs)),
  );
  if (watched.size > 0) await clock.sleep(settleMs, signal);
  const settled: FoundFile[] = [];
  const unsettled: { file: FoundFile; message: string }[] = [];
  for (const file of files) {
    const message = watched.has(file) ? await changeOf(file) : undefined;
    if (message === undefined) settled.push(file);
    else unsettled.push({ file, message });
  }
  return { settled, unsettled };
}

/** How the file differs from when it was found, or undefined. */
async function changeOf(file: FoundFile): Promise<string | undefined> {
  const now = await stat(file.path).catch(() => undefined);
  if (now === undefined) return "went away while it was watched";
  if (now.size !== file.sizeBytes) {
    return `is still being written: ${file.sizeBytes} bytes, then ${now.size}`;
  }
  if (now.mtimeMs !== file.modifiedMs || BigInt(now.ino) !== file.inode) {
    return "is still being written: its time of change moved";
  }
  return undefined;
}
