/**
 * The central directory of a ZIP archive, read before anything is unpacked (APPNOTE.TXT 4.3.12 to 4.3.16).
 *
 * The archive ends in a record that says where the directory begins, how long it is and how many entries
 * it has; fields that are all ones stand in the ZIP64 record, which a locator right before finds.
 */

import { type FileHandle, open } from "node:fs/promises";
import { MillraceError } from "../base/error.ts";

export interface ZipEntry {
  readonly name: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly encrypted: boolean;
}

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const MAX_ENTRIES = 10_000;
const MAX_DIRECTORY_BYTES = 16 * 2 ** 20;
const MAX_SHEET_BYTES = 2 * 2 ** 30;
/** These are held in memory as one text each. */
const MAX_PART_BYTES = 256 * 2 ** 20;
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 16 * 2 ** 20;

/** Throws `source/bad-workbook` where the archive is no workbook, or one that it would not be safe to unpack. */
export async function checkWorkbook(path: string): Promise<void> {
  const entries = await readZipDirectory(path);
  const names = new Set(entries.map((entry) => entry.name));
  if (entries.some((entry) => entry.encrypted)) throw bad("is an encrypted archive");
  if (names.has("xl/workbook.bin")) throw bad("is a binary workbook (.xlsb); save it as .xlsx");
  if (names.has("content.xml")) throw bad("is an OpenDocument file; save it as .xlsx");
  if (
    !names.has("[Content_Types].xml") ||
    ![...names].some((name) => name.endsWith("workbook.xml"))
  ) {
    throw bad("is a ZIP archive but no XLSX workbook");
  }
  for (const { name, packedBytes, unpackedBytes } of entries) {
    const limit = name.includes("/worksheets/") ? MAX_SHEET_BYTES : MAX_PART_BYTES;
    if (unpackedBytes > limit)
      throw bad(`is too large: ${name} unpacks to ${unpackedBytes} bytes, over ${limit}`);
    if (unpackedBytes > RATIO_FREE_BYTES && unpackedBytes > packedBytes * MAX_RATIO) {
      throw bad(
        `unpacks ${name} from ${packedBytes} to ${unpackedBytes} bytes, as a decompression bomb does`,
      );
    }
  }
}

/** The entries as declared; throws `source/bad-workbook` where the directory is damaged or huge. */
export async function readZipDirectory(path: string): Promise<ZipEntry[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = findEnd(tail);
    const { offset, bytes, count } = await locate(file, size, tail, end);
    if (count > MAX_ENTRIES || bytes > MAX_DIRECTORY_BYTES) {
      throw bad(`has ${count} entries in a directory of ${bytes} bytes; no workbook needs so many`);
    }
    if (offset + bytes > size)
      throw bad("is a damaged ZIP archive: its directory lies outside of it");
    return parseEntries(await readAt(file, offset, bytes), count);
  } finally {
    await file.close();
  }
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END && at + 22 + tail.readUInt16LE(at + 20) <= tail.length)
      return at;
  }
  throw bad("is no ZIP archive or one that was cut off: its directory is missing");
}

interface Location {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

async function locate(
  file: FileHandle,
  size: number,
  tail: Buffer,
  end: number,
): Promise<Location> {
  const plain = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const isLarge =
    plain.count === 0xffff || plain.bytes === 0xffffffff || plain.offset === 0xffffffff;
  if (!isLarge || end < 20 || tail.readUInt32LE(end - 20) !== END_64_LOCATOR) return plain;
  const at = Number(tail.readBigUInt64LE(end - 12));
  if (at + 56 > size) throw bad("is a damaged ZIP archive: its ZIP64 record lies outside of it");
  const record = await readAt(file, at, 56);
  if (record.readUInt32LE(0) !== END_64)
    throw bad("is a damaged ZIP archive: its ZIP64 record is missing");
  return {
    count: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}

function parseEntries(directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== ENTRY) {
      throw bad(`is a damaged ZIP archive: entry ${entries.length + 1} of ${count} is missing`);
    }
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const extra = directory.subarray(nameEnd, extraEnd);
    const packed = directory.readUInt32LE(at + 20);
    const unpacked = directory.readUInt32LE(at + 24);
    const large = largeSizes(extra);
    const unpackedBytes = unpacked === 0xffffffff ? (large.shift() ?? unpacked) : unpacked;
    entries.push({
      name: directory.toString("utf8", at + 46, nameEnd),
      packedBytes: packed === 0xffffffff ? (large.shift() ?? packed) : packed,
      unpackedBytes,
      encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
    });
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The 64-bit sizes of the ZIP64 extra field, in the order in which they are missing from the entry. */
function largeSizes(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const sizes: number[] = [];
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
    for (let field = at + 4; field + 8 <= end; field += 8)
      sizes.push(Number(extra.readBigUInt64LE(field)));
    return sizes;
  }
  return [];
}

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

function bad(message: string): MillraceError {
  return new MillraceError(message, {
    code: "source/bad-workbook",
    hint: "Open it in a spreadsheet program and save it as .xlsx again.",
  });
}
