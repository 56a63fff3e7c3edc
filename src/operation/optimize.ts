/**
 * Laying a table's files together: small ones into files of a target size, or all of them along a Z-order curve.
 *
 * - The plan is made from the log. What is not worth writing anew is left, so a second call writes nothing.
 * - Bins are written into staging, some at a time; each batch is one commit that changes no row. A process that dies
 *   loses at most the batch it was at, and the next call goes on from there.
 * - A commit that lost to one that took some of the same files gives those bins up and commits the others. What was
 *   given up is planned again. Appends stand in nobody's way.
 */

import { noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { checkWritable } from "../delta/protocol.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type Bin, liveBytes, planBins } from "./bin.ts";
import { type Committed, commitBins, isThere, type Laid } from "./commit-bin.ts";
import type { TableContext } from "./context.ts";
import { filterPartitions } from "./partition-filter.ts";
import { type Rewritten, rewriteBin } from "./rewrite.ts";
import { checkZOrder } from "./z-order.ts";
import { planCubes } from "./z-order-plan.ts";

export interface OptimizeOptions {
  /** Of a file; 256 MB unless the table says (`delta.targetFileSize`), at most 512 MB. */
  readonly targetBytes?: number;
  /** A condition in SQL over the partition columns; all partitions without it. */
  readonly where?: string;
  /** Columns to order by; bin packing without them. */
  readonly zOrderBy?: readonly string[];
  /** Also files with a single deleted row are written anew, so that no file of the newest version holds one. */
  readonly purge?: boolean;
}

export interface Optimized {
  /** The newest version, ours or another's. */
  readonly version: number;
  readonly commits: number;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
  readonly bytesRemoved: number;
  readonly vectorsRemoved: number;
}

const DEFAULT_TARGET = 256_000_000;
/** The engine ends a file that would grow beyond. */
const LARGEST_TARGET = 512_000_000;
/** Plans after the first: files that came out small, and bins that were given up. */
const PASSES = 5;
/** A commit is made when so many bytes of files, in multiples of the target, or so many files are written anew. */
const TARGETS_A_COMMIT = 4;
const FILES_A_COMMIT = 4000;

/** Resolves to what was done; nothing, and no version, where nothing was worth it. */
export async function optimize(
  context: TableContext,
  snapshot: Snapshot,
  options: OptimizeOptions = {},
): Promise<Optimized> {
  const { protocol, folder, version } = snapshot;
  checkWritable(protocol, { table: folder, version });
  const targetBytes = targetOf(snapshot, options.targetBytes);
  if (options.purge === true && options.zOrderBy !== undefined) {
    throw new MillraceError("Files are ordered or purged of deleted rows, not both at once", {
      code: "operation/bad-z-order",
      hint: "Purge first, then order.",
    });
  }
  if (options.zOrderBy !== undefined) checkZOrder(snapshot, options.zOrderBy);
  let newest = snapshot;
  const laid: Laid[] = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const bins = await planPass(context, newest, { ...options, targetBytes });
    if (bins.length === 0) break;
    const done = await layBins(context, newest, bins, { ...options, targetBytes });
    newest = done.snapshot;
    laid.push(...done.laid);
  }
  return summaryOf(newest, laid);
}

/** The same for bins that were planned already, once, as care that nobody asked for. */
export async function optimizeBins(
  context: TableContext,
  snapshot: Snapshot,
  bins: readonly Bin[],
  targetBytes: number,
): Promise<Optimized> {
  const done = await layBins(context, snapshot, bins, { targetBytes, isAutomatic: true });
  return summaryOf(done.snapshot, done.laid);
}

interface Asked extends OptimizeOptions {
  readonly targetBytes: number;
  readonly isAutomatic?: boolean;
}

async function planPass(
  { engine }: TableContext,
  snapshot: Snapshot,
  { targetBytes, where, zOrderBy, purge = false }: Asked,
): Promise<Bin[]> {
  const files =
    where === undefined ? snapshot.files : await filterPartitions(engine, snapshot, where);
  return zOrderBy === undefined
    ? planBins(files, targetBytes, purge ? { mostDeleted: 0 } : {})
    : planCubes(files, checkZOrder(snapshot, zOrderBy), targetBytes);
}

/** Bytes, from what the caller or the table's owner asks for. */
function targetOf({ metadata }: Snapshot, asked?: number): number {
  const told = /^(\d+)\s*([kmgt]?)i?b?$/i.exec(
    metadata.configuration["delta.targetFileSize"] ?? "",
  );
  const unit = 1024 ** ["", "k", "m", "g", "t"].indexOf(told?.[2]?.toLowerCase() ?? "");
  const property = told === null ? undefined : Number(told[1]) * unit;
  return Math.max(1, Math.min(asked ?? property ?? DEFAULT_TARGET, LARGEST_TARGET));
}

interface Progress {
  readonly snapshot: Snapshot;
  readonly laid: readonly Laid[];
}

/** Writes bins and commits them in batches; bins of files that are gone meanwhile are passed over. */
async function layBins(
  context: TableContext,
  start: Snapshot,
  bins: readonly Bin[],
  asked: Asked,
): Promise<Progress> {
  let snapshot = start;
  const laid: Laid[] = [];
  for (const batch of batchesOf(bins, asked.targetBytes)) {
    context.signal?.throwIfAborted();
    const there = batch.filter((bin) => isThere(snapshot, bin));
    const done = await layBatch(context, snapshot, there, asked);
    laid.push(...done.laid);
    snapshot = done.snapshot;
    if (done.isOtherTable) break;
  }
  return { snapshot, laid };
}

async function layBatch(
  context: TableContext,
  snapshot: Snapshot,
  bins: readonly Bin[],
  { zOrderBy, targetBytes, where, isAutomatic = false }: Asked,
): Promise<Committed> {
  const { storage, crash = noCrash } = context.delta;
  const zOrder = zOrderBy && checkZOrder(snapshot, zOrderBy);
  const staging = await storage.openStaging();
  try {
    const written: Rewritten[] = [];
    for (const bin of bins) {
      context.signal?.throwIfAborted();
      const how = { folder: staging.folder, targetBytes, zOrder };
      written.push(await rewriteBin(context, snapshot, bin, how));
    }
    crash("optimize/written");
    return await commitBins(context, snapshot, written, { where, zOrder, isAutomatic });
  } finally {
    await staging.close();
  }
}

function batchesOf(bins: readonly Bin[], targetBytes: number): Bin[][] {
  const batches: Bin[][] = [];
  let [bytes, files] = [Number.POSITIVE_INFINITY, 0];
  for (const bin of bins) {
    if (bytes >= TARGETS_A_COMMIT * targetBytes || files >= FILES_A_COMMIT) {
      batches.push([]);
      [bytes, files] = [0, 0];
    }
    batches.at(-1)?.push(bin);
    bytes += bin.files.reduce((sum, file) => sum + liveBytes(file), 0);
    files += bin.files.length;
  }
  return batches;
}

function summaryOf({ version }: Snapshot, laid: readonly Laid[]): Optimized {
  const [added, removed] = [laid.flatMap((one) => one.added), laid.flatMap((one) => one.removed)];
  const bytesOf = (files: readonly AddFile[]) => files.reduce((sum, { size }) => sum + size, 0);
  return {
    version,
    commits: new Set(laid.map((one) => one.version)).size,
    filesAdded: added.length,
    filesRemoved: removed.length,
    bytesAdded: bytesOf(added),
    bytesRemoved: bytesOf(removed),
    vectorsRemoved: removed.filter(({ deletionVector }) => deletionVector !== undefined).length,
  };
}
