/** Which files of a table are worth laying together: the plan of a compaction, made from the log alone. */

import type { AddFile } from "../delta/action.ts";
import { readStatistics } from "../delta/statistics-text.ts";

/** Files of one partition whose rows become one file. */
export interface Bin {
  /** As the log holds them. */
  readonly partitionValues: AddFile["partitionValues"];
  readonly files: readonly AddFile[];
}

/** A file that has lost more of its rows than this to a deletion vector is written anew without them. */
const MOST_DELETED = 0.05;
/** Of one bin, so that no statement grows without bound. */
const MOST_FILES = 2000;

/**
 * Bins of files that are small, less than half the target, or hold many deleted rows. Files stay in
 * the order in which they came, so that what was written together lies together. When all bins are
 * done at most one small file of a partition is left, and the plan is empty.
 */
export function planBins(
  files: readonly AddFile[],
  targetBytes: number,
  { mostDeleted = MOST_DELETED }: { /** Share of rows. */ readonly mostDeleted?: number } = {},
): Bin[] {
  const isWorn = (file: AddFile): boolean => deletedShare(file) > mostDeleted;
  return partitionsOf(files).flatMap(({ partitionValues, files: held }) =>
    binsOf(held, targetBytes, isWorn).map((bin) => ({ partitionValues, files: bin })),
  );
}

function binsOf(
  files: readonly AddFile[],
  targetBytes: number,
  isWorn: (file: AddFile) => boolean,
): AddFile[][] {
  const wanted = files
    .filter((file) => isSmall(file, targetBytes) || isWorn(file))
    .toSorted(byArrival);
  const bins: AddFile[][] = [];
  let room = 0;
  for (const file of wanted) {
    const bin = bins.at(-1);
    const bytes = liveBytes(file);
    if (bin === undefined || bytes > room || bin.length === MOST_FILES) {
      bins.push([file]);
      room = targetBytes - bytes;
    } else {
      bin.push(file);
      room -= bytes;
    }
  }
  return bins.filter((bin) => bin.length > 1 || bin.some(isWorn));
}

/** Files by the values of their partition; null and the empty text are the same one. */
export function partitionsOf(
  files: readonly AddFile[],
): { readonly partitionValues: AddFile["partitionValues"]; readonly files: AddFile[] }[] {
  const partitions = new Map<
    string,
    { partitionValues: AddFile["partitionValues"]; files: AddFile[] }
  >();
  for (const file of files) {
    const entries = Object.entries(file.partitionValues).map(([name, value]) => [
      name,
      value || null,
    ]);
    const key = JSON.stringify(entries.toSorted());
    const found = partitions.get(key);
    if (found === undefined) {
      partitions.set(key, { partitionValues: file.partitionValues, files: [file] });
    } else found.files.push(file);
  }
  return [...partitions.values()];
}

export function isSmall(file: AddFile, targetBytes: number): boolean {
  return liveBytes(file) < targetBytes / 2;
}

/** What the file's rows would take without the deleted ones. */
export function liveBytes(file: AddFile): number {
  return file.size * (1 - deletedShare(file));
}

/** All of it where the log does not say how many rows there are. */
function deletedShare(file: AddFile): number {
  const deleted = Number(file.deletionVector?.cardinality ?? 0);
  if (deleted === 0) return 0;
  const rows = Number(readStatistics(file).rows ?? 0n);
  return rows > 0 ? Math.min(1, deleted / rows) : 1;
}

export function byArrival(left: AddFile, right: AddFile): number {
  return left.modificationTime - right.modificationTime || (left.path < right.path ? -1 : 1);
}
