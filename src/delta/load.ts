/** From the files of a log to the state they show. */

import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import { chooseSegment, commitPath, type LogSegment, listLog } from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";
import { readCheckpoint } from "./read-checkpoint.ts";
import { readCommit, readCommits } from "./read-commit.ts";
import { keepsTimes, type Snapshot, snapshotOf } from "./snapshot.ts";
import { EMPTY_STATE, replay, type TableState } from "./table-state.ts";

interface Access {
  readonly storage: Storage;
  readonly parquet: ParquetIo;
}

/** Replays a segment. A checkpoint that cannot be read is passed over where older files can stand in for it. */
export async function loadSegment(
  access: Access,
  folder: string,
  segment: LogSegment,
): Promise<Snapshot> {
  const { version, modified, checkpoint } = segment;
  let state = EMPTY_STATE;
  if (checkpoint !== undefined) {
    try {
      state = replay(state, [await readCheckpoint(access, folder, checkpoint)]);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === "storage/not-found" || code === "engine/interrupted") throw error;
      return loadSegment(access, folder, await segmentWithout(access, folder, segment, error));
    }
  }
  state = replay(state, await readCommits(access.storage, segment.commits));
  return snapshotOf(await withTime(access.storage, folder, version, state), {
    folder,
    version,
    modified,
  });
}

/** Another way to the same version; throws `delta/corrupt-checkpoint` where there is none. */
async function segmentWithout(
  { storage }: Access,
  folder: string,
  { version, checkpoint }: LogSegment,
  cause: unknown,
): Promise<LogSegment> {
  const broken = checkpoint?.files[0]?.path ?? "";
  const listing = await listLog(storage, folder);
  // Paths begin with the version's digits, so lesser ones are older or of the same version.
  const checkpoints = listing.checkpoints.filter(
    ({ files: [first] }) => first !== undefined && first.path < broken,
  );
  try {
    const found = chooseSegment({ ...listing, checkpoints }, folder, version);
    if (found !== undefined) return found;
  } catch {
    // The older files have a hole: the checkpoint is the only way.
  }
  throw new MillraceError(
    `The checkpoint ${broken} of table ${folder} cannot be read, and the commits before it are gone: ${messageOf(cause)}`,
    { code: "delta/corrupt-checkpoint", hint: "Restore the file from a backup.", cause },
  );
}

/** A checkpoint does not hold its version's own time; its commit does, if it is still there. */
async function withTime(
  storage: Storage,
  folder: string,
  version: number,
  state: TableState,
): Promise<TableState> {
  if (state.info !== undefined || !keepsTimes(state.metadata?.configuration ?? {})) return state;
  try {
    return { ...state, info: (await readCommit(storage, commitPath(folder, version))).info };
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return state;
    throw error;
  }
}
