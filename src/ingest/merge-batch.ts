/**
 * A batch for a table that is merged: of the rows with one key the newest alone, and it only where the table holds no
 * newer one. What loses is counted as deduplicated. Of rows that are equally new the one that is loaded later wins,
 * within a batch the one that is greater by its other columns; a replayed row came earlier than all that is there.
 */

import { MillraceError } from "../base/error.ts";
import { physicalSelect } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import { mergeRows } from "../operation/merge-rows.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { MergeKey } from "../schema/write.ts";
import { quoteName } from "../sql/quote.ts";
import type { Ingested } from "./asset.ts";
import type { Batch } from "./load-group.ts";
import { layoutOfTarget, type Target } from "./target.ts";

const LABEL = quoteName("~label");

/** Good rows of one source. */
export interface LabelledFiles {
  readonly label: string;
  readonly files: readonly WrittenFile[];
}

interface MergeBatch {
  readonly lake: Lake;
  readonly session: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly target: Target;
  readonly merge: MergeKey;
  readonly partitionBy: readonly string[];
  readonly good: readonly LabelledFiles[];
  readonly isReplay: boolean;
}

/** What a merge makes of the good rows of a batch. */
export interface SettledBatch {
  /** Of each label, rows that another one stands for. */
  readonly lost: ReadonlyMap<string, number>;
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

/** Undefined where the table is not merged. */
export async function settleBatch(
  { context, session, folder }: Pick<Batch, "context" | "session" | "folder">,
  {
    definition: { merge, partitionBy },
    target,
    labelled: good,
    isReplay,
  }: {
    readonly definition: Pick<Ingested["definition"], "merge" | "partitionBy">;
    readonly target: Target;
    readonly labelled: readonly LabelledFiles[];
    readonly isReplay: boolean;
  },
): Promise<SettledBatch | undefined> {
  if (merge === undefined) return undefined;
  const { lake } = context;
  const batch = { lake, session, folder, target, merge, partitionBy, good, isReplay };
  const winners = await findWinners(batch);
  const lost = new Map<string, number>();
  const given = sumsOf(good.map(({ label, files }) => [label, rowsIn(files)]));
  for (const [label, rows] of given) lost.set(label, rows - (winners.byLabel.get(label) ?? 0));
  const table = target.snapshot;
  return table === undefined
    ? { lost, add: await writeWinners(batch, winners), commit: undefined }
    : { lost, add: [], commit: (along) => commitMerge(batch, { ...along, table, winners }) };
}

/** The rows that are to be in the table. */
interface Winners {
  /** Stands in FROM on the session, with the columns of the table; undefined where there is none. */
  readonly relation: string | undefined;
  readonly rows: number;
  /** How many of each label. */
  readonly byLabel: ReadonlyMap<string, number>;
}

async function findWinners(batch: MergeBatch): Promise<Winners> {
  const { session, folder, good } = batch;
  const labels = good.filter(({ files }) => files.length > 0);
  if (labels.length === 0) return { relation: undefined, rows: 0, byLabel: new Map() };
  const all = labels.map(
    ({ files }, index) => `select *, ${index} as ${LABEL} from ${stagedRelation(batch, files)}`,
  );
  const first = `select * from (${all.join(" union all ")}) qualify row_number() over (partition by ${keyOf(batch)} order by ${orderOf(batch)}) = 1`;
  const staged = await session.write(`select * from (${first}) as batch ${await oldTest(batch)}`, {
    folder,
  });
  if (staged.length === 0) return { relation: undefined, rows: 0, byLabel: new Map() };
  const paths = staged.map(({ path }) => quotePath(path)).join(", ");
  const written = `read_parquet([${paths}], hive_partitioning = false)`;
  const counts = await session.rows(
    `select ${LABEL} as label, count(*) as rows from ${written} group by all`,
  );
  return {
    relation: `(select * exclude (${LABEL}) from ${written})`,
    rows: rowsIn(staged),
    byLabel: sumsOf(
      counts.map(({ label, rows }) => [labels[Number(label)]?.label ?? "", Number(rows)]),
    ),
  };
}

/** The winners in files of the table, for one that holds no rows yet. */
async function writeWinners(
  { session, folder, target, partitionBy }: MergeBatch,
  { relation }: Winners,
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
}

async function commitMerge(
  { lake, session, target, merge, isReplay }: MergeBatch,
  { table, winners, info, transactions, signal }: MergeCommit,
): Promise<Snapshot> {
  const base =
    target.schema === undefined
      ? table
      : await commit(lake.delta, table, { operation: "ADD COLUMNS", schema: target.schema });
  const columns = target.fields.map(({ name }) => quoteName(name)).join(", ");
  const source =
    winners.relation ?? `(select ${columns} from ${await relationOf(lake, base)} where false)`;
  const insert = { when: "not matched", do: "insert", values: "all" } as const;
  const update = {
    when: "matched",
    do: "update",
    set: "all",
    ...conditionOf(merge, isReplay),
  } as const;
  const { snapshot } = await mergeRows({ delta: lake.delta, engine: session, signal }, base, {
    source,
    on: merge.key
      .map((name) => `target.${quoteName(name)} = source.${quoteName(name)}`)
      .join(" and "),
    clauses: isReplay && merge.newest === undefined ? [insert] : [update, insert],
    transactions,
    info: ({ numTargetRowsInserted = 0, numTargetRowsUpdated = 0 }) => {
      // More are updated where a key stands several times, as it may since before the table was merged.
      if (numTargetRowsInserted + numTargetRowsUpdated >= winners.rows) return info;
      throw new MillraceError(
        `Another writer changed rows of ${table.metadata.name ?? table.folder} with the same keys at the same time`,
        {
          code: "ingest/other-run",
          hint: "Nothing was loaded. Run again: what is still new will be loaded.",
          retryable: true,
        },
      );
    },
  });
  return snapshot;
}

function sumsOf(counts: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [label, rows] of counts) sums.set(label, (sums.get(label) ?? 0) + rows);
  return sums;
}

function rowsIn(files: readonly WrittenFile[]): number {
  return files.reduce((sum, file) => sum + Number(file.rows), 0);
}

function keyOf({ merge }: MergeBatch): string {
  return merge.key.map(quoteName).join(", ");
}

function orderOf({ merge, target }: MergeBatch): string {
  const { key, newest } = merge;
  const others = target.fields.map(({ name }) => name);
  const rest = others.filter((name) => name !== newest && !key.includes(name));
  const names = newest === undefined ? rest : [newest, ...rest];
  // A table of keys alone has nothing to tell two rows apart by, and need not.
  return names.length === 0
    ? "true"
    : names.map((name) => `${quoteName(name)} desc nulls last`).join(", ");
}

/** SQL that leaves out what the table holds newer rows for. */
async function oldTest({ lake, target, merge, isReplay }: MergeBatch): Promise<string> {
  const { key, newest } = merge;
  if (target.snapshot === undefined || (newest === undefined && !isReplay)) return "";
  const isSame = key.map((name) => `old.${quoteName(name)} = batch.${quoteName(name)}`);
  const columns = [...key, ...(newest === undefined ? [] : [newest])].map(quoteName).join(", ");
  const old = `(select ${columns} from ${await relationOf(lake, target.snapshot)})`;
  return `where not exists (select 1 from ${old} as old where ${[...isSame, ...isNewer(newest, isReplay)].join(" and ")})`;
}

/** True of an old row that stays; null is older than everything. */
function isNewer(newest: string | undefined, isReplay: boolean): string[] {
  if (newest === undefined) return [];
  const [old, own] = [`old.${quoteName(newest)}`, `batch.${quoteName(newest)}`];
  return isReplay
    ? [`(${own} is null or coalesce(${old} >= ${own}, false))`]
    : [`(${old} is not null and coalesce(${old} > ${own}, true))`];
}

/** The same of the row that is there when the merge is done. */
function conditionOf({ newest }: MergeKey, isReplay: boolean): { readonly condition?: string } {
  if (newest === undefined) return {};
  const [old, own] = [`target.${quoteName(newest)}`, `source.${quoteName(newest)}`];
  return {
    condition: isReplay
      ? `${own} is not null and (${old} is null or ${own} > ${old})`
      : `${old} is null or coalesce(${own} >= ${old}, false)`,
  };
}

/** Staged files of the table as they can stand in FROM. */
function stagedRelation({ session, target }: MergeBatch, files: readonly WrittenFile[]): string {
  const { fields, mode } = layoutOfTarget(target);
  return session.relation({
    fields,
    files: files.map(({ path, partitionValues, rows }) => ({ path, partitionValues, rows })),
    mapping: mode,
  });
}
