/** Writing deletion vectors: those of one commit share a file beside the data. */

import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { DeletionVector } from "./action.ts";
import { VECTOR_FILE_VERSION, VECTOR_MAGIC, vectorFileName } from "./deletion-vector.ts";
import { renderRoaring64 } from "./write-roaring.ts";
import { encodeZ85 } from "./z85.ts";

export interface VectorFile {
  /** In the table's folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** As the log refers to them, in the order of the rows given. */
  readonly vectors: readonly DeletionVector[];
}

/** Each of `deleted` are the positions in one data file, ascending. The name is new. */
export function renderVectorFile(deleted: readonly BigUint64Array[]): VectorFile {
  const id = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  const pieces: Uint8Array[] = [Uint8Array.of(VECTOR_FILE_VERSION)];
  let offset = 1;
  const vectors = deleted.map((rows): DeletionVector => {
    const data = Buffer.concat([littleEndian(VECTOR_MAGIC), renderRoaring64(rows)]);
    pieces.push(bigEndian(data.byteLength), data, bigEndian(crc32(data)));
    const vector = {
      storageType: "u",
      pathOrInlineDv: encodeZ85(id),
      offset,
      sizeInBytes: data.byteLength,
      cardinality: rows.length,
    };
    offset += data.byteLength + 8;
    return vector;
  });
  return { path: vectorFileName(id), bytes: Buffer.concat(pieces), vectors };
}

function bigEndian(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function littleEndian(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
