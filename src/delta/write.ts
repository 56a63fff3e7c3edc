/**
 * Committing a change: one atomic creation of the next commit file.
 *
 * 1. The change is checked against the table as its maker saw it, and its files are adopted.
 * 2. Version base + 1 is created. Where it exists already, every winner since base is checked
 *    against what the change relied on: a harmless one moves us one version on, and we try again;
 *    a harmful one is `delta/conflict`, and the files adopted here are removed.
 * 3. An answer that got lost is settled by reading the commit back: it is ours if it carries our
 *    transaction id.
 */

import { noCrash } from "../base/crash-point.ts";
import { systemCodeOf } from "../base/error.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { AddFile, DomainMetadata } from "./action.ts";
import { adoptChange, type Hiding } from "./adopt-change.ts";
import { checkChange } from "./check-change.ts";
import { checkpointWhenDue } from "./checkpoint.ts";
import type { Description } from "./commit-info.ts";
import { inFolder } from "./data-path.ts";
import { proposalOf } from "./proposal.ts";
import { winVersion } from "./race.ts";
import type { Reads } from "./reads.ts";
import type { Snapshot } from "./snapshot.ts";
import { type DeltaContext, openSnapshot, refreshSnapshot } from "./table.ts";
import { type PlannedTable, planTable, type TableSpec } from "./table-spec.ts";

/**
 * The operation is named as Delta's history names it (`CREATE TABLE`, `WRITE`, `DELETE`); `info` is
 * kept under `commitInfo.millrace`, bigint and all.
 */
export interface Change extends Description {
  /** Staged files, adopted by the commit. */
  readonly add?: readonly WrittenFile[];
  /** Files that `adoptFiles` took over already. */
  readonly adopted?: readonly AddFile[];
  readonly remove?: readonly AddFile[] | "all";
  /** Rows to delete from files that stay; the table has `delta.enableDeletionVectors`. */
  readonly hide?: readonly Hiding[];
  /**
   * Staged files of the rows that a table with a change feed asks for: its columns and `_change_type`.
   * `"in files"` where the files added and removed hold no row that was there before and stays.
   */
  readonly changeData?: readonly WrittenFile[] | "in files";
  /** False where the rows stay the same multiset and only lie in other files. */
  readonly dataChange?: boolean;
  /** Names of the table's rules (`rulesOf`) that its maker knows every added row to keep; any other refuses the change. */
  readonly kept?: readonly string[];
  /** The new table, or what it becomes. */
  readonly schema?: TableSpec;
  /** What the table becomes, planned already, instead of `schema`. */
  readonly becomes?: PlannedTable;
  /** True where the table becomes what it was at a version, with the files of that version and no others. */
  readonly isRestored?: boolean;
  readonly transactions?: readonly { readonly appId: string; readonly version: bigint }[];
  /** Metadata of domains to set or, with `removed`, to take away; the table has the feature for it. */
  readonly domains?: readonly DomainMetadata[];
  /** What the change was computed from, for the conflict check; nothing by default. Removing all files reads the whole table. */
  readonly reads?: Reads;
}

/** The table as the change's maker saw it; without a version there was none. */
export type Base = Snapshot | { readonly folder: string };

/**
 * Makes the change or throws with nothing visible changed; resolves to the version it made.
 * A race that was lost for good is `delta/conflict`, retryable from the newer version.
 */
export async function commit(context: DeltaContext, base: Base, change: Change): Promise<Snapshot> {
  const { folder } = base;
  const before = "version" in base ? base : undefined;
  const { schema, becomes } = change;
  const planned = schema === undefined ? becomes : planTable(schema, before);
  checkChange(folder, before, change, planned);
  const { adds, removes, changeData, places } = await adoptChange(context, folder, before, change);
  const proposal = proposalOf(
    { folder, before, change, planned, adopted: adds, removed: removes, changeData },
    context.clock.now(),
  );
  let version: number;
  try {
    version = await winVersion(context, proposal);
  } catch (error) {
    if (systemCodeOf(error) === "delta/conflict") await discard(context, folder, places);
    throw error;
  }
  (context.crash ?? noCrash)("delta/committed");
  const after =
    before === undefined
      ? await openSnapshot(context, folder, { version })
      : await refreshSnapshot(context, before, { version });
  if (after === undefined) throw new Error(`Bug: version ${version} of ${folder} is not there`);
  await checkpointWhenDue(context, after);
  return after;
}

/** Best effort: what stays is invisible and is vacuumed later. */
async function discard(
  { storage }: DeltaContext,
  folder: string,
  places: readonly string[],
): Promise<void> {
  await Promise.allSettled(places.map((place) => storage.remove(inFolder(folder, place))));
}
