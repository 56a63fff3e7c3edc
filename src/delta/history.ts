/** A table's history: what each commit said about itself. */

import { isJsonObject } from "../base/json.ts";
import { mapInOrder } from "../base/parallel.ts";
import type { Transaction } from "./action.ts";
import { listLog } from "./log-files.ts";
import { readCommit } from "./read-commit.ts";
import type { DeltaContext } from "./table.ts";
import { inCommitTime, risingTimes } from "./time-travel.ts";

export interface CommitRecord {
  readonly version: number;
  readonly timestamp: Date;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
  /** `commitInfo.millrace`: what our own steps left there. */
  readonly info: Readonly<Record<string, unknown>> | undefined;
  readonly transactions: readonly Transaction[];
  readonly addedFiles: number;
  readonly removedFiles: number;
  readonly engineInfo: string | undefined;
}

const AT_ONCE = 8;

/** Commits newest first: those after version `after` up to `last`, at most `limit`. Commits cleaned away are not listed. */
export async function history(
  context: Pick<DeltaContext, "storage">,
  folder: string,
  {
    after = -1,
    last = Number.POSITIVE_INFINITY,
    limit = Number.POSITIVE_INFINITY,
  }: { after?: number; last?: number; limit?: number } = {},
): Promise<CommitRecord[]> {
  const { storage } = context;
  const { commits } = await listLog(storage, folder, after + 1);
  const wanted = commits.filter(({ version }) => version <= last);
  const newest = wanted.slice(Math.max(0, wanted.length - limit)).toReversed();
  const times = new Map(risingTimes(commits).map(({ version, time }) => [version, time]));
  return mapInOrder(newest, AT_ONCE, async ({ path, version }) => {
    const { info = {}, transactions, adds, removes } = await readCommit(storage, path);
    return {
      version,
      timestamp: new Date(inCommitTime(info) ?? times.get(version) ?? 0),
      operation: typeof info.operation === "string" ? info.operation : "unknown",
      parameters: isJsonObject(info.operationParameters) ? info.operationParameters : {},
      metrics: isJsonObject(info.operationMetrics) ? info.operationMetrics : {},
      info: isJsonObject(info.millrace) ? info.millrace : undefined,
      transactions,
      addedFiles: adds.length,
      removedFiles: removes.length,
      engineInfo: typeof info.engineInfo === "string" ? info.engineInfo : undefined,
    };
  });
}
