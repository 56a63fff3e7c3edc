/** Requests to the workers that `npm run test:stack` has started. */

import assert from "node:assert/strict";
import { askWorker } from "../../scripts/stack/worker.ts";

/** `place` is the variable that says where the worker is. Rejects with what the engine said where it refuses. */
export async function ask(
  place: string,
  request: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const socket = process.env[place];
  assert.ok(socket !== undefined, `${place} is not set: run npm run test:stack`);
  return askWorker(socket, request);
}
