/** Time as a value that is passed in, so that tests hold it. */

export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds, measured by a clock that never jumps; rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
