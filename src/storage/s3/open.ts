/** Storage in a bucket of an object store, with copies of its files on this machine. */

import * as fs from "node:fs/promises";
import { type Crash, noCrash } from "../../base/crash-point.ts";
import { type Held, openFileCache } from "../cache/file-cache.ts";
import { cacheFolder } from "../cache/place.ts";
import { checkPath } from "../path.ts";
import { type ObjectPlace, renderObjectPlace } from "../place.ts";
import { openLocalStaging, STAGING } from "../staging.ts";
import type { Storage } from "../storage.ts";
import { checkConditionalWrites, OWN_FOLDER } from "./conditional-check.ts";
import { connect } from "./connection.ts";
import { adoptFile, type Exchange, holdCopy, onDisk } from "./exchange.ts";
import { listObjects, listPrefixes } from "./listing.ts";
import { createObject, readObject, replaceObject } from "./object.ts";
import type { S3Options, S3Tuning } from "./option.ts";
import { removeObjects } from "./remove.ts";
import { createSlots } from "./slots.ts";

/** Of `20 GB` unless told. */
const CACHE_BYTES = 20e9;
const PIECES_IN_MEMORY = 4;
export interface S3StorageOptions extends S3Options, S3Tuning {
  readonly crash?: Crash;
}

interface Shared extends Exchange {
  readonly crash: Crash;
  /** Throws where the store would lose commits; asked before the first write, answered once. */
  checkWrites(): Promise<void>;
}

/** Nothing is asked of the store until something is asked of the storage. */
export function s3Storage(place: ObjectPlace, options: S3StorageOptions = {}): Storage {
  const { crash = noCrash, cacheBytes = CACHE_BYTES } = options;
  const folder = options.cacheFolder ?? cacheFolder();
  const connection = connect({ bucket: place.bucket, uri: renderObjectPlace(place) }, options);
  let checked: Promise<void> | undefined;
  const shared: Shared = {
    connection,
    cache: openFileCache(folder, cacheBytes),
    slots: createSlots(PIECES_IN_MEMORY),
    folder,
    prefix: place.prefix === "" ? "" : `${place.prefix}/`,
    crash,
    checkWrites() {
      checked ??= checkConditionalWrites({
        place: `${connection.endpoint} ${place.bucket}`,
        uri: connection.uri,
        read: (path) => readObject(shared, path),
        create: (path, bytes) => createObject(shared, path, bytes),
        replace: (path, bytes) => replaceObject(shared, path, bytes),
        remove: (path) => removeObjects(connection, { keys: [shared.prefix + path] }),
      }).catch((error: unknown) => {
        checked = undefined;
        throw error;
      });
      return checked;
    },
  };
  return openWork(shared, undefined, async () => {
    await shared.cache.close();
    await connection.close();
  });
}

/** The storage for one piece of work: it holds the copies that it asked for until it is closed. */
function openWork(
  shared: Shared,
  signal: AbortSignal | undefined,
  end: () => Promise<void>,
): Storage {
  const { connection, prefix, checkWrites } = shared;
  const held = new Map<string, Promise<Held>>();
  const work: Storage = {
    uri: connection.uri,

    async read(path) {
      return readObject(shared, checkPath(path), signal);
    },

    async *list(folder, { after } = {}) {
      const below = folderPrefix(prefix, checkPath(folder));
      const from = after === undefined ? {} : { after: prefix + after };
      for await (const { key, ...file } of listObjects(connection, {
        path: folder,
        prefix: below,
        ...from,
        signal,
      })) {
        const path = key.slice(prefix.length);
        if (!path.startsWith(`${OWN_FOLDER}/`)) yield { path, ...file };
      }
    },

    async listFolders(folder) {
      const below = folderPrefix(prefix, checkPath(folder));
      const names = await listPrefixes(connection, { path: folder, prefix: below, signal });
      return below === prefix ? names.filter((name) => name !== OWN_FOLDER) : names;
    },

    async create(path, bytes) {
      const checkedPath = checkPath(path);
      signal?.throwIfAborted();
      await checkWrites();
      const created = await createObject(shared, checkedPath, bytes);
      if (created) shared.crash("storage/linked");
      return created;
    },

    async replace(path, bytes) {
      const checkedPath = checkPath(path);
      signal?.throwIfAborted();
      await checkWrites();
      await replaceObject(shared, checkedPath, bytes);
    },

    async adopt(localFile, path) {
      const checkedPath = checkPath(path);
      signal?.throwIfAborted();
      await checkWrites();
      await adoptFile(shared, localFile, checkedPath, signal);
      shared.crash("storage/adopted");
    },

    async remove(path) {
      await work.removeMany([path]);
    },

    async removeMany(paths) {
      const keys = paths.map((path) => prefix + checkPath(path));
      await removeObjects(connection, { keys, signal });
    },

    async localPath(path, { etag } = {}) {
      const checkedPath = checkPath(path);
      const name = `${checkedPath}\0${etag ?? ""}`;
      const holding = held.get(name) ?? holdCopy(shared, { path: checkedPath, etag, signal });
      held.set(name, holding);
      try {
        return (await holding).path;
      } catch (error) {
        if (held.get(name) === holding) held.delete(name);
        throw error;
      }
    },

    openStaging: () =>
      onDisk(shared, "make", STAGING, async () => {
        await fs.mkdir(shared.folder, { recursive: true, mode: 0o700 });
        return openLocalStaging(shared.folder);
      }),

    forWork: (another) => openWork(shared, another, async () => {}),

    async close() {
      const copies = await Promise.allSettled(held.values());
      held.clear();
      for (const copy of copies) if (copy.status === "fulfilled") await copy.value.release();
      await end();
    },
  };
  return work;
}

function folderPrefix(prefix: string, folder: string): string {
  return folder === "" ? prefix : `${prefix}${folder}/`;
}
