/**
 * Objects becoming local files. The first answer is of the whole object: it tells its size, version and checksum, and
 * its first piece is kept. The pieces of a large one behind it are fetched at the same time, each under the condition
 * that the object is still that version.
 */

import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { mapInOrder } from "../../base/parallel.ts";
import { checksumText, wholeChecksum } from "./checksum.ts";
import type { Client } from "./client.ts";
import type { Connection } from "./connection.ts";
import { DamagedAnswer } from "./failure.ts";

export interface Download {
  readonly key: string;
  /** Below the root, for messages. */
  readonly path: string;
  /** A file that is not there yet, or only what an earlier try left. */
  readonly to: string;
  /** Only this version; otherwise what is there now. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PIECES_AT_ONCE = 4;
const READ_BYTES = 1024 * 1024;

/** Fetches the object whole and checked; the file is not flushed, as it can be fetched again. */
export async function downloadFile(connection: Connection, download: Download): Promise<void> {
  const { path, signal, to } = download;
  const file = await open(to, "w+");
  try {
    await connection.ask({ act: "read", path, signal }, (client, options) =>
      fetchInto(file, connection, { ...download, client, options }),
    );
  } finally {
    await file.close();
  }
}

interface Try extends Download {
  readonly client: Client;
  readonly options: { readonly abortSignal: AbortSignal };
}

async function fetchInto(file: FileHandle, connection: Connection, attempt: Try): Promise<void> {
  const { bucket, pieceBytes } = connection;
  const { client, options, key, etag } = attempt;
  await file.truncate(0);
  const answer = await client.getObject(
    { Bucket: bucket, Key: key, ...(etag === undefined ? {} : { IfMatch: etag }) },
    options,
  );
  const size = answer.ContentLength ?? 0;
  const isLarge = size > 2 * pieceBytes && answer.ETag !== undefined;
  const first = isLarge ? pieceBytes : size;
  const writing = writeBody(file, answer, { at: 0, length: first });
  const rest = isLarge
    ? fetchPieces(file, connection, { ...attempt, etag: answer.ETag, from: first, size })
    : undefined;
  // Both are waited for, so that no piece of this try is written into the next one's.
  const ends = await Promise.allSettled([writing, rest]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  const expected = wholeChecksum(answer);
  if (expected === undefined) return;
  const found = await checksumOfFile(file);
  if (found !== expected)
    throw new DamagedAnswer(`CRC-32 ${expected} announced and ${found} received`);
}

async function fetchPieces(
  file: FileHandle,
  { bucket, pieceBytes }: Connection,
  piece: Try & { readonly from: number; readonly size: number },
): Promise<void> {
  const { client, options, key, etag, from, size } = piece;
  const starts = Array.from(
    { length: Math.ceil((size - from) / pieceBytes) },
    (_, index) => from + index * pieceBytes,
  );
  await mapInOrder(starts, PIECES_AT_ONCE, async (at) => {
    const length = Math.min(pieceBytes, size - at);
    const answer = await client.getObject(
      { Bucket: bucket, Key: key, Range: `bytes=${at}-${at + length - 1}`, IfMatch: etag },
      options,
    );
    if (answer.ContentLength !== length) {
      throw new DamagedAnswer(`${length} bytes asked for and ${answer.ContentLength} given`);
    }
    await writeBody(file, answer, { at, length });
  });
}

/** Writes the first `length` bytes of the answer's body and lets go of the rest. */
async function writeBody(
  file: FileHandle,
  { Body }: GetObjectCommandOutput,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<void> {
  if (Body === undefined || !("destroy" in Body)) throw new DamagedAnswer("no body");
  let done = 0;
  for await (const chunk of Body as AsyncIterable<Uint8Array>) {
    const wanted = chunk.subarray(0, length - done);
    await writeAll(file, wanted, at + done);
    done += wanted.length;
    if (done === length && wanted.length < chunk.length) break;
  }
  if (done !== length) throw new DamagedAnswer(`${length} bytes announced and ${done} received`);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}

async function checksumOfFile(file: FileHandle): Promise<string> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let checksum = 0;
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return checksumText(checksum);
    checksum = crc32(buffer.subarray(0, bytesRead), checksum);
    at += bytesRead;
  }
}
