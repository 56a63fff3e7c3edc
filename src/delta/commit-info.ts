/** `commitInfo`: what a commit says about itself. */

import { renderJson } from "../base/json.ts";
import type { Snapshot } from "./snapshot.ts";

const ENGINE = "Millrace";

/** What the change's maker says about it. */
export interface Description {
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly info?: Readonly<Record<string, unknown>>;
}

export interface CommitFacts {
  readonly change: Description;
  /** Tells our commit from another's after an answer was lost. */
  readonly txnId: string;
  readonly now: number;
  readonly before: Snapshot | undefined;
  /** `commitInfo` of the version right before ours. */
  readonly previous: Readonly<Record<string, unknown>> | undefined;
  readonly configuration: Readonly<Record<string, string>>;
  readonly isBlindAppend: boolean;
}

export function commitInfo(facts: CommitFacts): Record<string, unknown> {
  const { change, txnId, now, before, previous, configuration, isBlindAppend } = facts;
  const isTimed = configuration["delta.enableInCommitTimestamps"] === "true";
  return {
    ...(isTimed ? { inCommitTimestamp: laterThan(previous, now) } : {}),
    timestamp: now,
    operation: change.operation,
    operationParameters: texts(change.parameters),
    ...(before === undefined ? {} : { readVersion: before.version }),
    isolationLevel: "Serializable",
    isBlindAppend,
    operationMetrics: texts(change.metrics),
    engineInfo: ENGINE,
    txnId,
    millrace: change.info,
  };
}

/** In-commit timestamps rise strictly, whatever the clocks of the writers say. */
function laterThan(previous: Readonly<Record<string, unknown>> | undefined, now: number): number {
  const last = previous?.inCommitTimestamp;
  return typeof last === "number" ? Math.max(now, last + 1) : now;
}

/** Other readers take parameters and metrics for texts. */
function texts(values: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "string" ? value : renderJson(value)]),
  );
}
