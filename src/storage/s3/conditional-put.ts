/**
 * Writing an object only where there is none: the act that commits rest on.
 *
 * 1. The write carries `If-None-Match: *`. Answer 200: it is ours. 412: somebody else's, and nothing changed.
 * 2. 409 says that another write of this key was under way, and nothing changed: the same write again.
 * 3. An answer that is lost, late or 5xx says nothing: the object may stand there, or may yet appear. The same write
 *    again, under the same condition. If it is now told 412, either we met our own first try or somebody else was
 *    first: the object itself tells, by a mark that only this write bears, or by its bytes where a store keeps no marks.
 * 4. Where all tries are used up and the object does not tell either, the failure is thrown as retryable. Whoever
 *    commits decides then by the transaction's id in the file (`delta/race.ts`), which also covers a writer of
 *    another kind between us and the store.
 */

import { randomUUID } from "node:crypto";
import type { Asked, Connection, Request } from "./connection.ts";
import { kindOf, storeError } from "./failure.ts";

export interface ConditionalPut extends Asked {
  /** Sends the write with its condition. */
  readonly put: Request<unknown>;
  /** Looks whether the object that stands there is what `put` writes; throws where none stands there. */
  readonly isOurs: Request<boolean>;
}

/** Metadata of an object: which write made it. */
const MARK = "millrace-write";

export function newMark(): Readonly<Record<string, string>> {
  return { [MARK]: randomUUID() };
}

/** Whether an object's metadata are of the write with this mark; undefined where they tell nothing. */
export function bearsMark(
  metadata: Readonly<Record<string, string>> | undefined,
  mark: Readonly<Record<string, string>>,
): boolean | undefined {
  const found = metadata?.[MARK];
  return found === undefined ? undefined : found === mark[MARK];
}

/** True where the object is ours, false where it is another's. */
export async function putIfAbsent(
  connection: Connection,
  { act, path, signal, put, isOurs }: ConditionalPut,
): Promise<boolean> {
  let mayStand = false;
  try {
    return await connection.persist(signal, async (client, options) => {
      try {
        await put(client, options);
        return true;
      } catch (error) {
        const kind = kindOf(error);
        // A finished upload in parts is forgotten, so finishing it again is told that it is missing.
        const isDecided = kind === "taken" || (kind === "missing" && mayStand);
        if (kind === "passing") mayStand = true;
        if (!isDecided) throw error;
      }
      return mayStand && isOurs(client, options);
    });
  } catch (error) {
    signal?.throwIfAborted();
    const asked = { act, path, signal };
    const stands = mayStand
      ? await connection.ask(asked, isOurs).catch(() => undefined)
      : undefined;
    if (stands !== undefined) return stands;
    throw storeError(error, { act, path, uri: connection.uri });
  }
}
