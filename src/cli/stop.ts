/** Ctrl-C and its like: the first asks the command to stop in order, the second ends it. */

import { constants } from "node:os";

export interface Stop {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal, as shells tell it; undefined where none came. */
  exitCode(): number | undefined;
  /** Throws where a signal came. */
  check(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What a stopped command throws; it is no failure. */
class Stopped extends Error {}

export function listenForStop(process: NodeJS.Process, say: (text: string) => void): Stop {
  const controller = new AbortController();
  let code: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (code !== undefined) process.exit(128 + constants.signals[name]);
      code = 128 + constants.signals[name];
      say("Stopping at a safe point; once more to stop at once.");
      controller.abort(new Stopped(`Stopped by ${name}`));
    });
  }
  return {
    signal: controller.signal,
    exitCode: () => code,
    check: () => controller.signal.throwIfAborted(),
  };
}
