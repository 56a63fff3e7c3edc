/** Deletion vectors: which rows of a data file are gone, checked before they are believed. */

import { crc32 } from "node:zlib";
import { MillraceError, messageOf } from "../base/error.ts";
import type { DeletionVector } from "./action.ts";
import { inFolder } from "./data-path.ts";
import { readRoaring64 } from "./roaring.ts";
import { decodeZ85 } from "./z85.ts";

/** Begins the data: a portable 64-bit Roaring bitmap follows. */
export const VECTOR_MAGIC = 1681511377;
export const VECTOR_FILE_VERSION = 1;
/** A UUID's 16 bytes in Z85. */
const UUID_LENGTH = 20;

/** Positions of the deleted rows, ascending. `readFile` reads a path as the log writes data paths. */
export async function readDeletionVector(
  vector: DeletionVector,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<BigUint64Array> {
  const path = vectorPath(vector);
  const data =
    path === undefined ? inlineData(vector) : fileData(vector, path, await readFile(path));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.byteLength < 12 || view.getUint32(0, true) !== VECTOR_MAGIC) {
    throw damaged(vector, "its data does not begin with the known magic number");
  }
  let rows: BigUint64Array;
  try {
    rows = readRoaring64(data.subarray(4), Number(vector.cardinality));
  } catch (error) {
    throw damaged(vector, messageOf(error), error);
  }
  if (BigInt(rows.length) !== BigInt(vector.cardinality)) {
    throw damaged(vector, `it holds ${rows.length} rows and the log says ${vector.cardinality}`);
  }
  return rows;
}

/** The name of a file of vectors, whose 16 bytes the log writes in Z85. */
export function vectorFileName(id: Uint8Array): string {
  const hex = Buffer.from(id).toString("hex");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return `deletion_vector_${uuid}.bin`;
}

/** The file that holds the vector, relative to the table or absolute; undefined for an inline one. */
export function vectorPath(vector: DeletionVector): string | undefined {
  const { storageType, pathOrInlineDv } = vector;
  switch (storageType) {
    case "i":
      return undefined;
    case "p":
      return pathOrInlineDv;
    case "u": {
      const bytes = decodeZ85(pathOrInlineDv.slice(-UUID_LENGTH));
      if (bytes?.length !== 16) throw damaged(vector, "its file's name is not a UUID");
      return inFolder(pathOrInlineDv.slice(0, -UUID_LENGTH), vectorFileName(bytes));
    }
    default:
      throw damaged(vector, `its storage type "${storageType}" is unknown`);
  }
}

function inlineData(vector: DeletionVector): Uint8Array {
  const bytes = decodeZ85(vector.pathOrInlineDv);
  if (bytes === undefined || bytes.length < vector.sizeInBytes) {
    throw damaged(vector, "its inline text is broken");
  }
  return bytes.subarray(0, vector.sizeInBytes);
}

/** The piece of the file that is this vector: size, data, CRC-32 of the data. */
function fileData(vector: DeletionVector, path: string, file: Uint8Array): Uint8Array {
  const { offset = 1, sizeInBytes } = vector;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (offset < 0 || sizeInBytes < 0 || file.byteLength < offset + sizeInBytes + 8)
    throw damaged(vector, `${path} is too short`);
  if (view.getUint8(0) !== VECTOR_FILE_VERSION) {
    throw damaged(vector, `${path} has format version ${view.getUint8(0)}`);
  }
  if (view.getUint32(offset) !== sizeInBytes) {
    throw damaged(vector, `${path} says its size is ${view.getUint32(offset)}`);
  }
  const data = file.subarray(offset + 4, offset + 4 + sizeInBytes);
  if (view.getUint32(offset + 4 + sizeInBytes) !== crc32(data)) {
    throw damaged(vector, `${path} has a wrong checksum`);
  }
  return data;
}

function damaged(vector: DeletionVector, why: string, cause?: unknown): MillraceError {
  const { storageType, pathOrInlineDv, offset } = vector;
  return new MillraceError(
    `The deletion vector ${storageType}:${pathOrInlineDv}${offset === undefined ? "" : `@${offset}`} cannot be read: ${why}.`,
    {
      code: "delta/corrupt-deletion-vector",
      hint: "Without it deleted rows would come back. Restore the file, or read a version before it.",
      cause,
    },
  );
}
