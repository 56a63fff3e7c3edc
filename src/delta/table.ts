/** Opening a table: from its log to a snapshot of one version. */

import type { Clock } from "../base/clock.ts";
import type { Crash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { TableFiles } from "../schema/table-files.ts";
import type { FileAccess } from "./file-place.ts";
import { type Filter, type Filters, filtersFor } from "./filter.ts";
import { readLastCheckpoint } from "./last-checkpoint.ts";
import { loadPart, loadSegment, readConfiguration } from "./load.ts";
import {
  checkContiguous,
  chooseSegment,
  type LogSegment,
  listLog,
  noSuchVersion,
} from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";
import { readCommits } from "./read-commit.ts";
import { chooseFiles } from "./scan.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { replay } from "./table-state.ts";
import { timedSince, versionAt } from "./time-travel.ts";

/** All that work on tables needs from outside. */
export interface DeltaContext extends FileAccess {
  readonly parquet: ParquetIo;
  readonly clock: Clock;
  readonly crash?: Crash;
}

/** A version, or the newest one committed at or before an instant; the newest of all by default. */
export interface At {
  readonly version?: number;
  readonly timestamp?: Date;
}

/** Opens a version of the table in `folder`; undefined where there is no table. */
export async function openSnapshot(
  context: DeltaContext,
  folder: string,
  at: At = {},
): Promise<Snapshot | undefined> {
  return outliveCleanUp(() => open(context, folder, at));
}

/** Another writer's log clean-up may take a file between listing and reading; a newer checkpoint replaces it. */
async function outliveCleanUp<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (systemCodeOf(error) !== "storage/not-found") throw error;
    return await read();
  }
}

/** What one query reads of a table version. */
export interface OpenedScan {
  readonly version: number;
  readonly table: TableFiles;
}

/**
 * `openSnapshot` and `scan` in one, without loading more of a large table than the filters need;
 * undefined where there is no table. Several queries, or a change, are better served by a snapshot.
 */
export async function openScan(
  context: DeltaContext,
  folder: string,
  filters: Filters,
  at: At = {},
): Promise<OpenedScan | undefined> {
  const find = async (): Promise<OpenedScan | undefined> => {
    const segment = await findSegment(context, folder, at);
    if (segment === undefined) return undefined;
    const part = await loadPart(context, { folder, segment, filters });
    const table = await chooseFiles(context, part, filtersFor(filters, part.metadata.fields));
    return { version: part.version, table };
  };
  return outliveCleanUp(find);
}

/** The newest version, or the one named; reads only the commits after `snapshot`. */
export async function refreshSnapshot(
  context: DeltaContext,
  snapshot: Snapshot,
  { version }: { readonly version?: number } = {},
): Promise<Snapshot> {
  const { folder } = snapshot;
  const first = snapshot.version + 1;
  const listing = await listLog(context.storage, folder, first);
  const commits = listing.commits.filter((commit) => commit.version <= (version ?? Infinity));
  const last = commits.at(-1);
  if (last === undefined) {
    const newest = listing.checkpoints.at(-1)?.version ?? snapshot.version;
    if (version !== undefined && version > newest) throw noSuchVersion(folder, version, newest);
    return newest === snapshot.version ? snapshot : await reopen(context, folder);
  }
  // The commits in between may be cleaned away already; a checkpoint then holds what they said.
  if (commits[0]?.version !== first) return reopen(context, folder, version);
  checkContiguous(commits, { table: folder, first, last: last.version });
  const state = replay(snapshot.state, await readCommits(context.storage, commits));
  return snapshotOf(state, { folder, version: last.version, modified: last.modified });
}

/**
 * The files to read for a query that keeps only rows satisfying all filters. Files that provably
 * hold no such row are left out; the others may still hold rows that do not satisfy them.
 */
export function scan(
  context: DeltaContext,
  snapshot: Snapshot,
  filters: readonly Filter[] = [],
): Promise<TableFiles> {
  return chooseFiles(context, snapshot, filters);
}

async function open(context: DeltaContext, folder: string, at: At): Promise<Snapshot | undefined> {
  const segment = await findSegment(context, folder, at);
  return segment === undefined ? undefined : loadSegment(context, folder, segment);
}

/** Uses the hint of `_last_checkpoint` to list less, and lists everything where it does not help. */
async function findSegment(
  context: DeltaContext,
  folder: string,
  { version, timestamp }: At,
): Promise<LogSegment | undefined> {
  const { storage } = context;
  if (version === undefined && timestamp === undefined) {
    const hint = await readLastCheckpoint(storage, folder);
    if (hint !== undefined) {
      const listing = await listLog(storage, folder, hint);
      if (listing.checkpoints.length > 0) return chooseSegment(listing, folder);
    }
  }
  const listing = await listLog(storage, folder);
  if (timestamp === undefined) return chooseSegment(listing, folder, version);
  const newest = chooseSegment(listing, folder);
  if (newest === undefined) return undefined;
  const since = timedSince(await readConfiguration(context, folder, newest));
  const { commits } = listing;
  const found = await versionAt(context.storage, { folder, commits, timestamp, since });
  return chooseSegment(listing, folder, found);
}

async function reopen(context: DeltaContext, folder: string, version?: number): Promise<Snapshot> {
  const snapshot = await openSnapshot(context, folder, version === undefined ? {} : { version });
  if (snapshot !== undefined) return snapshot;
  throw new MillraceError(`The table ${folder} is gone.`, {
    code: "delta/no-table",
    hint: "Its log was removed while it was in use.",
  });
}
