/** How far a session's statements are, told to the person who waits for it. */

import type { Engine } from "../engine/engine.ts";
import type { StepContext } from "./step.ts";

const EVERY_MS = 250;

export interface Work {
  /** Bytes that the statement reads. */
  readonly bytes: number;
  /** What was done before it. */
  readonly rowsBefore: number;
  readonly bytesBefore: number;
}

/** Reports while `act` runs. */
export async function watched<T>(
  { progress }: Pick<StepContext, "progress">,
  session: Pick<Engine, "progress">,
  { bytes, rowsBefore, bytesBefore }: Work,
  act: () => Promise<T>,
): Promise<T> {
  let most: number | undefined;
  const timer = setInterval(() => {
    // The engine counts what its readers have done in units of theirs, which are no rows of a file.
    const { fraction } = session.progress();
    // Of several statements the first takes the longest; none begins anew for who waits.
    if (fraction !== undefined) most = Math.max(most ?? 0, fraction);
    progress({
      rows: rowsBefore,
      bytes: bytesBefore + Math.round(bytes * (most ?? 0)),
      ...(most === undefined ? {} : { fraction: most }),
    });
  }, EVERY_MS);
  try {
    return await act();
  } finally {
    clearInterval(timer);
  }
}
