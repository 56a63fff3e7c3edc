/**
 * A batch for a table that is merged: of the rows with one key the newest alone, and it only where the table holds no
 * newer one. What loses is counted as deduplicated. Of rows that are equally new the one that is loaded later wins,
 * within a batch the one that is greater by its other columns; a replayed row came earlier than all that is there.
 *
 * A winner may delete the row of its key: then it is written as a change, and where there is none it says what is so
 * already and is deduplicated. One that `updateWhere` turns away is filtered. Where the batch is all that there is,
 * rows go whose key it has not; nothing was read for these, so the ledger does not know them.
 */

import { MillraceError } from "../base/error.ts";
import { physicalSelect } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import { duckdbType } from "../engine/type.ts";
import { relationOf } from "../lake/lake.ts";
import type { MergeClause } from "../operation/merge-clause.ts";
import { mergeRows } from "../operation/merge-rows.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { MergeKey } from "../schema/write.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { Ingested } from "./asset.ts";
import type { Batch } from "./load-group.ts";
import { renderConditions } from "./merge-condition.ts";
import {
  DELETES,
  FATE,
  findWinners,
  type LabelledFiles,
  type LeftRows,
  type MergeBatch,
  WINS,
  type Winners,
} from "./merge-winner.ts";
import type { Target } from "./target.ts";

/** What a merge makes of the good rows of a batch. */
export interface SettledBatch {
  /** Of each label, rows that do not change the table. */
  readonly left: ReadonlyMap<string, LeftRows>;
  /** Files for a table that is not there yet. */
  readonly add: readonly WrittenFile[];
  /** The one commit of a table that is there; columns that are new come in one before it, which changes no row. */
  readonly commit: ((along: MergeAlong) => Promise<Snapshot>) | undefined;
}

interface MergeAlong {
  readonly info: Readonly<Record<string, unknown>>;
  readonly transactions: readonly { readonly appId: string; readonly version: bigint }[];
  readonly signal: AbortSignal;
}

type MergeDefinition = Pick<
  Ingested["definition"],
  "merge" | "partitionBy" | "deleteWhere" | "updateWhere" | "deletesAbsent"
>;

/** Undefined where the table is not merged. */
export async function settleBatch(
  { context, session, folder }: Pick<Batch, "context" | "session" | "folder">,
  {
    definition,
    target,
    labelled: good,
    isReplay,
    isWhole = false,
  }: {
    readonly definition: MergeDefinition;
    readonly target: Target;
    readonly labelled: readonly LabelledFiles[];
    readonly isReplay: boolean;
    /** True where no record that was read is missing among the good rows for being bad. */
    readonly isWhole?: boolean;
  },
): Promise<SettledBatch | undefined> {
  const { merge, partitionBy, deletesAbsent } = definition;
  if (merge === undefined) return undefined;
  const { lake, note } = context;
  const table = target.snapshot;
  const isTold = deletesAbsent && !isReplay && table !== undefined;
  const hasRows = good.some(({ files }) => files.length > 0);
  if (isTold && !isWhole)
    note("rows were turned away, so none is deleted for being absent: it may be one of them");
  else if (isTold && !hasRows) note("the files hold no row, so none is deleted for being absent");
  const batch: MergeBatch = {
    lake,
    session,
    folder,
    target,
    merge,
    ...renderConditions(context, definition),
    deletesAbsent: isTold && isWhole && hasRows,
    good,
    isReplay,
  };
  const winners = await findWinners(batch);
  const { left } = winners;
  return table === undefined
    ? { left, add: await writeWinners(batch, winners, partitionBy), commit: undefined }
    : { left, add: [], commit: (along) => commitMerge(batch, { ...along, table, winners, note }) };
}

/** The winners in files of the table, for one that holds no rows yet. */
async function writeWinners(
  { session, folder, target }: MergeBatch,
  { relation }: Winners,
  partitionBy: readonly string[],
): Promise<WrittenFile[]> {
  const layout = target.schema ?? target.snapshot;
  if (relation === undefined || layout === undefined) return [];
  const physical = new Map(target.columns.map(({ name, physicalName }) => [name, physicalName]));
  const logical = new Map(target.columns.map(({ name, physicalName }) => [physicalName, name]));
  const query = physicalSelect(`select * from ${relation}`, layout);
  const files = await session.write(query, {
    folder,
    partitionBy: partitionBy.map((name) => physical.get(name) ?? name),
    ...(target.fieldIds === undefined ? {} : { fieldIds: target.fieldIds }),
  });
  return files.map((file) => ({
    ...file,
    partitionValues: Object.fromEntries(
      Object.entries(file.partitionValues).map(([name, value]) => [
        logical.get(name) ?? name,
        value,
      ]),
    ),
  }));
}

interface MergeCommit extends MergeAlong {
  readonly table: Snapshot;
  readonly winners: Winners;
  note(message: string): void;
}

async function commitMerge(
  batch: MergeBatch,
  { table, winners, info, transactions, signal, note }: MergeCommit,
): Promise<Snapshot> {
  const { lake, session, target, merge } = batch;
  const base =
    target.schema === undefined
      ? table
      : await commit(lake.delta, table, { operation: "ADD COLUMNS", schema: target.schema });
  const columns = target.fields.map(({ name }) => quoteName(name)).join(", ");
  const source =
    winners.relation ??
    `(select ${columns}, false as ${DELETES}, ${WINS} as ${FATE} from ${await relationOf(lake, base)} where false)`;
  const { snapshot, metrics } = await mergeRows(
    { delta: lake.delta, engine: session, signal },
    base,
    {
      source,
      on: merge.key
        .map((name) => `target.${quoteName(name)} = source.${quoteName(name)}`)
        .join(" and "),
      clauses: clausesOf(batch, winners),
      transactions,
      info: ({
        numTargetRowsInserted = 0,
        numTargetRowsUpdated = 0,
        numTargetRowsMatchedDeleted = 0,
      }) => {
        // More are changed where a key stands several times, as it may since before the table was merged.
        const changed = numTargetRowsInserted + numTargetRowsUpdated + numTargetRowsMatchedDeleted;
        if (changed >= winners.rows) return info;
        throw new MillraceError(
          `Another writer changed rows of ${table.metadata.name ?? table.folder} with the same keys at the same time`,
          {
            code: "ingest/other-run",
            hint: "Nothing was loaded. Run again: what is still new will be loaded.",
            retryable: true,
          },
        );
      },
    },
  );
  const { numTargetRowsNotMatchedBySourceDeleted: absent = 0 } = metrics;
  if (absent > 0)
    note(`${absent} ${absent === 1 ? "row was" : "rows were"} absent from the files and deleted`);
  return snapshot;
}

/** What becomes of rows, which must agree with how the winners were found. */
function clausesOf(batch: MergeBatch, { newest }: Winners): MergeClause[] {
  const { merge, isReplay, deletes, updates, deletesAbsent } = batch;
  const mine = deletesAbsent ? [`source.${FATE} = ${WINS}`] : [];
  const stays = deletes === undefined ? [] : [`not source.${DELETES}`];
  const gives = newerTest(merge, isReplay);
  const clauses: MergeClause[] = [];
  const takesOver = !isReplay || merge.newest !== undefined;
  if (takesOver && deletes !== undefined) {
    const when = all([...mine, `source.${DELETES}`, ...gives]);
    clauses.push({ when: "matched", do: "delete", ...when });
  }
  if (takesOver) {
    const when = all([...mine, ...stays, ...gives, ...(updates === undefined ? [] : [updates])]);
    clauses.push({ when: "matched", do: "update", set: "all", ...when });
  }
  clauses.push({ when: "not matched", do: "insert", values: "all", ...all([...mine, ...stays]) });
  if (deletesAbsent) {
    // What is newer than everything in the files is no more absent than it was there.
    const own = merge.newest === undefined ? [] : [absentTest(batch, merge.newest, newest)];
    clauses.push({ when: "not matched by source", do: "delete", ...all(own) });
  }
  return clauses;
}

function all(conditions: readonly string[]): { readonly condition?: string } {
  if (conditions.length === 0) return {};
  return { condition: conditions.map((one) => `(\n${one}\n)`).join(" and ") };
}

function absentTest({ target }: MergeBatch, column: string, newest: string | undefined): string {
  const own = `target.${quoteName(column)}`;
  const type = target.fields.find(({ name }) => name === column)?.type ?? "string";
  return newest === undefined
    ? `${own} is null`
    : `${own} is null or ${own} <= cast(${quoteText(newest)} as ${duckdbType(type)})`;
}

/** True of a row of the table that gives way; null is older than everything. */
function newerTest({ newest }: MergeKey, isReplay: boolean): string[] {
  if (newest === undefined) return [];
  const [old, own] = [`target.${quoteName(newest)}`, `source.${quoteName(newest)}`];
  return isReplay
    ? [`${own} is not null and (${old} is null or ${own} > ${old})`]
    : [`${old} is null or coalesce(${own} >= ${old}, false)`];
}
