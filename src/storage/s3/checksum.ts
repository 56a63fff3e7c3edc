/** CRC-32 as object stores take and give it. */

import { crc32 } from "node:zlib";

/** The header's text for a checksum. */
export function checksumText(checksum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum);
  return bytes.toString("base64");
}

export function checksumOf(bytes: Uint8Array): string {
  return checksumText(crc32(bytes));
}

/** What an answer says of the whole object's CRC-32; undefined where it says nothing, or something of its parts. */
export function wholeChecksum(answer: {
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumType?: string | undefined;
}): string | undefined {
  const { ChecksumCRC32: text, ChecksumType: type } = answer;
  const isOfParts = type === "COMPOSITE" || text?.includes("-") === true;
  return isOfParts ? undefined : text;
}
