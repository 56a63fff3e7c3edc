/**
 * Committing a change: one atomic creation of the next commit file.
 *
 * 1. The change is checked against the table as its maker saw it, and its files are adopted.
 * 2. Version base + 1 is created. Where it exists already, every winner since base is checked
 *    against what the change relied on: a harmless one moves us one version on, and we try again;
 *    a harmful one is `delta/conflict`, and the files adopted here are removed.
 * 3. An answer that got lost is settled by reading the commit back: it is ours if it carries our
 *    transaction id.
 */

import { randomUUID } from "node:crypto";
import { noCrash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { type AddFile, keyOf, type MetadataAction, type RemoveFile } from "./action.ts";
import { adoptFiles } from "./adopt.ts";
import { checkChange } from "./check-change.ts";
import { checkpointWhenDue } from "./checkpoint.ts";
import { commitInfo, type Description } from "./commit-info.ts";
import { checkNoConflict, conflict, type Reliance, type Winner } from "./conflict.ts";
import { decodePath, inFolder } from "./data-path.ts";
import { commitPath } from "./log-files.ts";
import { readCommit } from "./read-commit.ts";
import { renderCommit } from "./render-commit.ts";
import type { Snapshot } from "./snapshot.ts";
import { type DeltaContext, openSnapshot, refreshSnapshot } from "./table.ts";
import { type PlannedTable, planTable, type TableSpec } from "./table-spec.ts";

/**
 * The operation is named as Delta's history names it (`CREATE TABLE`, `WRITE`, `DELETE`); `info` is
 * kept under `commitInfo.millrace`, bigint and all.
 */
export interface Change extends Description {
  /** Staged files, adopted by the commit. */
  readonly add?: readonly WrittenFile[];
  /** Files that `adoptFiles` took over already. */
  readonly adopted?: readonly AddFile[];
  readonly remove?: readonly AddFile[] | "all";
  /** The new table, or what it becomes. */
  readonly schema?: TableSpec;
  readonly transactions?: readonly { readonly appId: string; readonly version: bigint }[];
  /** What the change was computed from, for the conflict check. Removing files reads them. */
  readonly reads?: "nothing" | "whole table" | { readonly appIds: readonly string[] };
}

/** The table as the change's maker saw it; without a version there was none. */
export type Base = Snapshot | { readonly folder: string };

const TRIES = 100;
const LONGEST_WAIT_MS = 250;

/** Makes the change or throws with nothing visible changed; resolves to the version it made. */
export async function commit(context: DeltaContext, base: Base, change: Change): Promise<Snapshot> {
  const { folder } = base;
  const before = "version" in base ? base : undefined;
  const planned = change.schema === undefined ? undefined : planTable(change.schema, before);
  checkChange(folder, before, change, planned);
  const adopted = await adoptStaged(context, folder, before, change);
  let version: number;
  try {
    version = await winVersion(context, { folder, before, change, planned, adopted });
  } catch (error) {
    if (systemCodeOf(error) === "delta/conflict") await discard(context, folder, adopted);
    throw error;
  }
  (context.crash ?? noCrash)("delta/committed");
  const after =
    before === undefined
      ? await openSnapshot(context, folder, { version })
      : await refreshSnapshot(context, before, { version });
  if (after === undefined)
    throw new Error(`Bug: version ${version} of ${folder} was committed and is not there`);
  await checkpointWhenDue(context, after);
  return after;
}

interface Attempt {
  readonly folder: string;
  readonly before: Snapshot | undefined;
  readonly change: Change;
  readonly planned: PlannedTable | undefined;
  readonly adopted: readonly AddFile[];
}

/** Creates the commit at the first free version after base that no winner forbids. */
async function winVersion(context: DeltaContext, attempt: Attempt): Promise<number> {
  const { folder, before, change, planned, adopted } = attempt;
  const crash = context.crash ?? noCrash;
  const txnId = randomUUID();
  const now = context.clock.now().getTime();
  const removes = removalsOf(before, change, now);
  const reliance = relianceOf(change, removes);
  const metadata = planned === undefined ? undefined : metadataOf(planned, before, now);
  const protocol = planned?.protocol === before?.protocol ? undefined : planned?.protocol;
  let newest: Winner | undefined;
  for (let attemptNumber = 0; attemptNumber < TRIES; attemptNumber += 1) {
    const version = (newest?.version ?? before?.version ?? -1) + 1;
    const bytes = renderCommit({
      info: commitInfo({
        change,
        txnId,
        now: context.clock.now().getTime(),
        before,
        previous: newest?.actions.info ?? before?.state.info,
        configuration: metadata?.configuration ?? before?.metadata.configuration ?? {},
        isBlindAppend: removes.length === 0 && !reliance.wholeTable,
      }),
      protocol,
      metadata,
      transactions: (change.transactions ?? []).map((txn) => ({ ...txn, lastUpdated: now })),
      removes,
      adds: [...(change.adopted ?? []), ...adopted],
    });
    crash("delta/before-commit");
    if (await createCommit(context, { folder, version, bytes, txnId })) return version;
    newest = await readWinners(context, { folder, version, reliance, isNew: before === undefined });
    await context.clock.sleep(Math.random() * Math.min(LONGEST_WAIT_MS, 2 ** attemptNumber));
  }
  throw new MillraceError(
    `The commit to table ${folder} lost the race ${TRIES} times, last to version ${newest?.version}.`,
    {
      code: "delta/conflict",
      hint: "Many writers commit to this table at once; write less often, or with fewer writers.",
      retryable: true,
    },
  );
}

/** False where another commit has the version. */
async function createCommit(
  { storage }: DeltaContext,
  {
    folder,
    version,
    bytes,
    txnId,
  }: { folder: string; version: number; bytes: Uint8Array; txnId: string },
): Promise<boolean> {
  const path = commitPath(folder, version);
  try {
    if (await storage.create(path, bytes)) return true;
  } catch (error) {
    if (!(error instanceof MillraceError && error.retryable)) throw error;
    const found = await txnIdAt(storage, path);
    if (found === undefined) throw error;
    return found === txnId;
  }
  // The storage may itself have tried twice and met its own first try.
  return (await txnIdAt(storage, path)) === txnId;
}

/** The transaction id of a commit; empty where it names none, undefined where there is no commit. */
async function txnIdAt(
  storage: DeltaContext["storage"],
  path: string,
): Promise<string | undefined> {
  try {
    const { info } = await readCommit(storage, path);
    return typeof info?.txnId === "string" ? info.txnId : "";
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return undefined;
    throw error;
  }
}

/** Checks every commit from `version` on and resolves to the newest. */
async function readWinners(
  { storage }: DeltaContext,
  race: { folder: string; version: number; reliance: Reliance; isNew: boolean },
): Promise<Winner> {
  let newest: Winner | undefined;
  for (let version = race.version; ; version += 1) {
    let winner: Winner;
    try {
      winner = { version, actions: await readCommit(storage, commitPath(race.folder, version)) };
    } catch (error) {
      if (newest !== undefined && systemCodeOf(error) === "storage/not-found") return newest;
      throw error;
    }
    if (race.isNew) throw conflict(race.folder, winner, "the table exists already");
    checkNoConflict(race.reliance, winner, race.folder);
    newest = winner;
  }
}

async function adoptStaged(
  context: DeltaContext,
  folder: string,
  before: Snapshot | undefined,
  { add = [], schema }: Change,
): Promise<AddFile[]> {
  if (add.length === 0) return [];
  const table = schema ?? before;
  if (table === undefined) throw new Error(`Bug: files for ${folder} without a schema`);
  return adoptFiles(context, folder, table, add, schema === undefined ? undefined : before);
}

/** Best effort: what stays is invisible and is vacuumed later. */
async function discard(
  { storage }: DeltaContext,
  folder: string,
  files: readonly AddFile[],
): Promise<void> {
  await Promise.allSettled(
    files.map((file) => storage.remove(inFolder(folder, decodePath(file.path)))),
  );
}

function removalsOf(
  before: Snapshot | undefined,
  { remove = [] }: Change,
  now: number,
): RemoveFile[] {
  const files = remove === "all" ? (before?.files ?? []) : remove;
  return files.map((file) => ({
    path: file.path,
    deletionTimestamp: now,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues: file.partitionValues,
    size: file.size,
    ...(file.deletionVector === undefined ? {} : { deletionVector: file.deletionVector }),
    ...(file.baseRowId === undefined ? {} : { baseRowId: file.baseRowId }),
    ...(file.defaultRowCommitVersion === undefined
      ? {}
      : { defaultRowCommitVersion: file.defaultRowCommitVersion }),
  }));
}

function relianceOf(change: Change, removes: readonly RemoveFile[]): Reliance {
  const { reads = "nothing", transactions = [], remove } = change;
  const read = typeof reads === "object" ? reads.appIds : [];
  return {
    wholeTable: reads === "whole table" || remove === "all",
    appIds: new Set([...read, ...transactions.map(({ appId }) => appId)]),
    removes: new Set(removes.map(keyOf)),
  };
}

function metadataOf(
  { metadata }: PlannedTable,
  before: Snapshot | undefined,
  now: number,
): MetadataAction {
  return {
    id: before?.metadata.id ?? randomUUID(),
    ...metadata,
    createdTime: before?.metadata.createdTime ?? now,
  };
}
