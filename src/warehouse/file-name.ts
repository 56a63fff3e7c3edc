/** Names of files that every system takes, made from names that a person chose. */

import { createHash } from "node:crypto";

/** Bytes that leave room for a staging name and an ending below the 255 of most file systems. */
const MOST_BYTES = 200;

/** Windows keeps these for devices, whatever the ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The name without what a file system refuses or a shell stumbles over. A name that had to change
 * ends with eight digits of its hash, so that `a/b` and `a:b` stay two files.
 */
export function safeFileName(name: string): string {
  const composed = name.toWellFormed().normalize("NFC");
  let safe = composed
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\ufffd/\\:*?"<>|]+/gu, "_")
    .replace(/^[\s.~-]+|[\s.]+$/g, "_");
  if (DEVICE.test(safe) || safe === "") safe = `_${safe}`;
  if (safe === composed && Buffer.byteLength(safe) <= MOST_BYTES) return safe;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  while (Buffer.byteLength(safe) > MOST_BYTES) safe = [...safe].slice(0, -1).join("");
  return `${safe}-${hash}`;
}
