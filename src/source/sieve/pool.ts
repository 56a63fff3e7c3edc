/** Threads of the sieve that wait for work: to start one takes as long as to sift some ten megabytes, and can be done aside. */

import { Worker } from "node:worker_threads";
import { moduleUrl } from "../../base/package.ts";

export interface SievePool {
  /** A thread that takes one shift as its first message; a new one where none waits. */
  take(): Worker;
  /** Those that nobody took are gone afterwards. */
  close(): Promise<void>;
}

/** What the number of a thread becomes. */
const ENDED = -1;
/** Files with fewer bytes need none. */
export const THREAD_BYTES = 16 * 2 ** 20;

export function openSievePool(size: number): SievePool {
  const waiting = Array.from({ length: size }, startThread);
  return {
    take() {
      const alive = waiting.splice(0).filter(({ threadId }) => threadId !== ENDED);
      const taken = alive.pop() ?? startThread();
      waiting.push(...alive);
      taken.ref();
      return taken;
    },
    async close() {
      await Promise.all(waiting.splice(0).map((one) => one.terminate()));
    },
  };
}

function startThread(): Worker {
  const worker = new Worker(moduleUrl("source/sieve/worker"), { stdout: false });
  // Who takes it hears of what fails then; one that fails while it waits is not taken.
  worker.on("error", () => {});
  // To wait is no reason for the process to live on.
  worker.unref();
  return worker;
}
