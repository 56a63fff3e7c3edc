/** When versions were committed, and which one was current at an instant. */

import { MillraceError } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import type { CommitFile } from "./log-files.ts";
import { readCommit } from "./read-commit.ts";

/**
 * The newest version committed at or before `timestamp`: by the commits' own times where the table
 * keeps them, before that by `risingTimes`. Earlier than the oldest commit is `delta/no-such-version`.
 */
export async function versionAt(
  storage: Storage,
  { folder, commits, timestamp }: VersionQuestion,
): Promise<number> {
  const wanted = timestamp.getTime();
  let unread = commits.length;
  // Once a table keeps times in its commits every later commit has one, so the newest tell.
  for (const { version, path } of commits.toReversed()) {
    const own = inCommitTime((await readCommit(storage, path)).info);
    if (own === undefined) break;
    if (own <= wanted) return version;
    unread -= 1;
  }
  const times = risingTimes(commits.slice(0, unread));
  const found = times.findLast(({ time }) => time <= wanted);
  if (found !== undefined) return found.version;
  throw tooOld(folder, timestamp, times[0]);
}

interface VersionQuestion {
  readonly folder: string;
  /** All that are left, ascending. */
  readonly commits: readonly CommitFile[];
  readonly timestamp: Date;
}

export interface CommitTime {
  readonly version: number;
  /** Milliseconds. */
  readonly time: number;
}

/** The times of the commit files, made to rise strictly, as all readers of the protocol do. */
export function risingTimes(commits: readonly CommitFile[]): CommitTime[] {
  let previous = Number.NEGATIVE_INFINITY;
  return commits.map(({ version, modified }) => {
    previous = Math.max(Math.floor(modified.getTime()), previous + 1);
    return { version, time: previous };
  });
}

/** A commit's own time in milliseconds, where it carries one. */
export function inCommitTime(
  info: Readonly<Record<string, unknown>> | undefined,
): number | undefined {
  const time = info?.inCommitTimestamp;
  return typeof time === "number" ? time : undefined;
}

function tooOld(folder: string, timestamp: Date, oldest: CommitTime | undefined): MillraceError {
  return new MillraceError(
    `The table ${folder} has no version as old as ${timestamp.toISOString()}.`,
    {
      code: "delta/no-such-version",
      hint:
        oldest === undefined
          ? "Ask for a version by number."
          : `Its oldest commit is version ${oldest.version} of ${new Date(oldest.time).toISOString()}.`,
    },
  );
}
