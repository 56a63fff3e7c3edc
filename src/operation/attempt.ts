/** Doing a change again on the newest version after another writer was faster. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { refreshSnapshot } from "../delta/table.ts";
import type { TableContext } from "./context.ts";

const TRIES = 10;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 2000;

/**
 * Plans and commits; where the commit lost to one that changed what it was planned from, plans again
 * from the newest version after a random wait. A lost transaction is not tried again: whoever went
 * on with it may have done this very change.
 */
export async function untilCommitted<T>(
  context: TableContext,
  snapshot: Snapshot,
  appIds: readonly string[],
  attempt: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  let planned = snapshot;
  for (let tried = 1; ; tried += 1) {
    context.signal?.throwIfAborted();
    try {
      return await attempt(planned);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "delta/conflict") throw error;
      const newest = await refreshSnapshot(context.delta, planned);
      const moved = appIds.some(
        (appId) => newest.transactions.get(appId) !== snapshot.transactions.get(appId),
      );
      if (tried === TRIES || moved || newest.version === planned.version) throw error;
      planned = newest;
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tried);
      await context.delta.clock.sleep(Math.random() * longest);
    }
  }
}
