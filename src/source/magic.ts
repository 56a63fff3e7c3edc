/** What a file is, told by its first bytes and not by its name. */

import type { Compression, FileFormat } from "./file-source.ts";

/** How many bytes are enough to tell. */
export const MAGIC_BYTES = 4096;

const PDF = "255044462d";
const SIGNATURES: readonly (readonly [kind: string, hex: string])[] = [
  ["gzip data", "1f8b"],
  ["zstd data", "28b52ffd"],
  ["a ZIP archive or an Office file", "504b0304"],
  ["an empty ZIP archive", "504b0506"],
  ["an old Excel file (.xls) or an encrypted Office file", "d0cf11e0a1b11ae1"],
  ["a Parquet file", "50415231"],
  ["a PDF", PDF],
  ["bzip2 data", "425a68"],
  ["xz data", "fd377a585a00"],
  ["a 7-Zip archive", "377abcaf271c"],
  ["a RAR archive", "526172211a07"],
  ["a PNG picture", "89504e470d0a1a0a"],
  ["a JPEG picture", "ffd8ff"],
  ["an SQLite database", "53514c69746520666f726d6174203300"],
];

export const FORMAT_NAMES: Readonly<Record<FileFormat, string>> = {
  csv: "CSV",
  json: "JSON",
  ndjson: "JSON lines",
  xlsx: "an XLSX workbook",
  parquet: "Parquet",
};

export function compressionOf(start: Buffer): Compression | undefined {
  if (start.length >= 3 && start[0] === 0x1f && start[1] === 0x8b && start[2] === 8) return "gzip";
  // Eight bits of the skippable magic number are fixed but four; pzstd begins its files so.
  const isZstd = start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528;
  const isSkippable = start.length >= 4 && (start.readUInt32LE(0) & 0xfffffff0) === 0x184d2a50;
  return isZstd || isSkippable ? "zstd" : undefined;
}

/** The kind of a file that is no plain text, for messages, or undefined where nothing speaks against text. */
export function kindOf(start: Buffer): string | undefined {
  const hex = start.toString("hex", 0, 16);
  // A header line may well begin with the letters PAR1; bytes that no text holds must follow.
  const isText = !start.includes(0) && !isBinary(start);
  const signature = SIGNATURES.find(
    ([, magic]) =>
      hex.startsWith(magic) && !(isText && /^(?:[2-7][0-9a-f])+$/.test(magic) && magic !== PDF),
  );
  if (signature !== undefined) return signature[0];
  const text = start
    .toString("latin1", 0, 512)
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  if (/^(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body)\b/s.test(text)) return "HTML";
  if (text.startsWith("<?xml")) return "XML";
  return undefined;
}

export type Unicode = "UTF-16" | "UTF-32";

/** A wide encoding by its mark, or by the zero bytes that it gives to plain letters. */
export function wideEncodingOf(start: Buffer): Unicode | undefined {
  const hex = start.toString("hex", 0, 4);
  if (hex === "fffe0000" || hex === "0000feff") return "UTF-32";
  if (hex.startsWith("fffe") || hex.startsWith("feff")) return "UTF-16";
  const half = start.length >> 1;
  if (half < 4) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < half * 2; at += 2) {
    if (start[at] === 0) even += 1;
    if (start[at + 1] === 0) odd += 1;
  }
  const isOneSided = (many: number, few: number) => many > half * 0.7 && few < half * 0.05;
  return isOneSided(even, odd) || isOneSided(odd, even) ? "UTF-16" : undefined;
}

/** True where more than a tenth of the bytes, and not just a few, are such as no text holds. */
export function isBinary(start: Buffer): boolean {
  let strange = 0;
  for (const byte of start) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)
      strange += 1;
  }
  return strange > 8 && strange * 10 > start.length;
}
