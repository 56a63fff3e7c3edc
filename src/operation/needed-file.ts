/** The files of a table that some kept version needs, as the log tells. */

import { posix } from "node:path";
import type { AddFile } from "../delta/action.ts";
import { decodePath, isAbsolutePath } from "../delta/data-path.ts";
import { vectorPath } from "../delta/deletion-vector.ts";
import { listLog } from "../delta/log-files.ts";
import { readCommit } from "../delta/read-commit.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { DeltaContext } from "../delta/table.ts";

export interface NeededFiles {
  /** By its path below the table's folder. */
  isNeeded(path: string): boolean;
  /** True where the log still says that the file was removed, and nobody needs it any more. */
  isRemoved(path: string): boolean;
}

/**
 * What the newest version holds, what was removed after the cut-off (milliseconds) by the word of
 * whoever removed it, and what the commits removed, or tell of changed rows, that the storage says
 * are younger: a writer whose clock is behind says that it removed a file long ago.
 */
export async function findNeeded(
  { storage }: DeltaContext,
  { folder, state }: Snapshot,
  cutOff: number,
): Promise<NeededFiles> {
  const root = `${storage.uri}/${folder}`.replace(/\/+$/, "");
  const needed = new Set<string>();
  const removed = new Set<string>();
  /** Elsewhere, or here under another name of the same folder: then the names of the files tell. */
  const names = new Set<string>();
  const put = (file: FileOfLog, into: Set<string>): void => {
    const vector = file.deletionVector && vectorPath(file.deletionVector);
    for (const path of vector === undefined ? [file.path] : [file.path, vector]) {
      const below = pathBelow(root, decodePath(path));
      if (below !== undefined) into.add(below);
      else if (into === needed) names.add(posix.basename(decodePath(path)));
    }
  };
  for (const file of state.files.values()) put(file, needed);
  for (const file of state.tombstones.values()) {
    put(file, (file.deletionTimestamp ?? 0) > cutOff ? needed : removed);
  }
  const { commits } = await listLog(storage, folder);
  for (const { path, modified } of commits) {
    if (modified.getTime() < cutOff) continue;
    const { removes, changeData } = await readCommit(storage, path);
    for (const file of [...removes, ...changeData]) put(file, needed);
  }
  return {
    isNeeded: (path) => needed.has(path) || names.has(posix.basename(path)),
    isRemoved: (path) => removed.has(path),
  };
}

type FileOfLog = Pick<AddFile, "path" | "deletionVector">;

/** Undefined where the path, decoded, leads out of the folder. */
function pathBelow(root: string, path: string): string | undefined {
  if (isAbsolutePath(path)) {
    return path.startsWith(`${root}/`) ? posix.normalize(path.slice(root.length + 1)) : undefined;
  }
  const plain = posix.normalize(path);
  return plain.startsWith("../") ? undefined : plain;
}
