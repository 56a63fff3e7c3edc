/** Storage in a bucket of an object store, with copies of its files on this machine. */

import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { extname } from "node:path";
import { type Crash, noCrash } from "../../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../../base/error.ts";
import { type FileCache, type Held, openFileCache } from "../cache/file-cache.ts";
import { cacheFolder } from "../cache/place.ts";
import { diskError } from "../disk-error.ts";
import { checkPath } from "../path.ts";
import { type ObjectPlace, renderObjectPlace } from "../place.ts";
import { openLocalStaging, STAGING } from "../staging.ts";
import type { Storage } from "../storage.ts";
import { checksumOf, wholeChecksum } from "./checksum.ts";
import { checkConditionalWrites, OWN_FOLDER } from "./conditional-check.ts";
import { bearsMark, newMark, putIfAbsent } from "./conditional-put.ts";
import { type Connection, connect } from "./connection.ts";
import { downloadFile } from "./download.ts";
import { DamagedAnswer } from "./failure.ts";
import { listObjects, listPrefixes } from "./listing.ts";
import type { S3Options, S3Tuning } from "./option.ts";
import { removeObjects } from "./remove.ts";
import { createSlots, type Slots } from "./slots.ts";
import { uploadFile } from "./upload.ts";

/** Of `20 GB` unless told. */
const CACHE_BYTES = 20e9;
const PIECES_IN_MEMORY = 4;
/** Tries to read a file that is replaced all the time. */
const VERSIONS_TRIED = 5;

/** A name with a UUID is given once, so its file never changes. */
const NAMED_ONCE = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[^/]*$/i;

export interface S3StorageOptions extends S3Options, S3Tuning {
  readonly crash?: Crash;
}

/** What all works of one storage share. */
interface Shared {
  readonly connection: Connection;
  readonly cache: FileCache;
  readonly slots: Slots;
  /** Of this machine: for copies and staging. */
  readonly folder: string;
  readonly prefix: string;
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

function readObject(
  { connection, prefix }: Shared,
  path: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return connection.ask({ act: "read", path, signal }, async (client, options) => {
    const place = { Bucket: connection.bucket, Key: prefix + path };
    const answer = await client.getObject(place, options);
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    const expected = wholeChecksum(answer);
    const isWhole = bytes.length === (answer.ContentLength ?? bytes.length);
    if (!isWhole || (expected !== undefined && expected !== checksumOf(bytes))) {
      throw new DamagedAnswer(`${bytes.length} bytes do not match length and checksum`);
    }
    return bytes;
  });
}

/** A commit is never given up half-way: no signal ends it. */
function createObject(shared: Shared, path: string, bytes: Uint8Array): Promise<boolean> {
  const { connection, prefix } = shared;
  const place = { Bucket: connection.bucket, Key: prefix + path };
  const mark = newMark();
  const object = { ...place, Body: bytes, ChecksumCRC32: checksumOf(bytes), Metadata: mark };
  return putIfAbsent(connection, {
    act: "create",
    path,
    put: (client, options) => client.putObject({ ...object, IfNoneMatch: "*" }, options),
    isOurs: async (client, options) => {
      const { Body, Metadata } = await client.getObject(place, options);
      const isMarked = bearsMark(Metadata, mark);
      const found = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return isMarked ?? Buffer.compare(found, bytes) === 0;
    },
  });
}

async function replaceObject(
  { connection, prefix }: Shared,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  await connection.ask({ act: "replace", path }, (client, options) =>
    client.putObject(
      {
        Bucket: connection.bucket,
        Key: prefix + path,
        Body: bytes,
        ChecksumCRC32: checksumOf(bytes),
      },
      options,
    ),
  );
}

async function adoptFile(
  shared: Shared,
  localFile: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { connection, slots, prefix, cache } = shared;
  const key = prefix + path;
  if (!(await uploadFile(connection, { key, path, localFile, slots, signal }))) {
    throw new MillraceError(`The file ${path} in ${connection.uri} exists already.`, {
      code: "storage/exists",
      hint: "Data files are never replaced; take over under a name nobody used before.",
    });
  }
  // What was just written is what is read next.
  if (NAMED_ONCE.test(path)) await cache.take(copyName(connection, key), localFile);
  else await fs.rm(localFile);
}

interface Wanted {
  readonly path: string;
  readonly etag: string | undefined;
  readonly signal: AbortSignal | undefined;
}

async function holdCopy(shared: Shared, { path, etag: wanted, signal }: Wanted): Promise<Held> {
  const { connection, cache, prefix } = shared;
  const key = prefix + path;
  const isFixed = wanted !== undefined || NAMED_ONCE.test(path);
  for (let tried = 1; ; tried += 1) {
    const etag = isFixed ? wanted : await etagOf(shared, path, signal);
    try {
      return await onDisk(shared, "copy", path, () =>
        cache.hold(
          copyName(connection, key, etag),
          (to, transfer) => downloadFile(connection, { key, path, to, etag, signal: transfer }),
          signal,
        ),
      );
    } catch (error) {
      const isChanged = systemCodeOf(error) === "storage/changed";
      if (!isChanged || isFixed || tried === VERSIONS_TRIED) throw error;
    }
  }
}

/** What this machine's disk refuses, in the words of a storage. */
async function onDisk<T>(
  { folder }: Shared,
  act: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfDisk = error instanceof Error && "syscall" in error;
    throw isOfDisk ? diskError(error, { act, path, root: folder }) : error;
  }
}

async function etagOf(
  { connection, prefix }: Shared,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const place = { Bucket: connection.bucket, Key: prefix + path };
  const { ETag } = await connection.ask({ act: "read", path, signal }, (client, options) =>
    client.headObject(place, options),
  );
  return ETag;
}

/** Stands for the content: the place, and the version where one place has several. */
function copyName({ endpoint, bucket }: Connection, key: string, etag = ""): string {
  const hash = createHash("sha256").update([endpoint, bucket, key, etag].join("\0")).digest("hex");
  const ending = extname(key);
  return `${hash.slice(0, 40)}${/^\.[a-z0-9]{1,12}$/i.test(ending) ? ending : ""}`;
}
