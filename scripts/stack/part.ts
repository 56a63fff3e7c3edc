/** A real outside part: a program that is not ours, as the tests of `npm run test:stack` meet it. */

export interface Part {
  /** Glob of the tests that need it; tests may need several parts. */
  readonly tests: string;
  /** Installs it where it is not yet, and resolves when it answers; fails where it cannot be had. */
  start(): Promise<RunningPart>;
}

export interface RunningPart {
  /** Tells the tests where it is. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when no process of it is left. */
  stop(): Promise<void>;
}
