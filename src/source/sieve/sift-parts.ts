/** Parts of files through the sieve, side by side. */

import { Worker } from "node:worker_threads";
import { mapInOrder } from "../../base/parallel.ts";
import { type SiftedPart, type SiftTask, siftPart } from "./sift-part.ts";

/** A thread costs as much as sifting so many bytes. */
const THREAD_BYTES = 16 * 2 ** 20;

/** In the order of the tasks. Throws what `signal` says, or why a file could not be read or written. */
export function siftParts(
  tasks: readonly SiftTask[],
  { threads, signal }: { readonly threads: number; readonly signal: AbortSignal | undefined },
): Promise<SiftedPart[]> {
  return mapInOrder(tasks, threads, async (task) => {
    signal?.throwIfAborted();
    return task.to - task.from < THREAD_BYTES ? siftPart(task) : siftAside(task, signal);
  });
}

function siftAside(task: SiftTask, signal: AbortSignal | undefined): Promise<SiftedPart> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: task,
    stdout: false,
  });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  return new Promise<SiftedPart>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () =>
      reject(signal?.reason ?? new Error("Bug: a thread of the sieve ended without a word")),
    );
  }).finally(() => signal?.removeEventListener("abort", stop));
}
