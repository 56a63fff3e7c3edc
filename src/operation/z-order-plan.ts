/** Which files of a table are worth ordering along a curve, made from the marks that ordered files carry. */

import type { AddFile } from "../delta/action.ts";
import { type Bin, byArrival, liveBytes, partitionsOf } from "./bin.ts";
import type { ZOrder } from "./z-order.ts";

/** Files that were ordered together, as Delta's own writers mark them. */
const CUBE = "ZCUBE_ID";
const COLUMNS = "ZCUBE_ZORDER_BY";
const CURVE = "ZCUBE_ZORDER_CURVE";

/** Sorted together at most, in multiples of the target. */
const TARGETS_A_CUBE = 16;

export function cubeTags({ mark }: ZOrder, id: string): Readonly<Record<string, string>> {
  return { [CUBE]: id, [COLUMNS]: mark, [CURVE]: "zorder" };
}

/**
 * Bins of files that are not in this order yet, with those ordered before as long as they are few:
 * these are sorted again, so that many small additions do not leave many small orders. Where all
 * files of a partition are in order there is nothing to do.
 */
export function planCubes(files: readonly AddFile[], { mark }: ZOrder, targetBytes: number): Bin[] {
  const most = TARGETS_A_CUBE * targetBytes;
  return partitionsOf(files).flatMap(({ partitionValues, files: held }) => {
    const isOrdered = ({ tags }: AddFile) =>
      tags?.[CURVE] === "zorder" && tags[COLUMNS] === mark && tags[CUBE] !== undefined;
    const fresh = held.filter((file) => !isOrdered(file));
    if (fresh.length === 0) return [];
    const cubes = Map.groupBy(held.filter(isOrdered), ({ tags }) => tags?.[CUBE]);
    const open = [...cubes.values()].filter((cube) => bytesOf(cube) < most / 2).flat();
    const together = [...open, ...fresh].toSorted(byArrival);
    return chunks(together, most).map((bin) => ({ partitionValues, files: bin }));
  });
}

function chunks(files: readonly AddFile[], most: number): AddFile[][] {
  const found: AddFile[][] = [];
  let room = 0;
  for (const file of files) {
    const bytes = liveBytes(file);
    if (found.length === 0 || bytes > room) {
      found.push([]);
      room = most;
    }
    found.at(-1)?.push(file);
    room -= bytes;
  }
  return found;
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + liveBytes(file), 0);
}
