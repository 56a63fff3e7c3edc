/** Small objects as a whole: read, made where there is none, replaced. */

import { checksumOf, wholeChecksum } from "./checksum.ts";
import { bearsMark, newMark, putIfAbsent } from "./conditional-put.ts";
import type { Connection } from "./connection.ts";
import { DamagedAnswer } from "./failure.ts";

/** Where the paths of a storage begin. */
export interface Root {
  readonly connection: Connection;
  /** Of every key, with a slash at its end unless it is empty. */
  readonly prefix: string;
}

export function readObject(
  { connection, prefix }: Root,
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
export function createObject(
  { connection, prefix }: Root,
  path: string,
  bytes: Uint8Array,
): Promise<boolean> {
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

export async function replaceObject(
  { connection, prefix }: Root,
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
