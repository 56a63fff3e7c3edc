/** Storage on a local disk: atomic creation by hard link, everything flushed before it counts as done. */

import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import { diskError } from "./disk-error.ts";
import { flushFile, flushFolder, writeFlushed } from "./durable.ts";
import { inFolder, removeEmpty } from "./folder.ts";
import { removeLeftOvers, temporaryBeside } from "./left-over.ts";
import { checkPath } from "./path.ts";
import { openLocalStaging, STAGING } from "./staging.ts";
import type { Staging, Storage } from "./storage.ts";
import { listFolders, walkFiles } from "./walk.ts";

const REMOVED_AT_ONCE = 8;

/**
 * Files below `root`, which is made when the first file is written. Hidden temporary files
 * (`.name.<uuid>.tmp`) and the staging folder are never listed.
 */
export function localStorage(root: string, { crash = noCrash }: { crash?: Crash } = {}): Storage {
  const home = resolve(root);
  const full = (path: string): string => join(home, checkPath(path));

  /** Runs `act`, turning the disk's failures into errors that name the file. */
  const guard = async <T>(act: string, path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, { act, path, root: home });
    }
  };

  const swept = new Set<string>();
  const sweep = async (folder: string): Promise<void> => {
    if (swept.has(folder)) return;
    swept.add(folder);
    await removeLeftOvers(folder);
  };

  /** Writes the bytes, durable, under a hidden name beside `target`. The caller removes it. */
  const writeBeside = async (target: string, bytes: Uint8Array): Promise<string> => {
    const temporary = temporaryBeside(target);
    try {
      await inFolder(dirname(target), home, async () => {
        await sweep(dirname(target));
        await writeFlushed(temporary, bytes);
      });
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    crash("storage/temp-file-written");
    return temporary;
  };

  const remove = (path: string): Promise<void> =>
    guard("remove", path, async () => {
      const target = full(path);
      try {
        await fs.unlink(target);
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return;
        throw error;
      }
      await flushFolder(dirname(target));
    });

  const storage: Storage = {
    uri: home,

    read: (path) => guard("read", path, () => fs.readFile(full(path))),

    async *list(folder, { after } = {}) {
      yield* walkFiles(home, checkPath(folder), after);
    },

    listFolders: (folder) => listFolders(home, checkPath(folder)),

    create: (path, bytes) =>
      guard("create", path, async () => {
        const target = full(path);
        const temporary = await writeBeside(target, bytes);
        try {
          const created = await linkIfAbsent(temporary, target);
          if (created) crash("storage/linked");
          return created;
        } finally {
          await fs.rm(temporary, { force: true });
          await flushFolder(dirname(target));
        }
      }),

    replace: (path, bytes) =>
      guard("replace", path, async () => {
        const target = full(path);
        const temporary = await writeBeside(target, bytes);
        try {
          await fs.rename(temporary, target);
        } catch (error) {
          await fs.rm(temporary, { force: true });
          throw error;
        }
        await flushFolder(dirname(target));
      }),

    adopt: (localFile, path) =>
      guard("adopt", path, async () => {
        const target = full(path);
        await flushFile(localFile);
        if (!(await inFolder(dirname(target), home, () => takeOver(localFile, target)))) {
          throw new MillraceError(`The file ${path} in ${home} exists already.`, {
            code: "storage/exists",
            hint: "Data files are never replaced; take over under a name nobody used before.",
          });
        }
        await flushFolder(dirname(target));
        crash("storage/adopted");
      }),

    remove,

    async removeMany(paths) {
      await mapInOrder(paths, REMOVED_AT_ONCE, remove);
      for (const folder of new Set(paths.map((path) => dirname(full(path))))) {
        await removeEmpty(folder, home);
      }
    },

    localPath: async (path) => full(path),

    openStaging: (): Promise<Staging> => guard("make", STAGING, () => openLocalStaging(home)),

    // Nothing is held: files are read where they lie.
    forWork: () => storage,
    close: async () => {},
  };
  return storage;
}

/** Moves a finished file to a name that must be free; false where it is taken. Across devices it copies first. */
async function takeOver(localFile: string, target: string): Promise<boolean> {
  try {
    const done = await linkIfAbsent(localFile, target);
    if (done) await fs.unlink(localFile);
    return done;
  } catch (error) {
    if (systemCodeOf(error) !== "EXDEV") throw error;
  }
  const copy = temporaryBeside(target);
  try {
    await fs.copyFile(localFile, copy, constants.COPYFILE_EXCL);
    await flushFile(copy);
    const done = await linkIfAbsent(copy, target);
    if (done) await fs.unlink(localFile);
    return done;
  } finally {
    await fs.rm(copy, { force: true });
  }
}

/** The atomic act: gives `existing` a second name unless that name is taken. */
async function linkIfAbsent(existing: string, name: string): Promise<boolean> {
  try {
    await fs.link(existing, name);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}
