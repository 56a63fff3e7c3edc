/**
 * Chunks of rows on their way from the thread that fills them to the one that takes them: a few slots in memory that
 * both have, used in turn. A thread that is too fast waits for the other one.
 */

import type { RowChunk } from "../../schema/row-chunk.ts";
import { type ChunkLayout, chunkIn } from "./layout.ts";

/** What a thread is given of it. */
export interface Ring {
  readonly words: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  /** Counts what happens in any ring of those that one thread takes from, so that it can wait for all. */
  readonly bell: SharedArrayBuffer;
}

const SLOTS = 4;
const STATES = { open: 0, ended: 1, failed: 2 } as const;
type RingState = keyof typeof STATES;
/** Of a slot: 1 once it holds a chunk. Behind the slots stands the state of the ring, and whether nobody takes any more. */
const STATE_WORD = SLOTS;
const CLOSED_WORD = SLOTS + 1;
/** How much was read to fill the chunks, in units of so many bytes. */
const READ_WORD = SLOTS + 2;
const READ_UNIT = 1024;
const WORDS = SLOTS + 3;
const WORD_BYTES = 4;
/** Before a chunk: how many rows, and of each column its bytes of longer texts and whether some value is null. */
const headWords = ({ columns }: ChunkLayout): number => 1 + 2 * columns.length;
const headBytes = (layout: ChunkLayout): number =>
  Math.ceil((headWords(layout) * WORD_BYTES) / 16) * 16;

export function newBell(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORD_BYTES);
}

export function newRing(layout: ChunkLayout, bell: SharedArrayBuffer): Ring {
  return {
    words: new SharedArrayBuffer(WORDS * WORD_BYTES),
    slots: new SharedArrayBuffer(SLOTS * (headBytes(layout) + layout.bytes)),
    bell,
  };
}

export interface RingWriter {
  /** Waits until there is room; false where nobody takes chunks any more. */
  put(chunk: RowChunk): boolean;
  /** So many bytes more were read. */
  tell(bytes: number): void;
  end(state: Exclude<RingState, "open">): void;
}

export function ringWriter(ring: Ring, layout: ChunkLayout): RingWriter {
  const words = new Int32Array(ring.words);
  const bytes = new Uint8Array(ring.slots);
  const slotBytes = headBytes(layout) + layout.bytes;
  let slot = 0;
  return {
    put({ rows, columns: [numbers, ...read] }) {
      while (Atomics.load(words, slot) !== 0 && Atomics.load(words, CLOSED_WORD) === 0)
        Atomics.wait(words, slot, 1);
      if (Atomics.load(words, CLOSED_WORD) !== 0) return false;
      const at = slot * slotBytes;
      const place = at + headBytes(layout);
      const head = new Uint32Array(ring.slots, at, headWords(layout));
      head[0] = rows;
      if (numbers !== undefined) bytes.set(numbers.values, place + layout.numbers);
      let next = 0;
      for (const [index, own] of layout.columns.entries()) {
        if (own.width === 0) continue;
        const column = read[next++];
        if (column === undefined) continue;
        head[1 + 2 * index] = column.texts?.length ?? 0;
        head[2 + 2 * index] = column.validity === undefined ? 0 : 1;
        bytes.set(column.values, place + own.values);
        if (column.validity !== undefined) bytes.set(column.validity, place + own.validity);
        if (column.texts !== undefined) bytes.set(column.texts, place + own.texts);
      }
      Atomics.store(words, slot, 1);
      ringTheBell(ring);
      slot = (slot + 1) % SLOTS;
      return true;
    },
    tell(count) {
      Atomics.add(words, READ_WORD, Math.round(count / READ_UNIT));
    },
    end(state) {
      Atomics.store(words, STATE_WORD, STATES[state]);
      ringTheBell(ring);
    },
  };
}

export interface RingReader {
  /** Never waits. The bytes are good until `release`. */
  take(): RowChunk | "none yet" | "no more" | "failed";
  /** About how many bytes were read. */
  readBytes(): number;
  /** The chunk that was taken last is not needed any more. */
  release(): void;
  /** Nothing is taken any more. */
  close(): void;
}

export function ringReader(ring: Ring, layout: ChunkLayout): RingReader {
  const words = new Int32Array(ring.words);
  const bytes = new Uint8Array(ring.slots);
  const slotBytes = headBytes(layout) + layout.bytes;
  let slot = 0;
  return {
    take() {
      // Before the slot: what was put in before the end is there.
      const state = Atomics.load(words, STATE_WORD);
      if (Atomics.load(words, slot) === 0) {
        if (state === STATES.failed) return "failed";
        return state === STATES.ended ? "no more" : "none yet";
      }
      const at = slot * slotBytes;
      const head = new Uint32Array(ring.slots, at, headWords(layout));
      const columns = layout.columns.map((_, index) => ({
        textBytes: head[1 + 2 * index] ?? 0,
        hasNull: head[2 + 2 * index] === 1,
      }));
      return chunkIn(bytes, at + headBytes(layout), layout, { rows: head[0] ?? 0, columns });
    },
    readBytes: () => Atomics.load(words, READ_WORD) * READ_UNIT,
    release() {
      Atomics.store(words, slot, 0);
      Atomics.notify(words, slot);
      slot = (slot + 1) % SLOTS;
    },
    close() {
      Atomics.store(words, CLOSED_WORD, 1);
      for (let index = 0; index < SLOTS; index++) {
        Atomics.store(words, index, 0);
        Atomics.notify(words, index);
      }
    },
  };
}

/** How often it rang; to wait from. */
export function rings(bell: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(bell), 0);
}

/** Waits until it rang more often; false where it did not for so long. */
export function waitForBell(bell: SharedArrayBuffer, seen: number, mostMs: number): boolean {
  return Atomics.wait(new Int32Array(bell), 0, seen, mostMs) !== "timed-out";
}

function ringTheBell({ bell }: Ring): void {
  const words = new Int32Array(bell);
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
}
