/** Putting new rows in the place of all rows of the partitions that they are in. */

import { partitionValue } from "../delta/check-file.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Along } from "./change-rows.ts";
import type { TableContext } from "./context.ts";
import { keptRules } from "./kept-rule.ts";
import { filesInPartitions } from "./partition-filter.ts";

export interface OverwritePartitionsOptions extends Pick<Along, "transactions"> {
  /** Staged files of the table; they are used up, so a lost race is `delta/conflict`. */
  readonly files: readonly WrittenFile[];
  /** Kept under `commitInfo.millrace`. */
  readonly info?: Readonly<Record<string, unknown>>;
}

/** Partitions without a new row stay as they are. No file of the table is opened; any change of its rows by another conflicts. */
export async function overwritePartitions(
  { delta, engine }: TableContext,
  snapshot: Snapshot,
  { files, transactions = [], info }: OverwritePartitionsOptions,
): Promise<Snapshot> {
  const { folder, metadata } = snapshot;
  const remove = await filesInPartitions(engine, snapshot, partitionsIn(snapshot, files));
  const rows = files.reduce((sum, file) => sum + Number(file.rows), 0);
  return commit(delta, snapshot, {
    operation: "WRITE",
    parameters: {
      mode: "Overwrite",
      partitionBy: JSON.stringify(metadata.partitionColumns),
      isDynamicPartitionOverwrite: true,
    },
    metrics: {
      numFiles: files.length,
      numOutputRows: rows,
      numOutputBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      numRemovedFiles: remove.length,
    },
    add: files,
    remove,
    changeData: "in files",
    kept: await keptRules(engine, folder, layoutOf(snapshot), files),
    reads: "whole table",
    transactions,
    ...(info === undefined ? {} : { info }),
  });
}

/** The values of the partitions that the files are in, each once. */
function partitionsIn(
  snapshot: Snapshot,
  files: readonly WrittenFile[],
): readonly (readonly (string | null)[])[] {
  const layout = layoutOf(snapshot);
  const columns = layout.fields.filter(({ name }) => layout.partitionColumns.includes(name));
  const all = files.map((file) => columns.map((field) => partitionValue(file, field, layout)));
  return [...new Map(all.map((values) => [JSON.stringify(values), values])).values()];
}
