/** Parts of files through the sieve, side by side. */

import { Worker } from "node:worker_threads";
import { mapInOrder } from "../../base/parallel.ts";
import { type SiftedPart, type SiftTask, siftPart } from "./sift-part.ts";

/** A thread costs as much as sifting so many bytes. */
const THREAD_BYTES = 16 * 2 ** 20;

/**
 * In the order of the tasks. Throws what `signal` says, or why a file could not be read or written; no thread runs
 * afterwards.
 */
export async function siftParts(
  tasks: readonly SiftTask[],
  { threads, signal }: { readonly threads: number; readonly signal: AbortSignal | undefined },
): Promise<SiftedPart[]> {
  const failure = new AbortController();
  const stop = AbortSignal.any([failure.signal, ...(signal === undefined ? [] : [signal])]);
  const under: Promise<SiftedPart>[] = [];
  try {
    return await mapInOrder(tasks, threads, async (task) => {
      stop.throwIfAborted();
      if (task.to - task.from < THREAD_BYTES) return siftPart(task);
      const part = siftAside(task, stop);
      under.push(part);
      return part;
    });
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(under);
    throw error;
  }
}

function siftAside(task: SiftTask, signal: AbortSignal): Promise<SiftedPart> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: task,
    stdout: false,
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop, { once: true });
  let part: SiftedPart | undefined;
  let failure: unknown;
  worker.once("message", (message: SiftedPart) => {
    part = message;
  });
  worker.once("error", (error) => {
    failure = error;
  });
  return new Promise<SiftedPart>((resolve, reject) => {
    // Not before, so that its files are closed.
    worker.once("exit", () => {
      if (part !== undefined) resolve(part);
      else reject(failure ?? signal.reason ?? new Error("Bug: a thread ended without a word"));
    });
  }).finally(() => signal.removeEventListener("abort", stop));
}
