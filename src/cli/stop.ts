/** Ctrl-C and its like: the first asks the command to stop in order, the second ends it. */

import { constants } from "node:os";

export interface Stop {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal, as shells tell it; undefined where none came. */
  exitCode(): number | undefined;
  /** Throws where a signal came. */
  check(): void;
  /** Does the work; once a signal came it is interrupted again and again until it ends. */
  during<T>(work: () => Promise<T>, interrupt: () => void): Promise<T>;
}

const INTERRUPT_EVERY_MS = 50;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What a stopped command throws; it is no failure. */
class Stopped extends Error {}

export function listenForStop(process: NodeJS.Process, say: (text: string) => void): Stop {
  const controller = new AbortController();
  let code: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (code !== undefined) {
        // An exit would wait for what the engine's threads are doing; to die of the signal does not.
        process.removeAllListeners(name);
        process.kill(process.pid, name);
        return;
      }
      code = 128 + constants.signals[name];
      say("Stopping at a safe point; once more to stop at once.");
      controller.abort(new Stopped(`Stopped by ${name}`));
    });
  }
  return {
    signal: controller.signal,
    exitCode: () => code,
    check: () => controller.signal.throwIfAborted(),
    async during(work, interrupt) {
      // Once is not enough: between two statements nothing runs that could be interrupted.
      let timer: NodeJS.Timeout | undefined;
      const begin = (): void => {
        interrupt();
        timer = setInterval(interrupt, INTERRUPT_EVERY_MS);
      };
      controller.signal.addEventListener("abort", begin);
      try {
        controller.signal.throwIfAborted();
        return await work();
      } finally {
        controller.signal.removeEventListener("abort", begin);
        clearInterval(timer);
      }
    },
  };
}
