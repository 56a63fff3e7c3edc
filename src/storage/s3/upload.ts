/** Local files becoming objects: small ones in one request, large ones in parts, and never in the place of another. */

import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { checksumOf, checksumText } from "./checksum.ts";
import { bearsMark, newMark, putIfAbsent } from "./conditional-put.ts";
import type { Connection, Request } from "./connection.ts";
import type { Slots } from "./slots.ts";

export interface Upload {
  readonly key: string;
  /** Below the root, for messages. */
  readonly path: string;
  readonly localFile: string;
  readonly signal?: AbortSignal | undefined;
  /** Shared by all uploads of a storage: how many pieces lie in memory. */
  readonly slots: Slots;
}

/** A store takes at most 10,000 parts. */
const MOST_PARTS = 10_000;

/** So little that a slot for it would only slow down the many. */
const SMALL_BYTES = 1024 * 1024;

/** True where the object is made, false where the key was taken. */
export async function uploadFile(connection: Connection, upload: Upload): Promise<boolean> {
  const file = await open(upload.localFile, "r");
  try {
    const { size } = await file.stat();
    const isSmall = size <= 2 * connection.pieceBytes;
    return await (isSmall ? uploadWhole : uploadParts)(connection, { ...upload, file, size });
  } finally {
    await file.close();
  }
}

interface OpenUpload extends Upload {
  readonly file: FileHandle;
  readonly size: number;
}

async function uploadWhole(connection: Connection, upload: OpenUpload): Promise<boolean> {
  const { bucket } = connection;
  const { key, file, size, slots, signal } = upload;
  const send = async (): Promise<boolean> => {
    const bytes = await readPiece(file, 0, size);
    const mark = newMark();
    return putIfAbsent(connection, {
      ...asked(upload),
      put: (client, options) =>
        client.putObject(
          {
            Bucket: bucket,
            Key: key,
            Body: bytes,
            ChecksumCRC32: checksumOf(bytes),
            IfNoneMatch: "*",
            Metadata: mark,
          },
          options,
        ),
      isOurs: bears(mark, bucket, key),
    });
  };
  return size <= SMALL_BYTES ? send() : slots.use(send, signal);
}

async function uploadParts(connection: Connection, upload: OpenUpload): Promise<boolean> {
  const { bucket } = connection;
  const { key } = upload;
  const mark = newMark();
  const { UploadId } = await connection.ask(asked(upload), (client, options) =>
    client.createMultipartUpload(
      {
        Bucket: bucket,
        Key: key,
        ChecksumAlgorithm: "CRC32",
        ChecksumType: "FULL_OBJECT",
        Metadata: mark,
      },
      options,
    ),
  );
  const part = { Bucket: bucket, Key: key, UploadId };
  let isDone = false;
  try {
    const { parts, checksum } = await sendParts(connection, upload, UploadId);
    isDone = await putIfAbsent(connection, {
      ...asked(upload),
      put: (client, options) =>
        client.completeMultipartUpload(
          {
            ...part,
            IfNoneMatch: "*",
            ChecksumCRC32: checksum,
            ChecksumType: "FULL_OBJECT",
            MultipartUpload: { Parts: [...parts] },
          },
          options,
        ),
      isOurs: bears(mark, bucket, key),
    });
    return isDone;
  } finally {
    // Parts that belong to no object are paid for and seen by nobody; also after the signal.
    if (!isDone)
      await connection
        .ask({ act: "abort the upload of", path: upload.path }, (client) =>
          client.abortMultipartUpload(part),
        )
        .catch(() => {});
  }
}

interface Part {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
  readonly ChecksumCRC32: string;
}

/** Reads in order, sends several at once. After a failure no more are read, and those under way are waited for. */
async function sendParts(
  connection: Connection,
  upload: OpenUpload,
  UploadId: string | undefined,
): Promise<{ readonly parts: readonly Part[]; readonly checksum: string }> {
  const { bucket, pieceBytes } = connection;
  const { key, file, size, slots, signal } = upload;
  const partBytes = Math.max(pieceBytes, Math.ceil(size / MOST_PARTS));
  const send = async (PartNumber: number, bytes: Uint8Array): Promise<Part> => {
    const ChecksumCRC32 = checksumOf(bytes);
    const place = { Bucket: bucket, Key: key, UploadId, PartNumber };
    const { ETag } = await connection.ask(asked(upload), (client, options) =>
      client.uploadPart({ ...place, Body: bytes, ChecksumCRC32 }, options),
    );
    return { PartNumber, ETag, ChecksumCRC32 };
  };
  const sending: Promise<Part>[] = [];
  let checksum = 0;
  let hasFailed = false;
  try {
    for (let at = 0; at < size && !hasFailed; at += partBytes) {
      const release = await slots.take(signal);
      let bytes: Uint8Array;
      try {
        bytes = await readPiece(file, at, Math.min(partBytes, size - at));
      } catch (error) {
        release();
        throw error;
      }
      checksum = crc32(bytes, checksum);
      const sent = send(sending.length + 1, bytes).finally(release);
      sending.push(sent);
      // Told where all are waited for; until then it only stops the reading.
      sent.catch(() => {
        hasFailed = true;
      });
    }
  } finally {
    await Promise.allSettled(sending);
  }
  return { parts: await Promise.all(sending), checksum: checksumText(checksum) };
}

function asked({ path, signal }: Upload): { act: string; path: string; signal?: AbortSignal } {
  return { act: "adopt", path, ...(signal === undefined ? {} : { signal }) };
}

/** Whether the object was made by the write with this mark. */
function bears(mark: ReturnType<typeof newMark>, Bucket: string, Key: string): Request<boolean> {
  return async (client, options) => {
    const { Metadata } = await client.headObject({ Bucket, Key }, options);
    return bearsMark(Metadata, mark) === true;
  };
}

async function readPiece(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) throw new Error("Bug: a staged file became shorter");
    filled += bytesRead;
  }
  return bytes;
}
