/** What happened to the rows of an input since the version that a table was made of, as its log tells. */

import { type Actions, type AddFile, keyOf, type RemoveFile } from "../delta/action.ts";
import { decodePath, inFolder, isAbsolutePath } from "../delta/data-path.ts";
import { listLog } from "../delta/log-files.ts";
import { readCommits } from "../delta/read-commit.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Storage } from "../storage/storage.ts";

export type InputChange =
  /** Commits that leave all rows as they are, or none. */
  | { readonly kind: "none" }
  /** Only new rows, in these files. */
  | { readonly kind: "rows added"; readonly files: readonly AddFile[] }
  /** Rows were updated or deleted too. */
  | { readonly kind: "rows changed" }
  /** Nobody can or need tell row by row. */
  | { readonly kind: "replaced"; readonly because: string };

/** Commits that are looked at; a table that was left behind further is made anew. */
const MOST_COMMITS = 1000;

/** Operations that put other rows in the place of all. */
const REPLACING = /^(CREATE|REPLACE|RESTORE|TRUNCATE|CLONE|CHANGE COLUMN)/i;

/** Between the version `seen` and that of the snapshot; why it is replaced in words that go on from the input's name. */
export async function changeOf(
  storage: Storage,
  input: Snapshot,
  seen: bigint,
): Promise<InputChange> {
  const { folder, version } = input;
  const replaced = (because: string): InputChange => ({ kind: "replaced", because });
  if (seen > BigInt(version)) return replaced("is older than it was");
  if (BigInt(version) - seen > BigInt(MOST_COMMITS))
    return replaced(`has more than ${MOST_COMMITS} new versions`);
  const listing = await listLog(storage, folder, Number(seen) + 1);
  const commits = listing.commits.filter((commit) => commit.version <= version);
  if (commits.length < version - Number(seen)) return replaced("has cleaned its log away");
  const added = new Map<string, AddFile>();
  const gone = new Map<string, AddFile | RemoveFile>();
  let isChanged = false;
  for (const [index, actions] of (await readCommits(storage, commits)).entries()) {
    const adds = actions.adds.filter(({ dataChange }) => dataChange);
    const removes = actions.removes.filter(({ dataChange }) => dataChange);
    const at = `in version ${commits[index]?.version}`;
    for (const file of actions.removes) gone.set(keyOf(file), file);
    if (adds.length + removes.length === 0 && !changesColumns(actions)) continue;
    if (adds.length + removes.length === 0) return replaced(`changed its columns ${at}`);
    if (isReplacing(actions)) {
      const isRestored = String(actions.info?.operation) === "RESTORE";
      return replaced(`was ${isRestored ? "restored" : "overwritten"} ${at}`);
    }
    if (removes.length > 0) isChanged = true;
    for (const file of adds) added.set(keyOf(file), file);
  }
  if (!isChanged && added.size === 0) return { kind: "none" };
  // Changed rows are told by the files that are gone beside those that came; new ones by the latter alone.
  const needed = isChanged ? gone.values() : added.values();
  for (const file of needed) {
    if (!(await isThere(storage, input, file))) return replaced(VACUUMED);
  }
  return isChanged ? { kind: "rows changed" } : { kind: "rows added", files: [...added.values()] };
}

const VACUUMED = "has had files vacuumed that were not taken in yet";

/** A part that was overwritten is told row by row: the files that are gone and those that came say which. */
function isReplacing({ info }: Actions): boolean {
  if (REPLACING.test(String(info?.operation ?? ""))) return true;
  const parameter = (name: string): string => {
    const parameters = info?.operationParameters;
    const isObject = typeof parameters === "object" && parameters !== null;
    return isObject
      ? String(Object.entries(parameters).find(([key]) => key === name)?.[1] ?? "")
      : "";
  };
  if (!/overwrite/i.test(parameter("mode"))) return false;
  const isOfRows = !["", "[]"].includes(parameter("predicate"));
  return !isOfRows && parameter("isDynamicPartitionOverwrite") !== "true";
}

/** Properties leave the rows as they are; columns may come or go with their values. */
function changesColumns({ metadata, info }: Actions): boolean {
  const isProperty = /TBLPROPERTIES|CONSTRAINT|UPGRADE PROTOCOL|DROP FEATURE/i;
  return metadata !== undefined && !isProperty.test(String(info?.operation ?? ""));
}

/** A file that is in no newer version may have been vacuumed. */
async function isThere(
  storage: Storage,
  { folder, state }: Snapshot,
  file: AddFile | RemoveFile,
): Promise<boolean> {
  const decoded = decodePath(file.path);
  if (state.files.has(keyOf(file)) || isAbsolutePath(decoded)) return true;
  const place = inFolder(folder, decoded);
  const parent = place.slice(0, place.lastIndexOf("/"));
  // Nothing sorts between a path without its last character and that path but what begins alike.
  for await (const found of storage.list(parent, { after: place.slice(0, -1) })) {
    if (found.path >= place) return found.path === place;
  }
  return false;
}
