/** The frame of every change of rows: plan on a version, stage, commit, and begin anew where another was faster. */

import { noCrash } from "../base/crash-point.ts";
import type { AddFile } from "../delta/action.ts";
import type { Filter } from "../delta/filter.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import { untilCommitted } from "./attempt.ts";
import type { TableContext } from "./context.ts";
import type { EditPlan } from "./edit-plan.ts";
import type { RowWriter } from "./row-writer.ts";
import { type StagedEdit, stageEdit } from "./stage-edit.ts";

/** What goes into the same commit. */
export interface Along {
  /** Kept under `commitInfo.millrace`; a function is given the metrics of the very rows that are committed. */
  readonly info?: Info | ((metrics: RowChange["metrics"]) => Info);
  readonly transactions?: readonly { readonly appId: string; readonly version: bigint }[];
}

type Info = Readonly<Record<string, unknown>>;

export interface RowChange {
  /** The version it made, or the one it found nothing to change in. */
  readonly snapshot: Snapshot;
  readonly committed: boolean;
  /** As Delta names them for the operation. */
  readonly metrics: Readonly<Record<string, number>>;
}

interface PlannedChange extends EditPlan {
  /** What decided: rows of other writers that may satisfy all filters make it plan again. */
  readonly reads: readonly Filter[];
}

export interface StagedChange {
  readonly writer: RowWriter;
  readonly plan: PlannedChange;
  readonly staged: StagedEdit;
}

export interface RowOperation {
  readonly operation: string;
  /** True where it cannot be planned again, since what it was given is used up; a lost race is then `delta/conflict`. */
  readonly isOnce?: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  plan(writer: RowWriter): Promise<PlannedChange>;
  metrics(done: StagedChange): Promise<Readonly<Record<string, number>>>;
}

export function changeRows(
  context: TableContext,
  snapshot: Snapshot,
  { info, transactions = [] }: Along,
  operation: RowOperation,
): Promise<RowChange> {
  const appIds = transactions.map(({ appId }) => appId);
  const attempt = async (base: Snapshot): Promise<RowChange> => {
    const staging = await context.delta.storage.openStaging();
    try {
      const began = context.delta.clock.now().getTime();
      const writer = { context, snapshot: base, folder: staging.folder };
      const plan = await operation.plan(writer);
      (context.delta.crash ?? noCrash)("operation/changes-staged");
      const staged = await stageEdit(writer, plan);
      const found = await operation.metrics({ writer, plan, staged });
      const metrics = { ...found, executionTimeMs: context.delta.clock.now().getTime() - began };
      const isNothing = staged.add.length + staged.remove.length + staged.hide.length === 0;
      if (isNothing && transactions.length === 0) {
        return { snapshot: base, committed: false, metrics };
      }
      context.signal?.throwIfAborted();
      const after = await commit(context.delta, base, {
        operation: operation.operation,
        parameters: operation.parameters,
        metrics,
        add: staged.add,
        remove: staged.remove,
        hide: staged.hide,
        changeData: staged.changeData,
        kept: plan.guard.kept,
        reads: { where: plan.reads },
        transactions,
        ...(info === undefined ? {} : { info: typeof info === "function" ? info(metrics) : info }),
      });
      return { snapshot: after, committed: true, metrics };
    } finally {
      await staging.close();
    }
  };
  return operation.isOnce === true
    ? attempt(snapshot)
    : untilCommitted(context, snapshot, appIds, attempt);
}

/** Counts that all operations tell, under the names that Delta gives them. */
export function fileMetrics({ add, remove, hide, changeData }: StagedEdit) {
  const bytes = (files: readonly { readonly size?: number; readonly sizeBytes?: number }[]) =>
    files.reduce((sum, { size = 0, sizeBytes = 0 }) => sum + size + sizeBytes, 0);
  const had = (file: AddFile) => file.deletionVector !== undefined;
  const updated = hide.filter(({ file }) => had(file)).length;
  return {
    removedFiles: remove.length,
    removedBytes: bytes(remove),
    addedFiles: add.length,
    addedBytes: bytes(add),
    changeFiles: changeData === "in files" ? 0 : changeData.length,
    vectorsAdded: hide.length,
    vectorsRemoved: updated + remove.filter(had).length,
    vectorsUpdated: updated,
  };
}
