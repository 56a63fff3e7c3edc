/** Folders on a disk, which stand as long as they hold something: as in an object store, where there are none. */

import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { ensureFolder, flushFolder } from "./durable.ts";

/** So often another process may remove a folder between its making and its first file. */
const TRIES = 20;

/** Makes the folder and does what puts something into it, which fails with ENOENT where it is gone again. */
export async function inFolder<T>(folder: string, home: string, act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      await ensureFolder(folder, home);
      return await act();
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT" || tries === TRIES) throw error;
    }
  }
}

/** Removes the folder and those above it as far as they are empty, but never `home`. */
export async function removeEmpty(folder: string, home: string): Promise<void> {
  for (let at = folder; at.startsWith(home) && at !== home; at = dirname(at)) {
    try {
      await fs.rmdir(at);
    } catch (error) {
      if (STAYS.includes(systemCodeOf(error) ?? "")) return;
      throw error;
    }
    await flushFolder(dirname(at));
  }
}

/** What systems say of a folder that holds something, is gone, is in use, is a link, or is not ours to remove. */
const STAYS = ["ENOTEMPTY", "EEXIST", "ENOENT", "EBUSY", "ENOTDIR", "EPERM", "EACCES", "EROFS"];
