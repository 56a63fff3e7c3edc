/** A part of a file through the sieve: records that surely fit into one file, lines that are held into others. */

import { closeSync, openSync } from "node:fs";
import { FREE_FROM } from "../kernel.ts";
import { BLOCK_BYTES, type FilePart, readBlocks } from "./block.ts";
import { columnsBytes, type SieveColumn, writeColumns } from "./column.ts";
import { type HeldLines, type SieveDialect, sortHeldLines } from "./held-line.ts";
import { openSieveKernel, type SieveKernel } from "./kernel.ts";
import { type Marks, openMarks } from "./mark.ts";
import { openPieces, type Pieces } from "./pieces.ts";

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
  readonly lines: number;
  readonly passed: number;
  readonly marks: Marks;
}

/** Lines of a part are found again from the last mark before them. */
const MARK_BYTES = 4096;
/** What is written at once: it is still in the cache of the processor. */
const FLUSH_BYTES = 2 ** 18;
const OUT_BYTES = 8 * 2 ** 20;
/** A record that is written is at most so much longer than its line. */
const GROWTH_BYTES = 4096;
const NUMBER_BYTES = 16;
const SLACK_BYTES = 64;
const RESULT_WORDS = 4;
const HELD_AT_ONCE = 8192;
const HELD_WORDS = 3;
/** Where more than one in so many is held, a second look at them costs more than the sieve saves. */
const MOST_HELD = 5;
const LEAST_LINES = 10_000;
/** Numbers of lines are kept in memory. */
const MOST_LINES = 10_000_000;

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
  const { bytes } = kernel;
  writeColumns(bytes, place.columns, columns);
  bytes[place.number + NUMBER_BYTES - 1] = 0x31;
  const result = new Uint32Array(bytes.buffer, place.number + NUMBER_BYTES, RESULT_WORDS);
  const heldWords = new Uint32Array(bytes.buffer, place.held, HELD_AT_ONCE * HELD_WORDS);
  const look = looker(kernel, dialect, columns.length, place);
  const held = sortHeldLines(dialect, columns.length, (kind, line) => outputs[kind].add(line));
  const marks = openMarks();
  let lines = 0;
  let passed = 0;
  let out = place.out;
  const flush = (): void => {
    outputs.passed.add(bytes.subarray(place.out, out));
    outputs.passed.flush();
    out = place.out;
  };
  const done = (isUnfit: boolean): SiftedPart => {
    const counts = { isUnfit, lines, passed };
    return { ...counts, marks: marks.end(), ...held.end() };
  };
  for (const block of readBlocks(task, input, bytes, place.block)) {
    for (let at = place.block; at < block.to; ) {
      const to = at + MARK_BYTES < block.to ? bytes.indexOf(0x0a, at + MARK_BYTES) + 1 : block.to;
      marks.add(block.offset + at - place.block, lines + 1);
      at = look(at, to, out);
      out = result[0] ?? out;
      for (let entry = 0; entry < HELD_WORDS * (result[2] ?? 0); entry += HELD_WORDS) {
        const line = bytes.slice(heldWords[entry], heldWords[entry + 1]);
        held.add(lines + (heldWords[entry + 2] ?? 0) + 1, Buffer.from(line.buffer));
      }
      passed += result[1] ?? 0;
      lines += result[3] ?? 0;
      if (out >= place.out + FLUSH_BYTES) flush();
    }
    marks.endBlock(block.offset + block.to - place.block, block.lineEnd);
    const isMany = lines > LEAST_LINES && held.count * MOST_HELD > lines;
    if (isMany || held.count > MOST_LINES) return done(true);
  }
  flush();
  for (const output of Object.values(outputs)) output.flush();
  return done(false);
}

interface Layout {
  readonly columns: number;
  readonly number: number;
  readonly held: number;
  readonly block: number;
  readonly out: number;
  /** Where no further record is begun. */
  readonly outEnd: number;
  readonly end: number;
}

function layout(columns: readonly SieveColumn[]): Layout {
  const number = FREE_FROM + Math.ceil(columnsBytes(columns) / NUMBER_BYTES) * NUMBER_BYTES;
  const held = number + NUMBER_BYTES + SLACK_BYTES;
  const block = held + HELD_AT_ONCE * HELD_WORDS * 4;
  const out = block + BLOCK_BYTES + SLACK_BYTES;
  const end = out + OUT_BYTES;
  const outEnd = end - BLOCK_BYTES - GROWTH_BYTES;
  return { columns: FREE_FROM, number, held, block, out, outEnd, end };
}

function looker(
  kernel: SieveKernel,
  dialect: SieveDialect,
  count: number,
  { columns, number, outEnd, held }: Layout,
): (from: number, to: number, out: number) => number {
  if (dialect.format === "csv") {
    const marks = dialect.delimiter.charCodeAt(0) + dialect.quote.charCodeAt(0) * 256;
    return (from, to, out) =>
      kernel.csv(from, to, columns, count, marks, number, out, outEnd, held, HELD_AT_ONCE);
  }
  const skips = dialect.skipsUnknown ? 1 : 0;
  return (from, to, out) =>
    kernel.json(from, to, columns, count, skips, number, out, outEnd, held, HELD_AT_ONCE);
}
