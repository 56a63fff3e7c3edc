/**
 * Removing the files of a table that no kept version and no running write needs.
 *
 * - Kept is what the newest version holds and what was removed less than the retention ago. What no version names may
 *   be of a write that is under way: it stays until it is old enough too.
 * - Ages are told by the storage's own clock, or by this machine's where that is earlier. Whoever removed a file may
 *   have had a clock that was behind; so the time of the commit counts as well as what it says.
 * - Hidden files and folders are not of the table, nor is what lies in another table's folder below this one.
 * - The history says that it began and ended, as Delta's does. A process that dies in between leaves files that are
 *   needed by nobody, and the next call finds them.
 */

import { noCrash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import { physicalName } from "../delta/column-mapping.ts";
import { checkWritable } from "../delta/protocol.ts";
import { deletedFileRetentionMs } from "../delta/retention.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { refreshSnapshot } from "../delta/table.ts";
import { layoutOf } from "../delta/table-spec.ts";
import { type Change, commit } from "../delta/write.ts";
import type { StoredFile } from "../storage/storage.ts";
import type { TableContext } from "./context.ts";
import { findNeeded } from "./needed-file.ts";
import { storeTime } from "./store-time.ts";

export interface VacuumOptions {
  /** How long removed files are kept for readers of older versions; what the table says, or seven days. */
  readonly retentionMs?: number;
  /** Finds and removes nothing. */
  readonly dryRun?: boolean;
  /** Allows less than the table's own retention. */
  readonly force?: boolean;
  /** Age of a file that no version names; at least an hour unless told, however short the retention. */
  readonly unknownMs?: number;
  /** False leaves no word in the table's history. */
  readonly isRecorded?: boolean;
}

export interface Vacuumed {
  readonly retentionMs: number;
  /** Removed, or what would be. Paths are below the lake's root. */
  readonly files: readonly StoredFile[];
  readonly bytes: number;
}

const HOUR_MS = 60 * 60 * 1000;
const REMOVED_AT_ONCE = 256;
const TRIES = 10;

export async function vacuum(
  context: Pick<TableContext, "delta" | "signal">,
  snapshot: Snapshot,
  options: VacuumOptions = {},
): Promise<Vacuumed> {
  const { delta, signal } = context;
  const newest = await refreshSnapshot(delta, snapshot);
  const { folder, protocol, version, metadata } = newest;
  checkWritable(protocol, { table: folder, version });
  const kept = deletedFileRetentionMs(metadata.configuration);
  const { retentionMs = kept, dryRun = false, force = false, isRecorded = true } = options;
  if (retentionMs < kept && !force) throw tooShort(folder, retentionMs, kept);
  const files = await findUseless(context, newest, { ...options, retentionMs });
  const found = { retentionMs, files, bytes: bytesOf(files) };
  if (dryRun || files.length === 0) return found;
  if (isRecorded) await record(context, newest, startOf(found, kept));
  (delta.crash ?? noCrash)("vacuum/started");
  const removed: StoredFile[] = [];
  let seen = newest;
  for (let at = 0; at < files.length; at += REMOVED_AT_ONCE) {
    signal?.throwIfAborted();
    const before = seen;
    seen = await refreshSnapshot(delta, before);
    const some = files.slice(at, at + REMOVED_AT_ONCE);
    const still = seen === before ? some : await stillUseless(context, seen, some);
    await delta.storage.removeMany(still.map(({ path }) => path));
    (delta.crash ?? noCrash)("vacuum/file-removed");
    removed.push(...still);
  }
  if (isRecorded) await record(context, newest, endOf(removed));
  return { retentionMs, files: removed, bytes: bytesOf(removed) };
}

async function findUseless(
  { delta, signal }: Pick<TableContext, "delta" | "signal">,
  snapshot: Snapshot,
  { retentionMs, unknownMs }: VacuumOptions & { readonly retentionMs: number },
): Promise<StoredFile[]> {
  const { folder } = snapshot;
  const now = await storeTime(delta, folder);
  // Clocks count in steps: what was removed a moment ago would else not be old enough for no time at all.
  const cutOff = retentionMs === 0 ? Number.POSITIVE_INFINITY : now - retentionMs;
  const needed = await findNeeded(delta, snapshot, cutOff);
  const unknownBefore = now - (unknownMs ?? Math.max(retentionMs, HOUR_MS));
  const prefix = folder === "" ? "" : `${folder}/`;
  const isOurs = ownPaths(snapshot);
  const old: StoredFile[] = [];
  const otherTables: string[] = [];
  for await (const file of delta.storage.list(folder)) {
    signal?.throwIfAborted();
    const path = file.path.slice(prefix.length);
    const log = path.indexOf("/_delta_log/");
    if (log > 0) otherTables.push(path.slice(0, log + 1));
    if (!isOurs(path) || needed.isNeeded(path)) continue;
    const before = needed.isRemoved(path) ? cutOff : unknownBefore;
    if (file.modified.getTime() <= before) old.push(file);
  }
  const others = [...new Set(otherTables)];
  return old.filter(({ path }) => !others.some((one) => path.startsWith(`${prefix}${one}`)));
}

/** False for paths with a hidden part, but for change data and partitions of a column with such a name. */
function ownPaths(snapshot: Snapshot): (path: string) => boolean {
  const { fields, partitionColumns, mode } = layoutOf(snapshot);
  const starts = fields
    .filter(({ name }) => partitionColumns.includes(name))
    .flatMap((field) => [`${field.name}=`, `${physicalName(field, mode)}=`]);
  return (path) =>
    path
      .split("/")
      .every(
        (part, index) =>
          !/^[._]/.test(part) ||
          (index === 0 && part === "_change_data") ||
          starts.some((start) => part.startsWith(start)),
      );
}

/** Without what a version that came meanwhile needs, as a restored one may. */
async function stillUseless(
  { delta }: Pick<TableContext, "delta">,
  newest: Snapshot,
  files: readonly StoredFile[],
): Promise<StoredFile[]> {
  const { isNeeded } = await findNeeded(delta, newest, Number.POSITIVE_INFINITY);
  const start = newest.folder === "" ? 0 : newest.folder.length + 1;
  return files.filter(({ path }) => !isNeeded(path.slice(start)));
}

/** A word in the history is in nobody's way; but a change of the table's properties is in its. */
async function record(
  { delta }: Pick<TableContext, "delta">,
  snapshot: Snapshot,
  change: Change,
): Promise<void> {
  let base = snapshot;
  for (let tries = 1; ; tries += 1) {
    base = await refreshSnapshot(delta, base);
    try {
      await commit(delta, base, change);
      return;
    } catch (error) {
      if (systemCodeOf(error) !== "delta/conflict" || tries === TRIES) throw error;
    }
  }
}

function startOf({ retentionMs, files, bytes }: Vacuumed, kept: number): Change {
  return {
    operation: "VACUUM START",
    parameters: {
      retentionCheckEnabled: String(retentionMs >= kept),
      specifiedRetentionMillis: retentionMs,
      defaultRetentionMillis: kept,
    },
    metrics: { numFilesToDelete: files.length, sizeOfDataToDelete: bytes },
  };
}

function endOf(files: readonly StoredFile[]): Change {
  return {
    operation: "VACUUM END",
    parameters: { status: "COMPLETED" },
    metrics: { numDeletedFiles: files.length, numVacuumedDirectories: 0 },
  };
}

function bytesOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function tooShort(folder: string, asked: number, kept: number): MillraceError {
  const hours = (ms: number) => `${(ms / HOUR_MS).toLocaleString("en-US")} h`;
  return new MillraceError(
    `The files that ${folder} no longer needs are kept for ${hours(kept)}, and ${hours(asked)} is less.`,
    {
      code: "operation/retention-too-short",
      hint: "A query that still reads an older version would fail. Keep them longer, set delta.deletedFileRetentionDuration, or force it when nobody reads or writes the table.",
    },
  );
}
