/** What every step is given beside what it is about. */

import type { Param, Text } from "../sql/template.ts";
import type { Lake } from "./lake.ts";
import type { Ledger } from "./step-info.ts";

export interface StepContext {
  readonly lake: Lake;
  /** Absolute; the paths of a project are relative to it. */
  readonly root: string;
  readonly run: { readonly id: string; readonly startedAt: Date };
  /** Resolves parameters and secrets. */
  text(value: Text): string;
  param(param: Param): string | number | boolean;
  readonly signal: AbortSignal;
  /** A remark that a person should see and that is no failure. */
  note(message: string): void;
  /** How far the step is. */
  progress(progress: StepProgress): void;
}

export interface StepProgress {
  readonly rows?: number;
  readonly bytes?: number;
  /** Of the whole, 0 to 1. */
  readonly fraction?: number;
}

export interface StepOutcome {
  readonly state: "done" | "up to date";
  /** Of the table, where the step is about one. */
  readonly version: number | undefined;
  readonly ledger: Ledger;
  /** Absolute paths of files that people asked for. */
  readonly outputs?: readonly string[];
}
