/** What happened in a run: the record of each step, which `run --json` prints. */

import type { Ledger } from "../lake/step-info.ts";
import type { StepKind } from "../project/graph.ts";

export interface StepResult {
  readonly asset: string;
  readonly kind: StepKind;
  readonly state: "done" | "up to date" | "failed" | "blocked" | "stopped";
  readonly version?: number;
  readonly time_ms: number;
  readonly ledger: Ledger;
  readonly outputs?: readonly string[];
  readonly notes?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

export interface RunResult {
  readonly project: string;
  readonly run: string;
  readonly lake: string;
  readonly state: "done" | "failed" | "nothing to do" | "stopped";
  readonly steps: readonly StepResult[];
  /** Earlier runs that this one found without a record, and recorded as killed. */
  readonly killed?: readonly { readonly run: string; readonly started_at: string }[];
}
