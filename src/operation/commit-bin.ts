/** Putting rewritten bins into the table: all of them in one commit, or those whose files nobody took meanwhile. */

import { randomUUID } from "node:crypto";
import { noCrash } from "../base/crash-point.ts";
import { systemCodeOf } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import { type AddFile, keyOf } from "../delta/action.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { decodePath, inFolder } from "../delta/data-path.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { refreshSnapshot } from "../delta/table.ts";
import { commit } from "../delta/write.ts";
import type { Bin } from "./bin.ts";
import type { TableContext } from "./context.ts";
import type { Rewritten } from "./rewrite.ts";
import type { ZOrder } from "./z-order.ts";
import { cubeTags } from "./z-order-plan.ts";

/** A bin that the table has in its new files. */
export interface Laid {
  readonly version: number;
  readonly added: readonly AddFile[];
  readonly removed: readonly AddFile[];
}

export interface Committed {
  /** The newest that was seen. */
  readonly snapshot: Snapshot;
  readonly laid: readonly Laid[];
  /** True where the table became another one, for which nothing that was written holds. */
  readonly isOtherTable: boolean;
}

interface Words {
  readonly where: string | undefined;
  readonly zOrder: ZOrder | undefined;
  /** True where nobody asked for it. */
  readonly isAutomatic: boolean;
}

interface Adopted {
  readonly bin: Bin;
  readonly files: readonly AddFile[];
}

/** Commits that were lost to others, one after the other. */
const TRIES = 20;

/** Files that found no place are removed again. */
export async function commitBins(
  context: TableContext,
  start: Snapshot,
  rewritten: readonly Rewritten[],
  words: Words,
): Promise<Committed> {
  let snapshot = start;
  let bins = await adoptBins(context, snapshot, rewritten, words.zOrder);
  (context.delta.crash ?? noCrash)("optimize/adopted");
  for (let tries = 1; bins.length > 0; tries += 1) {
    try {
      snapshot = await commit(context.delta, snapshot, changeOf(bins, words));
      const { version } = snapshot;
      const laid = bins.map(({ bin, files }) => ({ version, added: files, removed: bin.files }));
      return { snapshot, laid, isOtherTable: false };
    } catch (error) {
      if (systemCodeOf(error) !== "delta/conflict") throw error;
      if (tries === TRIES) {
        await discard(context, snapshot.folder, bins);
        throw error;
      }
    }
    const now = await refreshSnapshot(context.delta, snapshot);
    const isOtherTable = !isSameTable(snapshot, now);
    snapshot = now;
    const kept = isOtherTable ? [] : bins.filter(({ bin }) => isThere(now, bin));
    await discard(
      context,
      now.folder,
      bins.filter((one) => !kept.includes(one)),
    );
    bins = kept;
    if (isOtherTable) return { snapshot, laid: [], isOtherTable };
  }
  return { snapshot, laid: [], isOtherTable: false };
}

/** True while every file of the bin is in the table as the bin has it. */
export function isThere({ state }: Snapshot, { files }: Bin): boolean {
  return files.every((file) => state.files.has(keyOf(file)));
}

async function adoptBins(
  { delta }: TableContext,
  snapshot: Snapshot,
  rewritten: readonly Rewritten[],
  zOrder: ZOrder | undefined,
): Promise<Adopted[]> {
  const adopted: Adopted[] = [];
  for (const { bin, files } of rewritten) {
    const added = await adoptFiles(delta, snapshot.folder, snapshot, files);
    const tags = zOrder && cubeTags(zOrder, randomUUID());
    adopted.push({
      bin,
      files: tags === undefined ? added : added.map((file) => ({ ...file, tags })),
    });
  }
  return adopted;
}

function isSameTable(before: Snapshot, now: Snapshot): boolean {
  const textOf = ({ state }: Snapshot) => renderJson([state.protocol, state.metadata]);
  return textOf(before) === textOf(now);
}

async function discard(
  { delta: { storage } }: TableContext,
  folder: string,
  bins: readonly Adopted[],
): Promise<void> {
  const paths = bins.flatMap(({ files }) =>
    files.map(({ path }) => inFolder(folder, decodePath(path))),
  );
  await Promise.allSettled(paths.map((path) => storage.remove(path)));
}

function changeOf(bins: readonly Adopted[], { where, zOrder, isAutomatic }: Words) {
  const remove = bins.flatMap(({ bin }) => bin.files);
  const adopted = bins.flatMap(({ files }) => files);
  return {
    operation: "OPTIMIZE",
    parameters: {
      predicate: renderJson(where === undefined ? [] : [where]),
      zOrderBy: renderJson(zOrder?.columns ?? []),
      clusterBy: "[]",
      auto: String(isAutomatic),
    },
    metrics: metricsOf(adopted, remove),
    remove,
    adopted,
    dataChange: false,
  };
}

/** As Spark names and counts them. */
function metricsOf(
  added: readonly AddFile[],
  removed: readonly AddFile[],
): Readonly<Record<string, number>> {
  const sizes = added.map(({ size }) => size).toSorted((a, b) => a - b);
  const at = (share: number) => sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
  return {
    numRemovedFiles: removed.length,
    numRemovedBytes: removed.reduce((sum, { size }) => sum + size, 0),
    numAddedFiles: added.length,
    numAddedBytes: sizes.reduce((sum, size) => sum + size, 0),
    minFileSize: at(0),
    p25FileSize: at(0.25),
    p50FileSize: at(0.5),
    p75FileSize: at(0.75),
    maxFileSize: at(1),
    numDeletionVectorsRemoved: removed.filter((file) => file.deletionVector !== undefined).length,
  };
}
