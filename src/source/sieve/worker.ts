/** A thread that sifts one part of a file and tells what came of it. */

import { parentPort, workerData } from "node:worker_threads";
import { type SiftTask, siftPart } from "./sift-part.ts";

parentPort?.postMessage(siftPart(workerData as SiftTask));
