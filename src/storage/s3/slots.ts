/** A bound on how many things are under way at once, shared by those who wait in line for it. */

export interface Slots {
  /** Waits for a slot and resolves to what gives it back. */
  take(signal?: AbortSignal): Promise<() => void>;
  use<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const line: (() => void)[] = [];
  const release = (): void => {
    const next = line.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const take: Slots["take"] = async (signal) => {
    signal?.throwIfAborted();
    if (free > 0) free -= 1;
    // Those before us have bounded tries, so that waiting needs no bound of its own.
    else await new Promise<void>((resolve) => line.push(resolve));
    if (signal?.aborted) {
      release();
      signal.throwIfAborted();
    }
    return release;
  };
  return {
    take,
    async use(work, signal) {
      const done = await take(signal);
      try {
        return await work();
      } finally {
        done();
      }
    },
  };
}
