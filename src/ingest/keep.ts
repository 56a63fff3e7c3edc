/**
 * Rows that a table keeps for some time only. Those that are older are deleted in a commit of their own, and what held
 * them is removed from disk as soon as readers have had the time that `delta.deletedFileRetentionDuration` gives them:
 * none where nobody set it, since it is declared that the rows are to go.
 *
 * The commit that deletes carries the transaction `millrace/kept` with its time in milliseconds, the removal of files
 * `millrace/vacuumed`: while the second is behind the first, files are still to be removed, whoever was killed between.
 */

import { decodePath, inFolder } from "../delta/data-path.ts";
import { deletedFileRetentionMs } from "../delta/retention.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { scan } from "../delta/table.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { withSession } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo } from "../lake/step-info.ts";
import { deleteRows } from "../operation/delete-rows.ts";
import { vacuum } from "../operation/vacuum.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { Ingested, KeepTime } from "./asset.ts";

const KEPT_APP = "millrace/kept";
const VACUUMED_APP = "millrace/vacuumed";
const RETENTION = "delta.deletedFileRetentionDuration";
/** Files that others removed may hold old rows too. */
const LOOKED_FOR_EVERY_MS = 86_400_000;

/** What is too old by now. */
export interface TooOld {
  readonly rows: number;
  /** The instant before which rows are too old. */
  readonly before: Date;
  /** Whether files of rows that were deleted before are to be removed by now. */
  readonly owesFiles: boolean;
}

/** Undefined where the table keeps everything, or is not there. */
export async function findTooOld(
  context: Pick<StepContext, "lake">,
  asset: Ingested,
): Promise<TooOld | undefined> {
  const { lake } = context;
  const { keep } = asset.definition;
  const table = await lake.find(asset.name);
  if (keep === undefined || table === undefined) return undefined;
  const before = new Date(lake.clock.now().getTime() - keep.ms);
  const owesFiles = owes(table, lake.clock.now().getTime());
  const condition = conditionOf(table, keep, before);
  const files = await scan(lake.delta, table, [condition.filter]);
  if (files.files.length === 0) return { rows: 0, before, owesFiles };
  const [row] = await lake.engine.rows(
    `select count(*) as n from ${lake.engine.relation(files)} where ${condition.sql}`,
  );
  return { rows: Number(row?.n ?? 0), before, owesFiles };
}

/** What `plan` says of it; undefined where nothing is to be done. */
export function describeTooOld(
  { rows, owesFiles }: TooOld,
  { definition: { keep } }: Ingested,
): string | undefined {
  if (rows > 0) return `${rows} ${rows === 1 ? "row is" : "rows are"} older than ${keep?.for}`;
  return owesFiles ? "files of rows that were deleted can be removed by now" : undefined;
}

/** Deletes what is too old and removes what held it; undefined where there was nothing to do. */
export async function keepRecent(
  context: StepContext,
  asset: Ingested,
): Promise<StepOutcome | undefined> {
  const { lake } = context;
  const found = await findTooOld(context, asset);
  if (found === undefined) return undefined;
  const deleted = found.rows === 0 ? undefined : await deleteOld(context, asset, found);
  const table = deleted ?? (await lake.find(asset.name));
  const { keep } = asset.definition;
  if (table === undefined || keep === undefined) return undefined;
  const removed = await removeFiles(context, asset, { table, keep });
  const after = removed ?? deleted;
  return after === undefined
    ? undefined
    : { state: "done", version: after.version, ledger: NOTHING };
}

async function deleteOld(
  context: StepContext,
  asset: Ingested,
  { rows, before }: TooOld,
): Promise<Snapshot> {
  const { lake, run, signal } = context;
  const { name, definition } = asset;
  const table = await lake.find(name);
  const { keep } = definition;
  if (table === undefined || keep === undefined) throw new Error(`Bug: ${name} keeps nothing`);
  const info: StepInfo = {
    run: run.id,
    asset: name,
    kind: "keep",
    ledger: [{ ...NOTHING, source: `keep ${keep.for} by ${keep.by}`, read: rows, filtered: rows }],
  };
  const { snapshot } = await withSession(context, (engine: Engine) =>
    deleteRows({ delta: lake.delta, engine, signal }, table, {
      where: conditionOf(table, keep, before).sql,
      leavesNone: true,
      info: { ...info },
      transactions: [{ appId: KEPT_APP, version: BigInt(lake.clock.now().getTime()) }],
    }),
  );
  lake.crash("keep/rows-deleted");
  context.note(
    `${rows} ${rows === 1 ? "row" : "rows"} with ${keep.by} before ${before.toISOString()} deleted`,
  );
  return snapshot;
}

/** The version that says so; undefined where nothing was to be removed. */
async function removeFiles(
  context: StepContext,
  { name }: Ingested,
  { table, keep }: { readonly table: Snapshot; readonly keep: KeepTime },
): Promise<Snapshot | undefined> {
  const { lake, signal } = context;
  const now = lake.clock.now().getTime();
  const { configuration, createdTime = now } = table.metadata;
  const isOwed = owes(table, now);
  const vacuumed = Number(table.transactions.get(VACUUMED_APP) ?? 0n);
  const isTime = now >= Math.max(vacuumed, createdTime) + LOOKED_FOR_EVERY_MS;
  if (!isOwed && !isTime) return undefined;
  const retentionMs = isOwed
    ? graceOf(table)
    : Math.min(deletedFileRetentionMs(configuration), keep.ms);
  const how = { retentionMs, force: true, isRecorded: false };
  const { files, bytes } = await vacuum({ delta: lake.delta, signal }, table, how);
  lake.crash("keep/files-removed");
  if (!isOwed && files.length === 0) return undefined;
  // The storage's clock may be behind ours: then they are looked for again by the next run.
  if (isOwed && (await isHeld(context, table))) return undefined;
  const base = (await lake.find(name)) ?? table;
  return commit(lake.delta, base, {
    operation: "VACUUM END",
    parameters: { status: "COMPLETED", specifiedRetentionMillis: retentionMs },
    metrics: { numDeletedFiles: files.length, sizeOfDataToDelete: bytes },
    transactions: [{ appId: VACUUMED_APP, version: BigInt(now) }],
  });
}

/** True while a file is on disk whose rows were deleted for their age. */
async function isHeld({ lake, signal }: StepContext, table: Snapshot): Promise<boolean> {
  const kept = Number(table.transactions.get(KEPT_APP) ?? 0n);
  const how = { retentionMs: 0, force: true, dryRun: true };
  const { files } = await vacuum({ delta: lake.delta, signal }, table, how);
  const left = new Set(files.map(({ path }) => path));
  return table.state.tombstones
    .values()
    .some(
      ({ path, deletionTimestamp = 0 }) =>
        deletionTimestamp <= kept && left.has(inFolder(table.folder, decodePath(path))),
    );
}

function owes(table: Snapshot, now: number): boolean {
  const due = Number(table.transactions.get(KEPT_APP) ?? 0n) + graceOf(table);
  const vacuumed = Number(table.transactions.get(VACUUMED_APP) ?? 0n);
  return table.transactions.has(KEPT_APP) && vacuumed < due && now >= due;
}

function graceOf({ metadata: { configuration } }: Snapshot): number {
  return Object.hasOwn(configuration, RETENTION) ? deletedFileRetentionMs(configuration) : 0;
}

interface Condition {
  readonly sql: string;
  readonly filter: { readonly column: string; readonly op: "<"; readonly value: string };
}

/** A day is too old when all of it is; a time without a zone is taken for one of UTC. */
function conditionOf({ metadata }: Snapshot, { by }: KeepTime, before: Date): Condition {
  const type = metadata.fields.find(({ name }) => name === by)?.type;
  const instant = before.toISOString();
  const value =
    type === "date"
      ? instant.slice(0, 10)
      : type === "timestamp_ntz"
        ? instant.slice(0, -1).replace("T", " ")
        : instant;
  const literal = `${quoteText(value)}::${type === "date" ? "date" : type === "timestamp_ntz" ? "timestamp" : "timestamptz"}`;
  return { sql: `${quoteName(by)} < ${literal}`, filter: { column: by, op: "<", value } };
}
