/** A part of a file through the sieve: records that surely fit into one file, lines that are held into another. */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { columnsBytes, type SieveColumn, writeColumns } from "./column.ts";
import { FREE_FROM, openSieveKernel, type SieveKernel } from "./kernel.ts";

export type SieveDialect =
  | { readonly format: "csv"; readonly delimiter: string; readonly quote: string }
  | {
      readonly format: "ndjson";
      /** True where a record may have members that no column has. */
      readonly skipsUnknown: boolean;
    };

/** The lines that begin between two bytes of a file; no line is longer than `LONGEST_LINE_BYTES`. */
export interface FilePart {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** True where a line begins at `from`. */
  readonly isLineStart: boolean;
}

export interface SiftTask extends FilePart {
  readonly dialect: SieveDialect;
  readonly columns: readonly SieveColumn[];
  /** New files. Records have their line's place in the part, counted from 1, in front; lines that are held are as they were. */
  readonly passedPath: string;
  readonly heldPath: string;
}

export interface SiftedPart {
  /** True where so many were held that it was given up. */
  readonly isUnfit: boolean;
  /** Where the first line begins. */
  readonly start: number;
  readonly lines: number;
  readonly passed: number;
  /** The places of the lines that were held, from 1. */
  readonly held: Uint32Array;
}

const LONGEST_LINE_BYTES = 2 * 2 ** 20;
const BLOCK_BYTES = 4 * 2 ** 20;
const OUT_BYTES = 8 * 2 ** 20;
/** A record that is written is at most so much longer than its line. */
const GROWTH_BYTES = 4096;
const NUMBER_BYTES = 16;
const SLACK_BYTES = 64;
const HELD_AT_ONCE = 8192;
const HELD_BYTES = 12;
/** Where more than one in so many is held, a second look at them costs more than the sieve saves. */
const MOST_HELD = 5;
const LEAST_LINES = 10_000;

/** Runs at once, for a thread of its own. */
export function siftPart(task: SiftTask): SiftedPart {
  const input = openSync(task.path, "r");
  const passed = openSync(task.passedPath, "wx");
  const held = openSync(task.heldPath, "wx");
  try {
    return sift(task, { input, passed, held });
  } finally {
    for (const file of [input, passed, held]) closeSync(file);
  }
}

interface Files {
  readonly input: number;
  readonly passed: number;
  readonly held: number;
}

function sift(task: SiftTask, { input, passed: passedFile, held: heldFile }: Files): SiftedPart {
  const { dialect, columns } = task;
  const place = layout(columns);
  const kernel = openSieveKernel(place.end - FREE_FROM);
  const { bytes, view } = kernel;
  writeColumns(bytes, place.columns, columns);
  bytes[place.number + NUMBER_BYTES - 1] = 0x31;
  const look = looker(kernel, dialect, columns.length, place);
  const heldLines: number[] = [];
  let lines = 0;
  let passed = 0;
  const { start, blocks } = readBlocks(task, input, bytes, place.block);
  for (const to of blocks) {
    for (let at = place.block; at < to; ) {
      at = look(at, to);
      writeAll(passedFile, bytes.subarray(place.out, kernel.out.value));
      const some: Uint8Array[] = [];
      for (let index = 0; index < kernel.held.value; index++) {
        const entry = place.held + index * HELD_BYTES;
        some.push(bytes.subarray(view.getUint32(entry, true), view.getUint32(entry + 4, true)));
        heldLines.push(lines + view.getUint32(entry + 8, true) + 1);
      }
      if (some.length > 0) writeAll(heldFile, Buffer.concat(some));
      lines += kernel.lines.value;
      passed += kernel.passed.value;
    }
    if (lines > LEAST_LINES && heldLines.length * MOST_HELD > lines)
      return { isUnfit: true, start, lines, passed, held: new Uint32Array() };
  }
  return { isUnfit: false, start, lines, passed, held: Uint32Array.from(heldLines) };
}

interface Layout {
  readonly columns: number;
  readonly number: number;
  readonly held: number;
  readonly block: number;
  readonly out: number;
  readonly end: number;
}

function layout(columns: readonly SieveColumn[]): Layout {
  const number = FREE_FROM + columnsBytes(columns);
  const held = number + NUMBER_BYTES + SLACK_BYTES;
  const block = held + HELD_AT_ONCE * HELD_BYTES;
  const out = block + BLOCK_BYTES + SLACK_BYTES;
  return { columns: FREE_FROM, number, held, block, out, end: out + OUT_BYTES };
}

function looker(
  kernel: SieveKernel,
  dialect: SieveDialect,
  count: number,
  { columns, number, out, held }: Layout,
): (from: number, to: number) => number {
  const outEnd = out + OUT_BYTES - LONGEST_LINE_BYTES - GROWTH_BYTES;
  if (dialect.format === "csv") {
    const marks = dialect.delimiter.charCodeAt(0) + dialect.quote.charCodeAt(0) * 256;
    return (from, to) =>
      kernel.csv(from, to, columns, count, marks, number, out, outEnd, held, HELD_AT_ONCE);
  }
  const skips = dialect.skipsUnknown ? 1 : 0;
  return (from, to) =>
    kernel.json(from, to, columns, count, skips, number, out, outEnd, held, HELD_AT_ONCE);
}

/** Brings whole lines of the part to the place in memory, and gives where they end, again and again. */
function readBlocks(
  { from, to, isLineStart }: FilePart,
  file: number,
  bytes: Uint8Array,
  place: number,
): { readonly start: number; readonly blocks: Generator<number> } {
  const start = isLineStart ? from : lineStart(file, from);
  function* blocks(): Generator<number> {
    let position = start;
    let kept = 0;
    while (position - kept < to) {
      const count = readSync(file, bytes, place + kept, BLOCK_BYTES - kept, position);
      position += count;
      const filled = place + kept + count;
      if (count === 0 && kept === 0) return;
      if (count === 0) {
        // The last line of the file may have no end.
        bytes[filled] = 0x0a;
        yield filled + 1;
        return;
      }
      // The last line that begins before `to` is the last one of the part.
      const beyond = position - to;
      const last =
        beyond >= 0
          ? bytes.subarray(0, filled).indexOf(0x0a, Math.max(filled - beyond - 1, place))
          : -1;
      const end = (last === -1 ? bytes.subarray(0, filled).lastIndexOf(0x0a) : last) + 1;
      kept = filled - Math.max(end, place);
      if (kept === BLOCK_BYTES) throw new Error("Bug: a line in the sieve is longer than a block");
      if (end <= place) continue;
      yield end;
      if (last !== -1) return;
      bytes.copyWithin(place, end, filled);
    }
  }
  return { start, blocks: blocks() };
}

/** Where the first line begins that begins at this byte or behind it. */
function lineStart(file: number, from: number): number {
  const some = Buffer.alloc(65_536);
  for (let at = from - 1; ; ) {
    const count = readSync(file, some, 0, some.length, at);
    if (count === 0) return at;
    const feed = some.subarray(0, count).indexOf(0x0a);
    if (feed !== -1) return at + feed + 1;
    at += count;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Of a part that was sifted, the lines at these places, from 1 and rising, are added to a file as they are. */
export function copyLines(
  part: FilePart & { readonly start: number },
  places: readonly number[],
  target: number,
): void {
  const place = FREE_FROM;
  const kernel = openSieveKernel(BLOCK_BYTES + SLACK_BYTES);
  const { bytes } = kernel;
  const file = openSync(part.path, "r");
  try {
    let index = 0;
    let next = 1;
    const { blocks } = readBlocks(
      { ...part, from: part.start, isLineStart: true },
      file,
      bytes,
      place,
    );
    for (const to of blocks) {
      const some: Uint8Array[] = [];
      for (let at = place; at < to && index < places.length; ) {
        const wanted = places[index] ?? next;
        const from = kernel.skipLines(at, to, wanted - next);
        next += kernel.found.value;
        at = from;
        if (next < wanted || from >= to) break;
        at = kernel.skipLines(from, to, 1);
        next += 1;
        index += 1;
        some.push(bytes.subarray(from, at));
      }
      if (some.length > 0) writeAll(target, Buffer.concat(some));
      if (index === places.length) return;
    }
    throw new Error("Bug: a line that passed the sieve is not in its file");
  } finally {
    closeSync(file);
  }
}
