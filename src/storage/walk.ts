/** The files below a folder of a local disk, in the order of their paths. */

import type { Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { diskError } from "./disk-error.ts";
import { STAGING } from "./staging.ts";
import type { StoredFile } from "./storage.ts";

/** Files below `folder`, which is relative to `home`; paths up to and including `after` are not even looked at. */
export async function* walkFiles(
  home: string,
  folder: string,
  after = "",
): AsyncGenerator<StoredFile> {
  const prefix = folder === "" ? "" : `${folder}/`;
  const found = (await entriesOf(home, folder))
    .filter((entry) => !isHidden(prefix, entry))
    .map((entry) => ({
      isFolder: entry.isDirectory(),
      // What is in a folder sorts by the folder's name with its slash.
      path: `${prefix}${entry.name}${entry.isDirectory() ? "/" : ""}`,
    }))
    .filter(({ isFolder, path }) => path > after || (isFolder && after.startsWith(path)))
    .toSorted((left, right) => (left.path < right.path ? -1 : 1));
  for (const { isFolder, path } of found) {
    if (isFolder) {
      yield* walkFiles(home, path.slice(0, -1), after);
      continue;
    }
    const file = await fileAt(home, path);
    if (file !== undefined) yield file;
  }
}

/** Names of the folders directly in a folder, sorted. */
export async function listFolders(home: string, folder: string): Promise<string[]> {
  const prefix = folder === "" ? "" : `${folder}/`;
  return (await entriesOf(home, folder))
    .filter((entry) => entry.isDirectory() && !isHidden(prefix, entry))
    .map(({ name }) => name)
    .toSorted();
}

/** Nothing where the folder is missing. */
async function entriesOf(home: string, folder: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(join(home, folder), { withFileTypes: true });
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw diskError(error, { act: "list", path: folder, root: home });
  }
}

function isHidden(prefix: string, { name }: Dirent): boolean {
  return (name.startsWith(".") && name.endsWith(".tmp")) || (prefix === "" && name === STAGING);
}

/** Undefined where the file went away since its folder was read, or is no plain file. */
async function fileAt(home: string, path: string): Promise<StoredFile | undefined> {
  try {
    const stat = await fs.stat(join(home, path));
    if (!stat.isFile()) return undefined;
    // Cut as other readers of a log cut it, where Node rounds: a time that they show for a version must find it.
    return { path, sizeBytes: stat.size, modified: new Date(Math.floor(stat.mtimeMs)) };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw diskError(error, { act: "list", path, root: home });
  }
}
