/** A part of a file through the sieve: records that surely fit into one file, lines that are held into others. */

import { closeSync, openSync, readSync } from "node:fs";
import { MillraceError } from "../../base/error.ts";
import { columnsBytes, type SieveColumn, writeColumns } from "./column.ts";
import { type HeldLines, type SieveDialect, sortHeldLines } from "./held-line.ts";
import { FREE_FROM, openSieveKernel, type SieveKernel } from "./kernel.ts";
import { openPieces, type Pieces } from "./pieces.ts";

/** The lines that begin between two bytes of a file. A line that does not fit into a block is a failure. */
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
  /** New files: records that passed, with their line's number in the part from 1, and the lines that did not, by kind. */
  readonly paths: PartPaths;
}

export type PartPaths = Readonly<Record<"passed" | keyof HeldLines, string>>;

export interface SiftedPart extends HeldLines {
  /** True where so many were held that it was given up. */
  readonly isUnfit: boolean;
  /** Where the first line begins. */
  readonly start: number;
  readonly lines: number;
  readonly passed: number;
}

/** No line that passes is longer. */
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
  const outputs = Object.entries(task.paths).map(
    ([kind, path]) => [kind, openPieces(path)] as const,
  );
  try {
    return sift(task, input, Object.fromEntries(outputs) as Outputs);
  } finally {
    for (const [, output] of outputs) output.close();
    closeSync(input);
  }
}

type Outputs = Readonly<Record<keyof PartPaths, Pieces>>;

function sift(task: SiftTask, input: number, outputs: Outputs): SiftedPart {
  const { dialect, columns } = task;
  const place = layout(columns);
  const kernel = openSieveKernel(place.end - FREE_FROM);
  const { bytes, view } = kernel;
  writeColumns(bytes, place.columns, columns);
  bytes[place.number + NUMBER_BYTES - 1] = 0x31;
  const look = looker(kernel, dialect, columns.length, place);
  const held = sortHeldLines(dialect, columns.length, (kind, line) => outputs[kind].add(line));
  let lines = 0;
  let passed = 0;
  const { start, blocks } = readBlocks(task, input, bytes, place.block);
  for (const to of blocks) {
    for (let at = place.block; at < to; ) {
      at = look(at, to);
      outputs.passed.add(bytes.subarray(place.out, kernel.out.value));
      outputs.passed.flush();
      for (let index = 0; index < kernel.held.value; index++) {
        const entry = place.held + index * HELD_BYTES;
        const line = bytes.slice(view.getUint32(entry, true), view.getUint32(entry + 4, true));
        held.add(lines + view.getUint32(entry + 8, true) + 1, Buffer.from(line.buffer));
      }
      lines += kernel.lines.value;
      passed += kernel.passed.value;
    }
    if (lines > LEAST_LINES && held.count * MOST_HELD > lines)
      return { isUnfit: true, start, lines, passed, ...held.end() };
  }
  for (const output of Object.values(outputs)) output.flush();
  return { isUnfit: false, start, lines, passed, ...held.end() };
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
  const outEnd = out + OUT_BYTES - BLOCK_BYTES - GROWTH_BYTES;
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
  { path, from, to, isLineStart }: FilePart,
  file: number,
  bytes: Uint8Array,
  place: number,
): { readonly start: number; readonly blocks: Generator<number> } {
  const start = isLineStart ? from : lineStart(file, from);
  function* blocks(): Generator<number> {
    let position = start;
    let kept = 0;
    let isCrlf = false;
    while (position - kept < to) {
      const count = readSync(file, bytes, place + kept, BLOCK_BYTES - kept, position);
      position += count;
      const filled = place + kept + count;
      if (count === 0 && kept === 0) return;
      if (count === 0) {
        // The last line of the file may have no end. A reader wants it to end as the others do.
        bytes.set(isCrlf ? [0x0d, 0x0a] : [0x0a], filled);
        yield filled + (isCrlf ? 2 : 1);
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
      if (kept === BLOCK_BYTES) throw tooLong(path);
      if (end <= place) continue;
      isCrlf = end - place > 1 && bytes[end - 2] === 0x0d;
      yield end;
      if (last !== -1) return;
      bytes.copyWithin(place, end, filled);
    }
  }
  return { start, blocks: blocks() };
}

/** A line that was not there when the file was inspected. */
function tooLong(path: string): MillraceError {
  return new MillraceError(`${path} has a line of more than ${BLOCK_BYTES} bytes`, {
    code: "source/unreadable-file",
  });
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

/** Of a part that was sifted, gives the lines with these numbers, which rise. */
export function visitLines(
  part: FilePart & { readonly start: number },
  numbers: readonly number[],
  visit: (number: number, line: Buffer) => void,
): void {
  const place = FREE_FROM;
  const kernel = openSieveKernel(BLOCK_BYTES + SLACK_BYTES);
  const { bytes } = kernel;
  const file = openSync(part.path, "r");
  try {
    const wanted = numbers.values();
    let number = wanted.next().value;
    let next = 1;
    const { blocks } = readBlocks(
      { ...part, from: part.start, isLineStart: true },
      file,
      bytes,
      place,
    );
    for (const to of blocks) {
      for (let at = place; at < to && number !== undefined; ) {
        const from = kernel.skipLines(at, to, number - next);
        next += kernel.found.value;
        at = from;
        if (next < number || from >= to) break;
        at = kernel.skipLines(from, to, 1);
        visit(number, Buffer.from(bytes.slice(from, at).buffer));
        next += 1;
        number = wanted.next().value;
      }
      if (number === undefined) return;
    }
    throw new MillraceError(`${part.path} changed while it was read`, {
      code: "source/unreadable-file",
    });
  } finally {
    closeSync(file);
  }
}
