/** `commitInfo`: what a commit says about itself. */

import { renderJson } from "../base/json.ts";

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
  /** The version the change was planned on. */
  readonly readVersion: number | undefined;
  /** Where commits carry their own times, which rise strictly whatever the clocks of the writers say. */
  readonly ownTime: number | undefined;
  readonly isBlindAppend: boolean;
}

export function commitInfo(facts: CommitFacts): Record<string, unknown> {
  const { change, txnId, now, readVersion, ownTime, isBlindAppend } = facts;
  return {
    ...(ownTime === undefined ? {} : { inCommitTimestamp: ownTime }),
    timestamp: now,
    operation: change.operation,
    operationParameters: texts(change.parameters),
    readVersion,
    isolationLevel: "Serializable",
    isBlindAppend,
    operationMetrics: texts(change.metrics),
    engineInfo: ENGINE,
    txnId,
    millrace: change.info,
  };
}

/** Other readers take parameters and metrics for texts. */
function texts(values: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "string" ? value : renderJson(value)]),
  );
}
