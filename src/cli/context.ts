/** What every command is given. */

import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";
import type { Stop } from "./stop.ts";

export interface CommandContext {
  readonly args: Arguments;
  readonly output: Output;
  readonly stop: Stop;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute: where the person stands. */
  readonly here: string;
}

/** Resolves to the exit code; what it throws is told to the person. */
export type Command = (context: CommandContext) => Promise<number>;
