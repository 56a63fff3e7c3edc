/** The bytes of a file as a stream, unpacked where they are compressed, complete or an error. */

import { open } from "node:fs/promises";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import type { Compression } from "./file-source.ts";
import { zstdFrames } from "./zstd-frame.ts";

const CHUNK_BYTES = 1 << 20;

export interface ReadOptions {
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sees the bytes as they stand in the file, in order. */
  readonly onRaw?: (bytes: Buffer) => void;
  /** True where a piece is not looked at again once the next is asked for: plain files are then read into the same memory. */
  readonly inPassing?: boolean | undefined;
}

/**
 * The content of a file in pieces that the reader may keep unless it reads in passing. Compressed data that is cut short, damaged
 * or followed by other bytes throws `source/bad-compression` at that point.
 */
export async function* readContent(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<Buffer> {
  const raw = readRaw(path, options);
  if (options.compression === "gzip") yield* unpackGzip(raw);
  else if (options.compression === "zstd") yield* unpackZstd(raw);
  else yield* raw;
}

/** The first bytes of the content; fewer only where the content is shorter. */
export async function readStart(
  path: string,
  bytes: number,
  options: ReadOptions = {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of readContent(path, options)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(pieces).subarray(0, bytes);
}

/** Reads one piece ahead, so that reading and what the caller does with a piece overlap. */
async function* readRaw(
  path: string,
  { signal, onRaw, compression, inPassing }: ReadOptions,
): AsyncGenerator<Buffer> {
  const file = await open(path, "r");
  const isReused = inPassing === true && compression === undefined;
  const buffers: Buffer[] = [];
  const next = () => {
    // One for the reader, and one that is filled meanwhile.
    const used = isReused && buffers.length === 2 ? buffers.shift() : undefined;
    const buffer = used ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    if (isReused) buffers.push(buffer);
    return file.read(buffer, 0, CHUNK_BYTES, null);
  };
  try {
    let reading = next();
    for (;;) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      signal?.throwIfAborted();
      reading = next();
      reading.catch(() => {});
      const piece = buffer.subarray(0, bytesRead);
      onRaw?.(piece);
      yield piece;
    }
  } finally {
    await file.close();
  }
}

async function* unpackGzip(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let fileBytes = 0;
  const gunzip = zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  yield* unpack(
    tally(raw, (bytes) => {
      fileBytes += bytes;
    }),
    gunzip,
    "gzip",
  );
  const extra = fileBytes - gunzip.bytesWritten;
  if (extra > 0) throw damaged("gzip", `${extra} bytes follow its end`);
}

/** Node stops after the first of several frames in one write, so that each frame gets an engine of its own. */
async function* unpackZstd(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (zlib.createZstdDecompress === undefined) {
    throw new MillraceError(`Node ${process.version} cannot unpack zstd`, {
      code: "source/bad-compression",
      hint: "Run with Node 24, or unpack the file first.",
    });
  }
  for await (const frame of zstdFrames(raw)) {
    yield* unpack(frame, zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES }), "zstd");
  }
}

async function* unpack(
  packed: AsyncIterable<Buffer>,
  engine: Transform,
  name: Compression,
): AsyncGenerator<Buffer> {
  const feeding = pipeline(Readable.from(packed, { highWaterMark: 1 }), engine);
  feeding.catch(() => {});
  try {
    for await (const piece of engine) yield piece;
    await feeding;
  } catch (error) {
    const isData = /^Z_|^ZSTD_/.test(systemCodeOf(error) ?? "");
    if (!isData) throw error;
    const isShort = systemCodeOf(error) === "Z_BUF_ERROR";
    throw damaged(name, isShort ? "it ends too early" : messageOf(error), error);
  } finally {
    engine.destroy();
  }
}

async function* tally(
  raw: AsyncIterable<Buffer>,
  add: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of raw) {
    add(piece.length);
    yield piece;
  }
}

function damaged(name: Compression, what: string, cause?: unknown): MillraceError {
  return new MillraceError(`is damaged ${name} data: ${what}`, {
    code: "source/bad-compression",
    hint: "Ask for the file again; it was probably cut off on its way.",
    cause,
  });
}
