/** The files of a `_delta_log`: what their names mean, and which of them make up one version. */

import { MillraceError } from "../base/error.ts";
import type { Storage, StoredFile } from "../storage/storage.ts";
import { inFolder } from "./data-path.ts";

export interface CommitFile extends StoredFile {
  readonly version: number;
}

export interface Checkpoint {
  readonly version: number;
  /** One file; several for a multi-part one. */
  readonly files: readonly StoredFile[];
}

export interface LogListing {
  /** Ascending. */
  readonly commits: readonly CommitFile[];
  /** Complete ones only, ascending; the preferred one of a version is the last. */
  readonly checkpoints: readonly Checkpoint[];
}

/** The files to replay, in order, to arrive at a version. */
export interface LogSegment {
  readonly version: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly commits: readonly CommitFile[];
  /** When the version was committed, by the clock of the storage. */
  readonly modified: Date;
}

const COMMIT = /^(\d{20})\.json$/;
const CLASSIC = /^(\d{20})\.checkpoint\.parquet$/;
const MULTI_PART = /^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$/;
const NAMED = /^(\d{20})\.checkpoint\.[0-9a-fA-F-]{36}\.(?:json|parquet)$/;

export function logFolder(folder: string): string {
  return inFolder(folder, "_delta_log");
}

/** Where checkpoints of version 2 keep the actions of files. */
export function sidecarFolder(folder: string): string {
  return `${logFolder(folder)}/_sidecars`;
}

export function commitPath(folder: string, version: number): string {
  return `${logFolder(folder)}/${digits(version)}.json`;
}

/** A version as file names write it. */
export function digits(version: number): string {
  return String(version).padStart(20, "0");
}

/** Lists the log from a version on; files that mean nothing to us are passed over. */
export async function listLog(storage: Storage, folder: string, from = 0): Promise<LogListing> {
  const log = logFolder(folder);
  // Every file of version `from` begins with its digits, so sorts after the bare digits.
  const files = await Array.fromAsync(storage.list(log, { after: `${log}/${digits(from)}` }));
  return logListing(folder, files);
}

/** What files of a log, sorted by path, are. */
export function logListing(folder: string, files: readonly StoredFile[]): LogListing {
  const log = logFolder(folder);
  const commits: CommitFile[] = [];
  const checkpoints: Checkpoint[] = [];
  const parts = new Map<string, StoredFile[]>();
  for (const file of files) {
    const name = file.path.slice(log.length + 1);
    const version = Number(name.slice(0, 20));
    if (COMMIT.test(name)) commits.push({ ...file, version });
    else if (CLASSIC.test(name) || NAMED.test(name)) checkpoints.push({ version, files: [file] });
    else {
      const [, , , of] = MULTI_PART.exec(name) ?? [];
      if (of === undefined) continue;
      const key = `${version}/${of}`;
      const held = [...(parts.get(key) ?? []), file];
      parts.set(key, held);
      if (held.length === Number(of)) checkpoints.push({ version, files: held });
    }
  }
  return { commits, checkpoints: checkpoints.toSorted((a, b) => a.version - b.version) };
}

/**
 * The segment of the wanted version, by default the newest; undefined where the listing holds no
 * table. A missing version is `delta/no-such-version`, a hole `delta/missing-commit`.
 */
export function chooseSegment(
  { commits, checkpoints }: LogListing,
  table: string,
  wanted?: number,
): LogSegment | undefined {
  const newest = Math.max(commits.at(-1)?.version ?? -1, checkpoints.at(-1)?.version ?? -1);
  if (newest < 0) return undefined;
  const version = wanted ?? newest;
  if (version > newest || version < 0) throw noSuchVersion(table, version, newest);
  const checkpoint = checkpoints.findLast((candidate) => candidate.version <= version);
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const rest = commits.filter((commit) => commit.version >= first && commit.version <= version);
  checkContiguous(rest, { table, first, last: version });
  const last = commits.find((commit) => commit.version === version) ?? checkpoint?.files[0];
  return { version, checkpoint, commits: rest, modified: last?.modified ?? new Date(0) };
}

/** Throws `delta/missing-commit` unless the commits are exactly `first` to `last`. */
export function checkContiguous(
  commits: readonly CommitFile[],
  { table, first, last }: { table: string; first: number; last: number },
): void {
  for (let version = first; version <= last; version += 1) {
    if (commits[version - first]?.version === version) continue;
    throw new MillraceError(
      `The log of table ${table} lacks commit ${version}, needed for version ${last}.`,
      {
        code: "delta/missing-commit",
        hint: "The file was deleted or not copied; older versions may be gone by log clean-up, newer ones need a backup.",
      },
    );
  }
}

export function noSuchVersion(table: string, version: number, newest: number): MillraceError {
  return new MillraceError(
    `The table ${table} has no version ${version}; its newest is ${newest}.`,
    {
      code: "delta/no-such-version",
      hint: `Ask for a version from 0 to ${newest}.`,
    },
  );
}
