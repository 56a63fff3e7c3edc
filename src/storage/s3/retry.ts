/** Trying again: pauses that double and are drawn at random from zero on, so that many who failed at once do not come back at once. */

import { setTimeout } from "node:timers/promises";

export interface Patience {
  readonly attempts: number;
  /** The longest pause before the second try; each later one may be twice as long. */
  readonly firstPauseMs: number;
}

const LONGEST_PAUSE_MS = 10_000;

/** Calls `act` until it succeeds, throws what `mayPass` denies, or has had its tries; then throws its last error. */
export async function persist<T>(
  { attempts, firstPauseMs }: Patience,
  act: () => Promise<T>,
  { mayPass, signal }: { mayPass: (error: unknown) => boolean; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      signal?.throwIfAborted();
      if (tried >= attempts || !mayPass(error)) throw error;
    }
    const longest = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** (tried - 1));
    const pause = setTimeout(Math.random() * longest, undefined, signal ? { signal } : {});
    await pause.catch(() => signal?.throwIfAborted());
  }
}
