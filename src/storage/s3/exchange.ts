/** Files between the store and this machine: taken over from it, and copied to it. */

import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { extname } from "node:path";
import { MillraceError, systemCodeOf } from "../../base/error.ts";
import type { FileCache, Held } from "../cache/file-cache.ts";
import { diskError } from "../disk-error.ts";
import type { Connection } from "./connection.ts";
import { downloadFile } from "./download.ts";
import type { Root } from "./object.ts";
import type { Slots } from "./slots.ts";
import { uploadFile } from "./upload.ts";

/** What all works of one storage share. */
export interface Exchange extends Root {
  readonly cache: FileCache;
  readonly slots: Slots;
  /** Of this machine: for copies and staging. */
  readonly folder: string;
}

/** Tries to read a file that is replaced all the time. */
const VERSIONS_TRIED = 5;

/** A name with a UUID is given once, so its file never changes. */
const NAMED_ONCE = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[^/]*$/i;

export async function adoptFile(
  exchange: Exchange,
  localFile: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { connection, slots, prefix, cache } = exchange;
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

/** Holds a copy of the file as it is now, or of the content that is wanted. */
export async function holdCopy(
  exchange: Exchange,
  { path, etag: wanted, signal }: Wanted,
): Promise<Held> {
  const { connection, cache, prefix } = exchange;
  const key = prefix + path;
  const isFixed = wanted !== undefined || NAMED_ONCE.test(path);
  for (let tried = 1; ; tried += 1) {
    const etag = isFixed ? wanted : await etagOf(exchange, path, signal);
    try {
      return await onDisk(exchange, "copy", path, () =>
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
export async function onDisk<T>(
  { folder }: Pick<Exchange, "folder">,
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
  { connection, prefix }: Root,
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
