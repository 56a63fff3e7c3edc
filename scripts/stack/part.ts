/** The real outside parts that `npm run test:stack` knows, by name. */

export interface Part {
  /** Glob of the tests that need it. */
  readonly tests: string;
  /** Resolves when it answers. */
  start(): Promise<RunningPart>;
}

interface RunningPart {
  /** Tells the tests where it is. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export const PARTS: Readonly<Record<string, Part>> = {};
