/** Places in a part of a file from which its lines are found again by their numbers. */

import { closeSync, openSync, readSync } from "node:fs";
import { MillraceError } from "../../base/error.ts";

export interface Marks {
  /** Two by two: where a line begins in the file, and its number in the part from 1; at the end, those behind the last line. */
  readonly places: Float64Array;
  /** Of the last line, which may have none in the file. */
  readonly lineEnd: string;
}

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

/** More than lies between two marks, as long as no line is long. */
const MEMORY_BYTES = 65_536;

/** Gives the lines with these numbers, which rise, with their line ends; the bytes are good only during the call. */
export function visitLines(
  path: string,
  { places, lineEnd }: Marks,
  numbers: Iterable<number>,
  visit: (number: number, line: Buffer) => void,
): void {
  const file = openSync(path, "r");
  try {
    let mark = -2;
    let memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
    let bytes: Buffer = memory;
    let at = 0;
    let next = 0;
    for (const number of numbers) {
      if (number >= (places[mark + 3] ?? 0)) {
        while (number >= (places[mark + 3] ?? Number.POSITIVE_INFINITY)) mark += 2;
        const from = places[mark] ?? 0;
        const length = (places[mark + 2] ?? 0) - from;
        if (memory.length < length + lineEnd.length)
          memory = Buffer.allocUnsafeSlow(length + lineEnd.length);
        let count = readSync(file, memory, 0, length, from);
        // The last line of a file may have no end.
        if (count > 0 && memory[count - 1] !== 0x0a) count += memory.write(lineEnd, count);
        bytes = memory.subarray(0, count);
        at = 0;
        next = places[mark + 1] ?? 0;
      }
      const behind = (begin: number): number => {
        const feed = bytes.indexOf(0x0a, begin);
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

function changed(path: string): MillraceError {
  return new MillraceError(`${path} changed while it was read`, {
    code: "source/unreadable-file",
  });
}
