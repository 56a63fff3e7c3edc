/** A thread of a test: puts chunks into a ring that tell which they are, then ends it, or fails. */

import { workerData } from "node:worker_threads";
import { ringWriter } from "../../../src/source/sieve/ring.ts";
import { chunkOf, LAYOUT, type WriterTask } from "./ring-chunk.ts";

const { ring, chunks, delayMs, endsAs } = workerData as WriterTask;
const out = ringWriter(ring, LAYOUT);
const clock = new Int32Array(new SharedArrayBuffer(4));
for (let number = 0; number < chunks; number++) {
  if (delayMs > 0) Atomics.wait(clock, 0, 0, delayMs);
  if (!out.put(chunkOf(number))) break;
}
out.end(endsAs);
