/** A thread that sifts parts of files: rows go through the ring, and in the end it tells what came of each part. */

import { parentPort } from "node:worker_threads";
import type { RowChunk } from "../../schema/row-chunk.ts";
import { layoutOf } from "./layout.ts";
import { ringWriter } from "./ring.ts";
import { type SiftedPart, siftPart } from "./sift-part.ts";
import type { SiftShift } from "./sift-parts.ts";

parentPort?.once("message", sift);

function sift({ tasks, ring, begun }: SiftShift): void {
  const out = ringWriter(ring, layoutOf(tasks[0]?.columns ?? []));
  const turn = new Int32Array(begun);
  try {
    const done: [number, SiftedPart][] = [];
    for (;;) {
      const index = Atomics.add(turn, 0, 1);
      const task = tasks[index];
      if (task === undefined) break;
      const part = siftToEnd(siftPart(task, out.tell), out.put);
      if (part === undefined) break;
      done.push([index, part]);
      if (part.isUnfit) break;
    }
    parentPort?.postMessage(done);
    out.end(done.some(([, { isUnfit }]) => isUnfit) ? "failed" : "ended");
  } catch (error) {
    out.end("failed");
    throw error;
  }
}

/** Undefined where nobody takes rows any more. */
function siftToEnd(
  part: Generator<RowChunk, SiftedPart>,
  put: (chunk: RowChunk) => boolean,
): SiftedPart | undefined {
  for (;;) {
    const step = part.next();
    if (step.done === true) return step.value;
    if (!put(step.value)) {
      part.return(undefined as never);
      return undefined;
    }
  }
}
