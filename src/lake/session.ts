/** A session of the engine for one piece of work: closed afterwards, and interrupted when the run is told to stop. */

import type { Engine } from "../engine/engine.ts";
import type { StepContext } from "./step.ts";

const INTERRUPT_EVERY_MS = 50;

export type WorkContext = Pick<StepContext, "lake" | "signal">;

export interface Work {
  readonly session: Engine;
  /** Of this machine, for files that are adopted or thrown away. */
  readonly folder: string;
}

/**
 * Once the signal aborts, whatever statement the session runs is interrupted, again and again until `act` ends: one
 * that was between two statements would not notice the first time.
 */
export async function withSession<T>(
  { lake, signal }: WorkContext,
  act: (session: Engine) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const session = await lake.engine.session();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    session.interrupt();
    timer ??= setInterval(() => session.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await act(session);
  } finally {
    signal.removeEventListener("abort", stop);
    clearInterval(timer);
    session.close();
  }
}

/** The same with a staging folder, which is gone afterwards with all that was not adopted. */
export async function withStaging<T>(
  context: WorkContext,
  act: (work: Work) => Promise<T>,
): Promise<T> {
  const staging = await context.lake.storage.openStaging();
  try {
    return await withSession(context, (session) => act({ session, folder: staging.folder }));
  } finally {
    await staging.close();
  }
}
