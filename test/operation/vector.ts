/** Deletes rows of a file by a deletion vector, as other writers of a table do. */

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { AddFile } from "../../src/delta/action.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { commit } from "../../src/delta/write.ts";
import type { Lake } from "../delta/lake.ts";

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Commits the file with these rows of it hidden, at most 4096 below 65536; the vector is a file of its own. */
export async function hideRows(
  lake: Lake,
  snapshot: Snapshot,
  file: AddFile,
  rows: readonly number[],
): Promise<Snapshot> {
  const u16 = (value: number) => [value & 0xff, value >> 8];
  const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
  const data = Uint8Array.from([
    ...u32(1681511377),
    ...[...u32(1), ...u32(0), ...u32(0)],
    ...[...u32(12346), ...u32(1), ...u16(0), ...u16(rows.length - 1), ...u32(0)],
    ...rows.flatMap(u16),
  ]);
  const bytes = Buffer.alloc(data.length + 9);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt32BE(data.length, 1);
  bytes.set(data, 5);
  bytes.writeUInt32BE(crc32(data), data.length + 5);
  const uuid = randomUUID();
  writeFileSync(join(lake.root, snapshot.folder, `deletion_vector_${uuid}.bin`), bytes);
  const hidden: AddFile = {
    ...file,
    deletionVector: {
      storageType: "u",
      pathOrInlineDv: z85(Buffer.from(uuid.replaceAll("-", ""), "hex")),
      offset: 1,
      sizeInBytes: data.length,
      cardinality: rows.length,
    },
  };
  return commit(lake.context, snapshot, {
    operation: "DELETE",
    remove: [file],
    adopted: [hidden],
  });
}

function z85(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let word = bytes.readUInt32BE(at);
    let five = "";
    for (let digit = 0; digit < 5; digit += 1) {
      five = `${Z85[word % 85]}${five}`;
      word = Math.floor(word / 85);
    }
    text += five;
  }
  return text;
}
