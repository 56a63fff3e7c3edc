/**
 * Log clean-up: what nobody needs any more goes, and every version that is kept stays readable.
 *
 * - The cut-off is the log retention ago, back to the midnight before where the retention is a day or more. Time is
 *   what the store says: no file counts as older than the newest file of the log makes it.
 * - The oldest kept version is the one that was current at the cut-off, and the checkpoint at or below it is kept
 *   with its commit; both have been looked at before anything goes. Without such a checkpoint nothing goes.
 * - Below it commits go up to the next checkpoint, in any order, then that one, and so on. So a clean-up that dies
 *   leaves no hole above the oldest checkpoint that is still there.
 * - Above it checkpoints are thinned out: the newest stay, and those of every hundredth version, as all commits
 *   between them are there.
 */

import { noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import type { StoredFile } from "../storage/storage.ts";
import { lookAtCheckpoint } from "./checkpoint-head.ts";
import {
  type Checkpoint,
  type LogListing,
  listLog,
  logFolder,
  logListing,
  sidecarFolder,
} from "./log-files.ts";
import { readCommit } from "./read-commit.ts";
import { logRetentionMs } from "./retention.ts";
import { keepsTimes, type Snapshot } from "./snapshot.ts";
import type { DeltaContext } from "./table.ts";
import { inCommitTime, risingTimes } from "./time-travel.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Newest checkpoints that are never thinned out: somebody may be reading them. */
const NEWEST_CHECKPOINTS = 3;
const THINNED_TO = 100;

/** Resolves to how many files went. Does nothing where the table says so (`delta.enableExpiredLogCleanup`). */
export async function cleanUpLog(context: DeltaContext, snapshot: Snapshot): Promise<number> {
  const { storage, clock } = context;
  const { folder, metadata } = snapshot;
  if (metadata.configuration["delta.enableExpiredLogCleanup"] === "false") return 0;
  const found = await Array.fromAsync(storage.list(logFolder(folder)));
  const log: Log = { ...logListing(folder, found), files: namesOf(folder, found) };
  const storeTime = log.files.reduce(
    (newest, { modified }) => Math.max(newest, modified.getTime()),
    0,
  );
  const now = Math.min(clock.now().getTime(), storeTime);
  const kept = await findKept(context, snapshot, log, now);
  const groups = [
    ...(kept === undefined ? [] : groupsBelow(kept, log)),
    await thinnedOut(context, log, kept),
  ];
  for (const group of groups) await remove(context, group);
  return groups.flat().length + (await removeSidecars(context, folder, now));
}

/** In any order, and some at once. */
async function remove(
  { storage, crash = noCrash }: DeltaContext,
  files: readonly StoredFile[],
): Promise<void> {
  if (files.length === 0) return;
  await storage.removeMany(files.map(({ path }) => path));
  crash("delta/log-file-removed");
}

interface LogName extends StoredFile {
  readonly version: number;
  readonly kind: "commit" | "checksum" | "compaction" | "checkpoint";
}

interface Log extends LogListing {
  /** Everything that belongs to a version. */
  readonly files: readonly LogName[];
}

const NAME =
  /^(\d{20})\.(?:(json)|(crc)|(\d{20}\.compacted\.json)|checkpoint\.[-.\w]*(?:parquet|json))$/;

function namesOf(folder: string, files: readonly StoredFile[]): LogName[] {
  const start = logFolder(folder).length + 1;
  return files.flatMap((file) => {
    const [, version, commit, checksum, compaction] = NAME.exec(file.path.slice(start)) ?? [];
    if (version === undefined) return [];
    const kind = (commit && "commit") ?? (checksum && "checksum") ?? (compaction && "compaction");
    return [{ ...file, version: Number(version), kind: kind || "checkpoint" }];
  });
}

/** The checkpoint that the oldest kept version is read from; undefined where nothing below one may go. */
async function findKept(
  context: DeltaContext,
  { metadata: { configuration } }: Snapshot,
  { commits, checkpoints, files }: Log,
  now: number,
): Promise<Checkpoint | undefined> {
  const retention = logRetentionMs(configuration);
  const cutOff =
    retention < DAY_MS ? now - retention : Math.floor((now - retention) / DAY_MS) * DAY_MS;
  const times = risingTimes(commits);
  let oldest = times.findLastIndex(({ time }) => time <= cutOff);
  // Where commits carry their own times, readers go by these.
  while (keepsTimes(configuration) && oldest >= 0) {
    const commit = commits[oldest];
    if (commit === undefined) break;
    const own = inCommitTime((await readCommit(context.storage, commit.path)).info);
    if (own === undefined || own <= cutOff) break;
    oldest -= 1;
  }
  const version = times[oldest]?.version;
  if (version === undefined) return undefined;
  const kept = checkpoints.findLast((checkpoint) => checkpoint.version <= version);
  if (kept === undefined || !files.some((file) => isBelow(file, kept.version))) return undefined;
  return (await isUsable(context, kept)) ? kept : undefined;
}

/** Looked at once more, as it is all that will be left of the versions below it. */
async function isUsable(context: DeltaContext, checkpoint: Checkpoint): Promise<boolean> {
  const [first] = checkpoint.files;
  if (first === undefined) return false;
  const folder = first.path.slice(0, first.path.lastIndexOf("/"));
  try {
    const { isComplete, sidecars } = await lookAtCheckpoint(context, checkpoint);
    if (!isComplete) return false;
    if (sidecars.length === 0) return true;
    const there = new Set<string>();
    for await (const { path } of context.storage.list(`${folder}/_sidecars`)) {
      there.add(path.slice(path.lastIndexOf("/") + 1));
    }
    return sidecars.every((name) => there.has(name));
  } catch (error) {
    if (error instanceof MillraceError) return false;
    throw error;
  }
}

/** A compaction is of no use once the first of its commits is gone. */
function isBelow({ version, kind }: LogName, kept: number): boolean {
  return kind === "compaction" ? version <= kept : version < kept;
}

const ORDER: Readonly<Record<LogName["kind"], number>> = {
  compaction: 0,
  commit: 1,
  checksum: 2,
  checkpoint: 3,
};

/** One group after the other may go: what leads to a checkpoint, then it, then what leads to the next. */
function groupsBelow(kept: Checkpoint, { files }: Log): LogName[][] {
  const gone = files
    .filter((file) => isBelow(file, kept.version))
    .toSorted((a, b) => a.version - b.version || ORDER[a.kind] - ORDER[b.kind]);
  const groups: LogName[][] = [];
  let last: LogName | undefined;
  for (const file of gone) {
    const isCheckpoint = file.kind === "checkpoint";
    const isSame = isCheckpoint
      ? last?.kind === "checkpoint" && last.version === file.version
      : last !== undefined && last.kind !== "checkpoint";
    if (isSame) groups.at(-1)?.push(file);
    else groups.push([file]);
    last = file;
  }
  return groups;
}

/** Checkpoints that an older one, or the first commit, stands in for, with all commits from there on. */
async function thinnedOut(
  context: DeltaContext,
  { commits, checkpoints }: Log,
  kept: Checkpoint | undefined,
): Promise<StoredFile[]> {
  const isFromFirst = kept === undefined && commits[0]?.version === 0;
  const base = isFromFirst ? undefined : (kept ?? checkpoints[0]);
  const start = base?.version ?? 0;
  const reached = new Set([start]);
  for (const { version } of commits) {
    if (reached.has(version - 1)) reached.add(version);
  }
  const newest = [...new Set(checkpoints.map(({ version }) => version))].slice(-NEWEST_CHECKPOINTS);
  const gone = checkpoints.filter(
    ({ version }) =>
      version > start &&
      version < (newest[0] ?? 0) &&
      version % THINNED_TO !== 0 &&
      reached.has(version),
  );
  const isSafe = gone.length > 0 && (base === undefined || (await isUsable(context, base)));
  return isSafe ? gone.flatMap(({ files }) => files) : [];
}

/** Sidecars that no checkpoint refers to; young ones may be of a checkpoint that is being written. */
async function removeSidecars(context: DeltaContext, folder: string, now: number): Promise<number> {
  const { storage } = context;
  const youngest = (Math.floor(now / DAY_MS) - 1) * DAY_MS;
  const old: StoredFile[] = [];
  for await (const file of storage.list(sidecarFolder(folder))) {
    if (file.modified.getTime() < youngest) old.push(file);
  }
  if (old.length === 0) return 0;
  const used = new Set<string>();
  const { checkpoints } = await listLog(storage, folder);
  for (const checkpoint of checkpoints) {
    const { sidecars } = await lookAtCheckpoint(context, checkpoint);
    for (const name of sidecars) used.add(name);
  }
  const gone = old.filter(({ path }) => !used.has(path.slice(path.lastIndexOf("/") + 1)));
  await remove(context, gone);
  return gone.length;
}
