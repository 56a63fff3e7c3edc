/** When versions were committed, and which one was current at an instant. */

import { MillraceError } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import type { CommitFile } from "./log-files.ts";
import { isOn } from "./property.ts";
import { readCommit } from "./read-commit.ts";

/** From which version on, and since when, the commits of a table carry their own times. */
export interface TimedSince {
  readonly version: number;
  /** Undefined where all commits do. */
  readonly time: number | undefined;
}

/** What the newest properties of a table say; undefined where its commits carry no times. */
export function timedSince(
  configuration: Readonly<Record<string, string>>,
): TimedSince | undefined {
  if (!isOn(configuration, "delta.enableInCommitTimestamps")) return undefined;
  const version = Number(configuration["delta.inCommitTimestampEnablementVersion"] ?? 0);
  const time = Number(configuration["delta.inCommitTimestampEnablementTimestamp"] ?? Number.NaN);
  return { version, time: Number.isNaN(time) ? undefined : time };
}

/**
 * The newest version committed at or before `timestamp`: by the commits' own times from where the
 * table keeps them, before that by `risingTimes`. Earlier than the oldest commit is `delta/no-such-version`.
 */
export async function versionAt(
  storage: Storage,
  { folder, commits, timestamp, since }: VersionQuestion,
): Promise<number> {
  const wanted = timestamp.getTime();
  if (since !== undefined && wanted >= (since.time ?? Number.NEGATIVE_INFINITY)) {
    const timed = commits.filter(({ version }) => version >= since.version);
    return lastTimed(storage, timed, { folder, timestamp });
  }
  const times = risingTimes(
    commits.filter(({ version }) => version < (since?.version ?? Infinity)),
  );
  const found = times.findLast(({ time }) => time <= wanted);
  if (found !== undefined) return found.version;
  throw tooOld(folder, timestamp, times[0]);
}

interface VersionQuestion {
  readonly folder: string;
  /** All that are left, ascending. */
  readonly commits: readonly CommitFile[];
  readonly timestamp: Date;
  readonly since: TimedSince | undefined;
}

/** The own times rise strictly, so that few of many commits need be read. */
async function lastTimed(
  storage: Storage,
  commits: readonly CommitFile[],
  { folder, timestamp }: Pick<VersionQuestion, "folder" | "timestamp">,
): Promise<number> {
  let [low, high] = [0, commits.length];
  let oldest: CommitTime | undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    const commit = commits[middle];
    if (commit === undefined) throw new Error(`Bug: no commit at ${middle} of ${folder}`);
    const time = await ownTime(storage, commit);
    if (time <= timestamp.getTime()) low = middle + 1;
    else {
      high = middle;
      oldest = { version: commit.version, time };
    }
  }
  const found = commits[low - 1];
  if (found !== undefined) return found.version;
  throw tooOld(folder, timestamp, oldest);
}

async function ownTime(storage: Storage, { path }: CommitFile): Promise<number> {
  const time = inCommitTime((await readCommit(storage, path)).info);
  if (time !== undefined) return time;
  throw new MillraceError(`The commit ${path} lacks the time that its table asks for.`, {
    code: "delta/corrupt-log",
    hint: "Ask for a version by its number.",
  });
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
