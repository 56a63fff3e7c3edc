/** One request to the worker of an outside engine: a line of JSON each way on its socket. */

import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";

/** Rejects with what the engine said where it refuses. `place` is the variable that says where the worker is. */
export async function ask(
  place: string,
  request: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const path = process.env[place];
  assert.ok(path !== undefined, `${place} is not set: run npm run test:stack`);
  const socket = createConnection(path);
  socket.end(`${JSON.stringify(request)}\n`);
  const answer = JSON.parse(await text(socket)) as {
    readonly value?: unknown;
    readonly error?: string;
  };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value;
}
