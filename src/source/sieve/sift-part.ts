/** A part of a file through the sieve: records that surely fit become rows in bulk, lines that are held go into files. */

import { closeSync, openSync } from "node:fs";
import type { RowChunk } from "../../schema/row-chunk.ts";
import { FREE_FROM } from "../kernel.ts";
import { BLOCK_BYTES, type FilePart, readBlocks } from "./block.ts";
import type { SieveColumn } from "./column.ts";
import { type HeldLines, type SieveDialect, sortHeldLines } from "./held-line.ts";
import { openSieveKernel, type SieveKernel } from "./kernel.ts";
import { COLUMN_BYTES, columnsBytes, toldOf, writeColumns } from "./kernel-column.ts";
import { type ChunkLayout, chunkIn, layoutOf } from "./layout.ts";
import { type Marks, openMarks } from "./mark.ts";
import { openPieces, type Pieces } from "./pieces.ts";
import { POWERS_BYTES, writePowers } from "./power.ts";

export interface SiftTask extends FilePart {
  readonly dialect: SieveDialect;
  readonly columns: readonly SieveColumn[];
  /** The row of the first line has the number behind this one. */
  readonly numbersAfter: number;
  /** New files for the lines that did not pass, by kind. */
  readonly paths: PartPaths;
}

export type PartPaths = Readonly<Record<keyof HeldLines, string>>;

export interface SiftedPart extends HeldLines {
  /** True where so many were held that it was given up. */
  readonly isUnfit: boolean;
  readonly lines: number;
  readonly passed: number;
  readonly marks: Marks;
}

/** Lines of a part are found again from the last mark before them. */
const MARK_BYTES = 4096;
const SLACK_BYTES = 64;
const HELD_AT_ONCE = 8192;
const HELD_WORDS = 3;
/** Where more than one in so many is held, a second look at them costs more than the sieve saves. */
const MOST_HELD = 5;
const LEAST_LINES = 10_000;
/** Numbers of lines are kept in memory. */
const MOST_LINES = 10_000_000;

/**
 * Gives the rows as they come; the bytes of a chunk are good until the next one is asked for. Waits for the disk.
 * `onRead` hears of bytes that are done.
 */
export function* siftPart(
  task: SiftTask,
  onRead: (bytes: number) => void = () => {},
): Generator<RowChunk, SiftedPart> {
  const input = openSync(task.path, "r");
  const outputs = Object.entries(task.paths).map(
    ([kind, path]) => [kind, openPieces(path)] as const,
  );
  try {
    return yield* sift(task, { input, outputs: Object.fromEntries(outputs) as Outputs, onRead });
  } finally {
    for (const [, output] of outputs) output.close();
    closeSync(input);
  }
}

type Outputs = Readonly<Record<keyof PartPaths, Pieces>>;

interface Run {
  /** An open file. */
  readonly input: number;
  readonly outputs: Outputs;
  readonly onRead: (bytes: number) => void;
}

function* sift(task: SiftTask, { input, outputs, onRead }: Run): Generator<RowChunk, SiftedPart> {
  const { dialect, columns, numbersAfter } = task;
  const layout = layoutOf(columns);
  const place = placesOf(task, layout);
  const kernel = openSieveKernel(place.end - FREE_FROM);
  const { bytes } = kernel;
  const look = setUp(kernel, task, place, layout);
  const heldWords = new Uint32Array(bytes.buffer, place.held, HELD_AT_ONCE * HELD_WORDS);
  const held = sortHeldLines(dialect, columns.length, (kind, line) => outputs[kind].add(line));
  const marks = openMarks();
  let lines = 0;
  let passed = 0;
  const rows = (): RowChunk => {
    passed += kernel.rows.value;
    const told = columns.map((_, index) =>
      toldOf(kernel.view, place.columns + index * COLUMN_BYTES),
    );
    return chunkIn(bytes, place.chunk, layout, { rows: kernel.rows.value, columns: told });
  };
  const done = (isUnfit: boolean): SiftedPart => {
    const counts = { isUnfit, lines, passed };
    return { ...counts, marks: marks.end(), ...held.end() };
  };
  for (const block of readBlocks(task, input, bytes, place.block)) {
    for (let at = place.block; at < block.to; ) {
      const to = at + MARK_BYTES < block.to ? bytes.indexOf(0x0a, at + MARK_BYTES) + 1 : block.to;
      marks.add(block.offset + at - place.block, lines + 1);
      at = look(at, to, numbersAfter + lines + 1);
      for (let entry = 0; entry < HELD_WORDS * kernel.held.value; entry += HELD_WORDS) {
        const line = bytes.slice(heldWords[entry], heldWords[entry + 1]);
        held.add(lines + (heldWords[entry + 2] ?? 0) + 1, Buffer.from(line.buffer));
      }
      lines += kernel.lines.value;
      if (kernel.rows.value === layout.rows || kernel.isFull.value !== 0) {
        yield rows();
        kernel.empty();
      }
    }
    onRead(block.to - place.block);
    marks.endBlock(block.offset + block.to - place.block, block.lineEnd);
    const isMany = lines > LEAST_LINES && held.count * MOST_HELD > lines;
    if (isMany || held.count > MOST_LINES) return done(true);
  }
  if (kernel.rows.value > 0) yield rows();
  for (const output of Object.values(outputs)) output.flush();
  return done(false);
}

interface Places {
  readonly columns: number;
  readonly nulls: number;
  readonly powers: number;
  readonly held: number;
  readonly block: number;
  readonly chunk: number;
  readonly end: number;
}

function placesOf({ columns, dialect }: SiftTask, layout: ChunkLayout): Places {
  let end = FREE_FROM;
  const take = (count: number): number => {
    const at = end;
    end = Math.ceil((at + count) / SLACK_BYTES) * SLACK_BYTES;
    return at;
  };
  return {
    columns: take(columnsBytes(columns)),
    nulls: take(nullBytes(dialect).length),
    powers: take(POWERS_BYTES),
    held: take(HELD_AT_ONCE * HELD_WORDS * 4),
    block: take(BLOCK_BYTES + SLACK_BYTES),
    chunk: take(layout.bytes),
    end,
  };
}

/** Gives what looks at lines from a byte to another one; the first has the number. */
function setUp(
  kernel: SieveKernel,
  { dialect, columns }: SiftTask,
  place: Places,
  layout: ChunkLayout,
): (from: number, to: number, number: number) => number {
  writeColumns(kernel.bytes, place.columns, columns, { chunk: place.chunk, layout });
  for (const { validity } of layout.columns)
    kernel.bytes.fill(0xff, place.chunk + validity, place.chunk + validity + layout.rows / 8);
  kernel.setChunk(
    place.columns,
    columns.length,
    place.chunk + layout.numbers,
    layout.rows,
    place.held,
    HELD_AT_ONCE,
  );
  kernel.empty();
  writePowers(kernel.view, place.powers);
  kernel.setPowers(place.powers);
  if (dialect.format === "ndjson") {
    kernel.setMembers(dialect.skipsUnknown ? 1 : 0);
    return (from, to, number) => kernel.json(from, to, number);
  }
  const marks = [dialect.delimiter.charCodeAt(0), dialect.quote.charCodeAt(0)] as const;
  kernel.bytes.set(nullBytes(dialect), place.nulls);
  kernel.setDialect(...marks, place.nulls, dialect.nulls.length);
  return (from, to, number) => kernel.csv(from, to, number);
}

/** Each text behind its length in four bytes. */
function nullBytes(dialect: SieveDialect): Buffer {
  if (dialect.format === "ndjson") return Buffer.alloc(0);
  const texts = dialect.nulls.map((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat(texts);
}
