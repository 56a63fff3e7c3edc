/** Storage in the memory of this process: for trying things out, and for tests; gone when it is closed. */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { MillraceError } from "../base/error.ts";
import { checkPath } from "./path.ts";
import { openProcessFolder } from "./process-folder.ts";
import type { Storage } from "./storage.ts";

interface Held {
  readonly bytes: Uint8Array;
  readonly modified: Date;
  /** Where programs of this machine read it, once one asked. */
  local?: Promise<string>;
}

/** Begins the names of the temporary folders that hold what programs of this machine read or write. */
const PREFIX = "millrace-memory-";

export function memoryStorage(): Storage {
  const files = new Map<string, Held>();
  const uri = `memory:${randomUUID()}`;
  let folder: Promise<string> | undefined;
  const openFolder = (): Promise<string> => {
    folder ??= openProcessFolder(tmpdir(), PREFIX);
    return folder;
  };
  const hold = (path: string, bytes: Uint8Array): void => {
    files.set(path, { bytes: bytes.slice(), modified: new Date() });
  };
  const find = (path: string): Held => {
    const held = files.get(checkPath(path));
    if (held !== undefined) return held;
    throw new MillraceError(`Could not read ${path} in ${uri}: it is not there.`, {
      code: "storage/not-found",
      hint: "It may have been vacuumed or moved since it was listed.",
    });
  };
  const write = async (path: string, bytes: Uint8Array): Promise<string> => {
    const file = join(await openFolder(), `${randomUUID()}${extname(path)}`);
    await fs.writeFile(file, bytes);
    return file;
  };
  const create = (path: string, bytes: Uint8Array): boolean => {
    if (files.has(path)) return false;
    hold(path, bytes);
    return true;
  };
  const storage: Storage = {
    uri,
    read: async (path) => find(path).bytes.slice(),
    async *list(under, { after = "" } = {}) {
      const prefix = prefixOf(under);
      const found = [...files.keys()].filter((path) => path.startsWith(prefix) && path > after);
      for (const path of found.toSorted()) {
        const held = files.get(path);
        if (held === undefined) continue;
        yield { path, sizeBytes: held.bytes.length, modified: held.modified };
      }
    },
    async listFolders(under) {
      const prefix = prefixOf(under);
      const inside = [...files.keys()].filter((path) => path.startsWith(prefix));
      const parts = inside.map((path) => path.slice(prefix.length).split("/"));
      const names = parts.flatMap(([name = "", ...rest]) => (rest.length > 0 ? [name] : []));
      return [...new Set(names)].toSorted();
    },
    create: async (path, bytes) => create(checkPath(path), bytes),
    replace: async (path, bytes) => hold(checkPath(path), bytes),
    async adopt(localFile, path) {
      const target = checkPath(path);
      const bytes = await fs.readFile(localFile);
      if (!create(target, bytes)) {
        throw new MillraceError(`The file ${path} in ${uri} exists already.`, {
          code: "storage/exists",
          hint: "Data files are never replaced; take over under a name nobody used before.",
        });
      }
      await fs.rm(localFile);
    },
    remove: async (path) => {
      files.delete(checkPath(path));
    },
    async removeMany(paths) {
      for (const path of paths) files.delete(checkPath(path));
    },
    async localPath(path) {
      const held = find(path);
      held.local ??= write(path, held.bytes);
      return held.local;
    },
    async openStaging() {
      const staging = join(await openFolder(), randomUUID());
      await fs.mkdir(staging);
      return { folder: staging, close: () => fs.rm(staging, { recursive: true, force: true }) };
    },
    forWork: () => ({ ...storage, close: async () => {} }),
    async close() {
      files.clear();
      if (folder !== undefined) await fs.rm(await folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
  return storage;
}

function prefixOf(folder: string): string {
  const checked = checkPath(folder);
  return checked === "" ? "" : `${checked}/`;
}
