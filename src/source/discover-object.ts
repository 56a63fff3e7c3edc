/** The first stage of reading objects of a store: which ones an address or pattern means now. */

import { basename } from "node:path";
import { crc32 } from "node:zlib";
import { MillraceError } from "../base/error.ts";
import type { Stores } from "../storage/open.ts";
import { parseObjectPlace, renderObjectPlace } from "../storage/place.ts";
import type { Storage, StoredFile } from "../storage/storage.ts";
import { type Discovery, type FoundFile, isUnfinished } from "./discover.ts";
import { globExpression, hasWildcard, literalStart } from "./glob.ts";

/** Where an object lies: its storage is the whole bucket. */
interface Address {
  readonly storage: Storage;
  readonly bucket: string;
  readonly key: string;
}

/**
 * The objects of `s3://bucket/key`, where the key may be a pattern as for files. An object that is not there throws
 * `source/not-found`; a pattern that matches nothing is an empty list. Their `path` is their address until they are
 * fetched.
 */
export async function listObjectFiles(pattern: string, stores: Stores): Promise<Discovery> {
  const address = addressOf(pattern, stores);
  const { storage, bucket, key } = address;
  const files: FoundFile[] = [];
  if (hasWildcard(key)) {
    const expression = globExpression(key);
    for await (const file of filesFrom(storage, literalStart(key))) {
      const isMeant = expression.test(file.path) && !isUnfinished(basename(file.path));
      if (isMeant) files.push(foundFile(bucket, file));
    }
  }
  // Brackets and braces may stand in a name.
  if (files.length === 0 && !/[*?]/.test(key)) {
    for await (const file of filesFrom(storage, key)) {
      if (file.path === key) files.push(foundFile(bucket, file));
      break;
    }
  }
  if (files.length === 0 && !hasWildcard(key)) throw notFound(pattern);
  return { files, problems: [] };
}

/** A copy of the object as it was found; `storage/not-found` where it is gone, `storage/changed` where it is another. */
export async function fetchObject(found: FoundFile, stores: Stores): Promise<FoundFile> {
  const { storage, key } = addressOf(found.path, stores);
  return { ...found, path: await storage.localPath(key, { etag: found.etag }) };
}

function addressOf(text: string, stores: Stores): Address {
  const { bucket, prefix: key } = parseObjectPlace(text);
  return { storage: stores.open(renderObjectPlace({ bucket, prefix: "" })), bucket, key };
}

/** Files whose paths begin with the text, in order; what lies before and behind them is not listed. */
async function* filesFrom(storage: Storage, start: string): AsyncGenerator<StoredFile> {
  const folder = start.slice(0, start.lastIndexOf("/") + 1);
  // A listing begins behind a path, and the text itself may be one.
  const after = start.length > folder.length ? start.slice(0, -1) : folder;
  for await (const file of storage.list(folder, { after })) {
    if (file.path.startsWith(start)) yield file;
    else if (file.path > start) return;
  }
}

function foundFile(
  bucket: string,
  { path, sizeBytes, modified, etag = "" }: StoredFile,
): FoundFile {
  const name = renderObjectPlace({ bucket, prefix: path });
  // Stores tell whole seconds; a part of a millisecond tells contents of the same second apart.
  const modifiedMs = modified.getTime() + (crc32(etag) % 2048) / 4096;
  return {
    name,
    path: name,
    sizeBytes,
    modifiedMs,
    inode: 0n,
    ...(etag === "" ? {} : { etag }),
  };
}

function notFound(pattern: string): MillraceError {
  return new MillraceError(`There is no object ${pattern}`, {
    code: "source/not-found",
    hint: "Look at the bucket and the key; a pattern such as s3://bucket/inbox/*.csv may match nothing.",
  });
}
