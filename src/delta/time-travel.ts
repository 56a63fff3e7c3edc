/** Finding the version that was current at an instant. */

import { MillraceError } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import type { CommitFile, LogListing } from "./log-files.ts";
import { readCommit } from "./read-commit.ts";

/**
 * The newest version committed at or before `timestamp`. Times are those of the commit files, made
 * to rise strictly as the protocol's readers do, or the commits' own where the table keeps them.
 * Earlier than the first commit that is left is `delta/no-such-version`.
 */
export async function versionAt(
  storage: Storage,
  { folder, listing, timestamp }: { folder: string; listing: LogListing; timestamp: Date },
): Promise<number> {
  const times = await commitTimes(storage, listing.commits);
  const found = times.findLast(({ time }) => time <= timestamp.getTime());
  if (found !== undefined) return found.version;
  const [first] = times;
  throw new MillraceError(
    `The table ${folder} has no version as old as ${timestamp.toISOString()}.`,
    {
      code: "delta/no-such-version",
      hint:
        first === undefined
          ? "No commit files are left; ask for a version by number."
          : `Its oldest commit is version ${first.version} of ${new Date(first.time).toISOString()}.`,
    },
  );
}

export interface CommitTime {
  readonly version: number;
  /** Milliseconds. */
  readonly time: number;
}

/** When each commit was made, rising strictly. */
export async function commitTimes(
  storage: Storage,
  commits: readonly CommitFile[],
): Promise<CommitTime[]> {
  const own = await ownTimesFrom(storage, commits);
  const times: CommitTime[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const { version, modified } of commits) {
    const time = own.get(version) ?? Math.max(Math.floor(modified.getTime()), previous + 1);
    times.push({ version, time });
    previous = time;
  }
  return times;
}

/** In-commit timestamps of the run of newest commits that have them: once switched on, every later commit has one. */
async function ownTimesFrom(
  storage: Storage,
  commits: readonly CommitFile[],
): Promise<Map<number, number>> {
  const own = new Map<number, number>();
  for (const { version, path } of commits.toReversed()) {
    const { info } = await readCommit(storage, path);
    if (typeof info?.inCommitTimestamp !== "number") break;
    own.set(version, info.inCommitTimestamp);
  }
  return own;
}
