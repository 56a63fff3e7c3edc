/** The files that tell which rows a range of versions changed. */

import { mapInOrder } from "../base/parallel.ts";
import type { Actions, AddFile, ChangeFile, RemoveFile } from "../delta/action.ts";
import { decodePath } from "../delta/data-path.ts";
import { type CommitFile, listLog } from "../delta/log-files.ts";
import { readCommit } from "../delta/read-commit.ts";
import { inCommitTime, risingTimes } from "../delta/time-travel.ts";
import type { Storage } from "../storage/storage.ts";

/** Rows of one file, all of one version and one kind. */
export interface ChangedFile {
  readonly version: number;
  readonly timestamp: Date;
  /** As it would be scanned. */
  readonly file: AddFile;
  /** Undefined where the rows themselves say it: a file of change data. */
  readonly type: "insert" | "delete" | undefined;
  /** The same file with another deletion vector: only rows that this one hides changed. */
  readonly unlike?: AddFile;
}

export interface VersionChanges {
  readonly version: number;
  readonly actions: Actions;
  readonly files: readonly ChangedFile[];
  /** True where it took no row away and changed none. */
  readonly isAppend: boolean;
}

const AT_ONCE = 8;

/** One entry for each version that is still in the log, in order. */
export async function changesByVersion(
  storage: Storage,
  folder: string,
  { from, to }: { from: number; to: number },
): Promise<VersionChanges[]> {
  const { commits } = await listLog(storage, folder, from);
  const wanted = commits.filter(({ version }) => version <= to);
  const times = new Map(risingTimes(wanted).map(({ version, time }) => [version, time]));
  return mapInOrder(wanted, AT_ONCE, async (commit) => {
    const actions = await readCommit(storage, commit.path);
    const time = inCommitTime(actions.info) ?? times.get(commit.version) ?? 0;
    return versionChanges(commit, actions, new Date(time));
  });
}

function versionChanges(
  { version }: CommitFile,
  actions: Actions,
  timestamp: Date,
): VersionChanges {
  const adds = actions.adds.filter(({ dataChange }) => dataChange);
  const removes = actions.removes.filter(({ dataChange }) => dataChange);
  const at = { version, timestamp };
  const files =
    actions.changeData.length > 0
      ? actions.changeData.map((file) => ({ ...at, file: scanned(file), type: undefined }))
      : changesOfFiles(adds, removes).map((changed) => ({ ...at, ...changed }));
  const isAppend = removes.length === 0 && actions.changeData.length === 0;
  return { version, actions, files, isAppend };
}

type Change = Pick<ChangedFile, "file" | "type" | "unlike">;

/** A file that is removed and added again is one whose deletion vector changed. */
function changesOfFiles(adds: readonly AddFile[], removes: readonly RemoveFile[]): Change[] {
  const before = new Map(removes.map((file) => [decodePath(file.path), file]));
  const changes = adds.flatMap((file): Change[] => {
    const path = decodePath(file.path);
    const old = before.get(path);
    before.delete(path);
    if (old === undefined) return [{ file, type: "insert" }];
    const was = { ...scanned(old), partitionValues: file.partitionValues };
    return [
      { file: was, type: "delete", unlike: file },
      { file, type: "insert", unlike: was },
    ];
  });
  const gone = [...before.values()].map(
    (file): Change => ({ file: scanned(file), type: "delete" }),
  );
  return [...changes, ...gone];
}

function scanned({
  path,
  partitionValues = {},
  size = 0,
  ...rest
}: ChangeFile | RemoveFile): AddFile {
  const vector = "deletionVector" in rest ? rest.deletionVector : undefined;
  return {
    path,
    partitionValues,
    size,
    modificationTime: 0,
    dataChange: true,
    ...(vector === undefined ? {} : { deletionVector: vector }),
  };
}
