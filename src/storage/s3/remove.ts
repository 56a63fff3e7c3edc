/** Removing objects: one by a request of its own, many by one request for a thousand. */

import { mapInOrder } from "../../base/parallel.ts";
import type { Connection } from "./connection.ts";

/** The most that one request takes. */
const BATCH = 1000;
const BATCHES_AT_ONCE = 4;

export interface Removal {
  readonly keys: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Removes those that are there; throws where one of them stays. */
export async function removeObjects(
  connection: Connection,
  { keys, signal }: Removal,
): Promise<void> {
  const [only] = keys;
  if (only === undefined) return;
  if (keys.length === 1) {
    await connection.ask({ act: "remove", path: only, signal }, (client, options) =>
      client.deleteObject({ Bucket: connection.bucket, Key: only }, options),
    );
    return;
  }
  const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, index) =>
    keys.slice(index * BATCH, (index + 1) * BATCH),
  );
  await mapInOrder(batches, BATCHES_AT_ONCE, (batch) => removeBatch(connection, batch, signal));
}

async function removeBatch(
  connection: Connection,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `${keys.length} files`;
  await connection.ask({ act: "remove", path, signal }, async (client, options) => {
    const Objects = keys.map((Key) => ({ Key }));
    const { Errors = [] } = await client.deleteObjects(
      // The protocol demands a checksum here and nowhere else; the SDK makes it.
      { Bucket: connection.bucket, Delete: { Objects, Quiet: true } },
      options,
    );
    const [first] = Errors.filter(({ Code }) => Code !== "NoSuchKey");
    if (first === undefined) return;
    const { Code = "", Key = "", Message = "" } = first;
    throw Object.assign(new Error(`${Key}: ${Message}`), { name: Code });
  });
}
