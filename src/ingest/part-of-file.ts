/** Large files cut into parts that pass the sieve side by side. */

import { open } from "node:fs/promises";
import type { FilePart } from "../source/sieve/block.ts";
import type { InputFile } from "./records.ts";

export interface PartOfFile {
  readonly input: InputFile;
  readonly range: FilePart;
  /** Bytes before the first record of the file. */
  readonly header: number;
}

const LEAST_PART_BYTES = 32 * 2 ** 20;
const PIECE_BYTES = 65_536;

/** Parts in the order of the files and their lines, at most so many of each. */
export async function partsOf(
  files: readonly InputFile[],
  headerLines: number,
  most: number,
): Promise<PartOfFile[]> {
  const parts: PartOfFile[] = [];
  for (const input of files) {
    const { readPath: path, inspection } = input;
    const header = await offsetBehind(path, headerLines);
    const bytes = Math.max(inspection.contentBytes - header, 0);
    const count = bytes <= LEAST_PART_BYTES ? 1 : most;
    for (let index = 0; index < count; index++) {
      const from = header + Math.floor((bytes * index) / count);
      // The last part goes to the end of the file, wherever that is.
      const to =
        index === count - 1
          ? Number.MAX_SAFE_INTEGER
          : header + Math.floor((bytes * (index + 1)) / count);
      parts.push({ input, header, range: { path, from, to, isLineStart: index === 0 } });
    }
  }
  return parts;
}

/** Where the line behind so many lines begins. */
async function offsetBehind(path: string, lines: number): Promise<number> {
  const file = await open(path, "r");
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    let left = lines;
    for (let offset = 0; ; ) {
      if (left === 0) return offset;
      const { bytesRead } = await file.read(piece, 0, piece.length, offset);
      if (bytesRead === 0) return offset;
      const feed = piece.subarray(0, bytesRead).indexOf(0x0a);
      if (feed === -1) offset += bytesRead;
      else {
        offset += feed + 1;
        left -= 1;
      }
    }
  } finally {
    await file.close();
  }
}
