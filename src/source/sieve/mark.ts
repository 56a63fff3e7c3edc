/** Places in a part of a file from which its lines are found again by their numbers. */

import { closeSync, openSync, readSync } from "node:fs";
import { MillraceError } from "../../base/error.ts";

export interface Marks {
  /** Two by two: where a line begins in the file, and its number in the part from 1; at the end, those behind the last line. */
  readonly places: Float64Array;
  /** Of the last line, which may have none in the file. */
  readonly lineEnd: string;
}

/** Once no line is to be found any more. */
export const NO_MARKS: Marks = { places: new Float64Array(), lineEnd: "\n" };

interface MarkWriter {
  add(offset: number, line: number): void;
  /** Behind the last line of a block. */
  endBlock(offset: number, lineEnd: string): void;
  end(): Marks;
}

export function openMarks(): MarkWriter {
  const places: number[] = [];
  let last = 0;
  let ending = "\n";
  return {
    add: (offset, line) => void places.push(offset, line),
    endBlock(offset, lineEnd) {
      last = offset;
      ending = lineEnd;
    },
    end: () => ({
      places: Float64Array.from([...places, last, Number.POSITIVE_INFINITY]),
      lineEnd: ending,
    }),
  };
}

/** Gives the lines with these numbers, which rise, with their line ends. */
export function visitLines(
  path: string,
  { places, lineEnd }: Marks,
  numbers: Iterable<number>,
  visit: (number: number, line: Buffer) => void,
): void {
  const file = openSync(path, "r");
  try {
    let mark = -2;
    let bytes: Buffer = Buffer.alloc(0);
    let at = 0;
    let next = 0;
    for (const number of numbers) {
      if (number >= (places[mark + 3] ?? 0)) {
        while (number >= (places[mark + 3] ?? Number.POSITIVE_INFINITY)) mark += 2;
        bytes = readRange(file, places[mark] ?? 0, places[mark + 2] ?? 0, lineEnd);
        at = 0;
        next = places[mark + 1] ?? 0;
      }
      const behind = (from: number): number => {
        const feed = bytes.indexOf(0x0a, from);
        if (feed === -1) throw changed(path);
        return feed + 1;
      };
      for (; next < number; next++) at = behind(at);
      const end = behind(at);
      visit(number, bytes.subarray(at, end));
      at = end;
      next += 1;
    }
  } finally {
    closeSync(file);
  }
}

function readRange(file: number, from: number, to: number, lineEnd: string): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  const count = readSync(file, bytes, 0, bytes.length, from);
  if (count === 0 || bytes[count - 1] === 0x0a) return bytes.subarray(0, count);
  return Buffer.concat([bytes.subarray(0, count), Buffer.from(lineEnd)]);
}

function changed(path: string): MillraceError {
  return new MillraceError(`${path} changed while it was read`, {
    code: "source/unreadable-file",
  });
}
