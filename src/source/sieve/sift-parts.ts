/** Parts of files through the sieve, side by side, for one thread that takes the rows as they come. */

import type { Worker } from "node:worker_threads";
import type { RowChunk } from "../../schema/row-chunk.ts";
import { layoutOf } from "./layout.ts";
import { openSievePool, type SievePool, THREAD_BYTES } from "./pool.ts";
import {
  newBell,
  newRing,
  type Ring,
  type RingReader,
  ringReader,
  rings,
  waitForBell,
} from "./ring.ts";
import { type SiftedPart, type SiftTask, siftPart } from "./sift-part.ts";

export interface Sifting {
  /**
   * The next rows, and waits for them; undefined once all parts are done. As far as possible, who asks with the same
   * number gets the rows of one part, in their order. Throws where a part could not be read, or was given up.
   */
  next(thread: number): RowChunk | undefined;
  /** About how many bytes were read. */
  readBytes(): number;
  /** What came of the parts, in the order of the tasks, once all are done or one was given up; throws why one could not be read. */
  parts(): Promise<SiftedPart[]>;
  /** No thread runs afterwards. */
  close(): Promise<void>;
}

/** What a thread does: the tasks that nobody else has begun. */
export interface SiftShift {
  readonly tasks: readonly SiftTask[];
  readonly ring: Ring;
  /** One word: how many tasks have been begun. */
  readonly begun: SharedArrayBuffer;
}

/** By the place of the task. */
type ShiftResult = readonly (readonly [number, SiftedPart])[];

/** A disk that gives nothing for so long is not waited for. */
const PATIENCE_MS = 60_000;

interface SiftingOptions {
  readonly threads: number;
  /** Of all parts. */
  readonly bytes: number;
  /** Where threads may wait already. */
  readonly pool?: SievePool | undefined;
}

/** At least one task; all are of one kind. */
export function openSifting(
  tasks: readonly SiftTask[],
  { threads, bytes, pool = openSievePool(0) }: SiftingOptions,
): Sifting {
  return bytes < THREAD_BYTES || threads < 2 ? siftHere(tasks) : siftAside(tasks, threads, pool);
}

/** One part after another, whenever rows are asked for. */
function siftHere(tasks: readonly SiftTask[]): Sifting {
  const done: SiftedPart[] = [];
  let running: Generator<RowChunk, SiftedPart> | undefined;
  let readBytes = 0;
  const onRead = (bytes: number): void => {
    readBytes += bytes;
  };
  let failure: unknown;
  const step = (): RowChunk | undefined => {
    for (let task = tasks[done.length]; task !== undefined; task = tasks[done.length]) {
      running ??= siftPart(task, onRead);
      const { done: isDone, value } = running.next();
      if (isDone !== true) return value;
      done.push(value);
      running = undefined;
      if (value.isUnfit) throw givenUp();
    }
    return undefined;
  };
  return {
    next() {
      if (failure !== undefined) throw failure;
      try {
        return step();
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    readBytes: () => readBytes,
    async parts() {
      if (failure !== undefined && done.at(-1)?.isUnfit !== true) throw failure;
      return done;
    },
    close: async () => void running?.return(undefined as never),
  };
}

function siftAside(tasks: readonly SiftTask[], threads: number, pool: SievePool): Sifting {
  const layout = layoutOf(tasks[0]?.columns ?? []);
  const bell = newBell();
  const begun = new SharedArrayBuffer(4);
  const shifts = Array.from({ length: Math.min(threads, tasks.length) }, () => {
    const ring = newRing(layout, bell);
    const worker = pool.take();
    const result = work(worker, { tasks, ring, begun });
    return { worker, result, reader: ringReader(ring, layout) };
  });
  const readers = shifts.map(({ reader }) => reader);
  let taken: RingReader | undefined;
  return {
    next(thread) {
      taken?.release();
      taken = undefined;
      for (;;) {
        const seen = rings(bell);
        let isOpen = false;
        for (let index = 0; index < readers.length; index++) {
          const reader = readers[(thread + index) % readers.length];
          const chunk = reader?.take();
          if (chunk === "failed") {
            // Others may wait for somebody to take what they have.
            for (const one of readers) one.close();
            throw givenUp();
          }
          if (chunk === "none yet") isOpen = true;
          if (typeof chunk !== "object") continue;
          taken = reader;
          return chunk;
        }
        if (!isOpen) return undefined;
        if (!waitForBell(bell, seen, PATIENCE_MS))
          throw new Error(`a file was not read on for ${PATIENCE_MS / 1000} seconds`);
      }
    },
    readBytes: () => readers.reduce((sum, reader) => sum + reader.readBytes(), 0),
    async parts() {
      const results = (await Promise.all(shifts.map(({ result }) => result))).flat();
      return results.sort(([one], [other]) => one - other).map(([, part]) => part);
    },
    async close() {
      for (const { reader } of shifts) reader.close();
      await Promise.allSettled(
        shifts.map(async ({ worker, result }) => {
          await worker.terminate();
          await result;
        }),
      );
    },
  };
}

function work(worker: Worker, shift: SiftShift): Promise<ShiftResult> {
  worker.postMessage(shift);
  let told: ShiftResult | undefined;
  let failure: unknown;
  worker.once("message", (message: ShiftResult) => {
    told = message;
  });
  worker.once("error", (error) => {
    failure = error;
  });
  const result = new Promise<ShiftResult>((resolve, reject) => {
    // Not before, so that its files are closed.
    worker.once("exit", () => {
      if (told !== undefined) resolve(told);
      else reject(failure ?? new Error("Bug: a thread ended without a word"));
    });
  });
  // Who does not ask for the parts hears of it from `next`.
  result.catch(() => {});
  return result;
}

function givenUp(): Error {
  return new Error("the sieve was given up");
}
