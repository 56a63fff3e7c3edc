/** Storage on a local disk: atomic creation by hard link, everything flushed before it counts as done. */

import { randomUUID } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import { diskError } from "./disk-error.ts";
import { ensureFolder, flushFile, flushFolder, writeFlushed } from "./durable.ts";
import { checkPath } from "./path.ts";
import { openLocalStaging, STAGING } from "./staging.ts";
import type { Staging, Storage, StoredFile } from "./storage.ts";

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

  /** Writes the bytes, durable, under a hidden name beside `target`. The caller removes it. */
  const writeBeside = async (target: string, bytes: Uint8Array): Promise<string> => {
    await ensureFolder(dirname(target), home);
    const temporary = temporaryName(target);
    try {
      await writeFlushed(temporary, bytes);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    crash("storage/temp-file-written");
    return temporary;
  };

  return {
    uri: home,

    read: (path) => guard("read", path, () => fs.readFile(full(path))),

    async *list(folder, { after } = {}) {
      const start = full(folder);
      for await (const file of walk(start, home, after)) yield file;
    },

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
        await ensureFolder(dirname(target), home);
        await flushFile(localFile);
        if (!(await takeOver(localFile, target))) {
          throw new MillraceError(`The file ${path} in ${home} exists already.`, {
            code: "storage/exists",
            hint: "Data files are never replaced; take over under a name nobody used before.",
          });
        }
        await flushFolder(dirname(target));
        crash("storage/adopted");
      }),

    remove: (path) =>
      guard("remove", path, async () => {
        const target = full(path);
        try {
          await fs.unlink(target);
        } catch (error) {
          if (systemCodeOf(error) === "ENOENT") return;
          throw error;
        }
        await flushFolder(dirname(target));
      }),

    localPath: async (path) => full(path),

    openStaging: (): Promise<Staging> => guard("make", STAGING, () => openLocalStaging(home)),
  };
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
  const copy = temporaryName(target);
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

function temporaryName(target: string): string {
  const folder = dirname(target);
  return join(folder, `.${target.slice(folder.length + 1).slice(0, 160)}.${randomUUID()}.tmp`);
}

/** Files below `folder` in the order of their paths; paths up to and including `after` are not even looked at. */
async function* walk(folder: string, home: string, after?: string): AsyncGenerator<StoredFile> {
  let entries: Dirent[];
  try {
    entries = await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return;
    throw diskError(error, { act: "list", path: relative(home, folder), root: home });
  }
  const sorted = entries
    .map((entry) => ({
      entry,
      path: relative(home, join(folder, entry.name)).replaceAll(sep, "/"),
    }))
    .map((item) => ({ ...item, order: item.entry.isDirectory() ? `${item.path}/` : item.path }))
    .toSorted((left, right) => (left.order < right.order ? -1 : 1));
  for (const { entry, path, order } of sorted) {
    if (entry.isDirectory()) {
      const passed = after !== undefined && order < after && !after.startsWith(order);
      if (path !== STAGING && !passed) yield* walk(join(folder, entry.name), home, after);
    } else if ((after === undefined || path > after) && !isTemporary(entry.name)) {
      const file = await stored(join(folder, entry.name), path);
      if (file !== undefined) yield file;
    }
  }
}

function isTemporary(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".tmp");
}

/** Undefined where the file went away since its folder was read, or is no plain file. */
async function stored(file: string, path: string): Promise<StoredFile | undefined> {
  try {
    const stat = await fs.stat(file);
    return stat.isFile() ? { path, sizeBytes: stat.size, modified: stat.mtime } : undefined;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
