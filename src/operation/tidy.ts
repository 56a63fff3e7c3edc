/**
 * Small-file care for tables that are appended to again and again: cheap enough to be called after every commit.
 *
 * Whether it is worth it is told by the newest snapshot alone. Files of about the same size are laid together, the
 * smallest first, and a file that is larger than all those before it waits until there are others like it: so each
 * row is written anew a few times in its life, and not with every commit.
 */

import type { AddFile } from "../delta/action.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type Bin, isSmall, liveBytes, partitionsOf } from "./bin.ts";
import type { TableContext } from "./context.ts";
import { type Optimized, optimizeBins } from "./optimize.ts";

export interface TidyOptions {
  /** Small files of a partition that are worth a commit; 50 unless told. */
  readonly least?: number;
  /** Of a file; 32 MB unless told. What is larger than half of it is left for `optimize`. */
  readonly targetBytes?: number;
}

const LEAST = 50;
const TARGET = 32_000_000;
/** So many times fewer files are enough for them. */
const LATER_RANKS = 4;

/** Resolves to what was done, or to undefined where nothing was worth it. */
export async function tidyTable(
  context: TableContext,
  snapshot: Snapshot,
  { least = LEAST, targetBytes = TARGET }: TidyOptions = {},
): Promise<Optimized | undefined> {
  const bins = planTidy(snapshot.files, { least, targetBytes });
  return bins.length === 0 ? undefined : optimizeBins(context, snapshot, bins, targetBytes);
}

/** At most one bin of each partition. */
export function planTidy(
  files: readonly AddFile[],
  how: { readonly least: number; readonly targetBytes: number },
): Bin[] {
  const { least, targetBytes } = how;
  if (files.length < least) return [];
  return partitionsOf(files).flatMap(({ partitionValues, files: held }) => {
    const small = held.filter((file) => isSmall(file, targetBytes));
    if (small.length < least) return [];
    const bin = firstRank(
      small.toSorted((a, b) => liveBytes(a) - liveBytes(b)),
      how,
    );
    return bin.length > 1 ? [{ partitionValues, files: bin }] : [];
  });
}

/**
 * Files in the order of their size fall into ranks: a new one begins with a file larger than all
 * before it. The first rank that has enough files is laid together with the smaller ones, which are
 * few. Ranks after the first need fewer, since their files are the outcome of earlier care.
 */
function firstRank(
  files: readonly AddFile[],
  { least, targetBytes }: { readonly least: number; readonly targetBytes: number },
): AddFile[] {
  const bin: AddFile[] = [];
  let [bytes, inRank, enough] = [0, 0, least];
  for (const file of files) {
    const size = liveBytes(file);
    if (bytes + size > targetBytes) break;
    if (size > bytes && bin.length > 0) {
      if (inRank >= enough) break;
      [inRank, enough] = [0, Math.max(2, Math.ceil(least / LATER_RANKS))];
    }
    bin.push(file);
    bytes += size;
    inRank += 1;
  }
  return inRank >= enough ? bin : [];
}
