/** Of the good rows of a batch, those that change a table which is merged, found before anything is committed. */

import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { MergeKey } from "../schema/write.ts";
import { quoteName } from "../sql/quote.ts";
import type { MergeConditions } from "./merge-condition.ts";
import { layoutOfTarget, type Target } from "./target.ts";

const LABEL = quoteName("~label");
/** True of a winner that deletes; there where rows may. */
export const DELETES = quoteName("~deletes");
/** What becomes of a row. */
export const FATE = quoteName("~fate");
export const WINS = 0;
const FILTERED = 1;
/** Another row stands for it, or what it says is so already. */
const LOST = 2;

/** Good rows of one source. */
export interface LabelledFiles {
  readonly label: string;
  readonly files: readonly WrittenFile[];
}

export interface MergeBatch extends MergeConditions {
  readonly lake: Lake;
  readonly session: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly target: Target;
  readonly merge: MergeKey;
  /** Rows of the table go whose key is not in the batch. */
  readonly deletesAbsent: boolean;
  readonly good: readonly LabelledFiles[];
  readonly isReplay: boolean;
}

/** Rows of one label that do not change the table. */
export interface LeftRows {
  readonly deduplicated: number;
  readonly filtered: number;
}

export interface Winners {
  /**
   * Stands in FROM on the session, with the columns of the table: the winners, and where absent rows go all keys of the
   * batch, told apart by `FATE`. Undefined where there is none.
   */
  readonly relation: string | undefined;
  readonly rows: number;
  /** By label. */
  readonly left: ReadonlyMap<string, LeftRows>;
  /** The greatest value of the column that tells which is newer, where absent rows go. */
  readonly newest: string | undefined;
}

export async function findWinners(batch: MergeBatch): Promise<Winners> {
  const { session, folder, good } = batch;
  const labels = good.filter(({ files }) => files.length > 0);
  const none = { relation: undefined, rows: 0, left: new Map(), newest: undefined };
  if (labels.length === 0) return none;
  const staged = await session.write(await fatesOf(batch, firstOfKeys(batch, labels)), { folder });
  const paths = staged.map(({ path }) => quotePath(path)).join(", ");
  const written = `read_parquet([${paths}], hive_partitioning = false)`;
  const counts =
    staged.length === 0
      ? []
      : await session.rows(
          `select ${LABEL} as label, ${FATE} as fate, count(*) as rows from ${written} group by all`,
        );
  const given = sumsOf(labels.map(({ label, files }) => [label, rowsIn(files)]));
  const [won, filtered] = [WINS, FILTERED].map((wanted) =>
    sumsOf(
      counts
        .filter(({ fate }) => Number(fate) === wanted)
        .map(({ label, rows }) => [labels[Number(label)]?.label ?? "", Number(rows)]),
    ),
  );
  const left = [...given].map(([label, rows]): [string, LeftRows] => {
    const turnedAway = filtered?.get(label) ?? 0;
    const deduplicated = rows - turnedAway - (won?.get(label) ?? 0);
    return [label, { deduplicated, filtered: turnedAway }];
  });
  const wins = batch.deletesAbsent ? "" : ` where ${FATE} = ${WINS}`;
  return {
    relation:
      staged.length === 0 ? undefined : `(select * exclude (${LABEL}) from ${written}${wins})`,
    rows: [...(won?.values() ?? [])].reduce((sum, rows) => sum + rows, 0),
    left: new Map(left),
    newest: staged.length === 0 ? undefined : await newestIn(batch, written),
  };
}

/** One row for each key, with the number of its label. */
function firstOfKeys(batch: MergeBatch, labels: readonly LabelledFiles[]): string {
  const all = labels.map(
    ({ files }, index) => `select *, ${index} as ${LABEL} from ${stagedRelation(batch, files)}`,
  );
  const key = batch.merge.key.map(quoteName).join(", ");
  return `select * from (${all.join(" union all ")}) qualify row_number() over (partition by ${key} order by ${orderOf(batch)}) = 1`;
}

/** The same rows with their fates; those that are lost are left out where nobody asks for them. */
async function fatesOf(batch: MergeBatch, first: string): Promise<string> {
  const { deletes, updates, target, deletesAbsent } = batch;
  const rows =
    deletes === undefined
      ? first
      : `select *, coalesce((\n${deletes}\n), false) as ${DELETES} from (${first})`;
  const table = target.snapshot && (await relationOf(batch.lake, target.snapshot));
  const lost = lostTest(batch, table);
  if (!deletesAbsent && (updates === undefined || table === undefined)) {
    const where = lost === undefined ? "" : ` where not (${lost})`;
    return `select source.*, ${WINS} as ${FATE} from (${rows}) as source${where}`;
  }
  const cases = [
    ...(lost === undefined ? [] : [`when ${lost} then ${LOST}`]),
    ...(updates === undefined || table === undefined
      ? []
      : [`when ${turnedAway(batch, updates, table)} then ${FILTERED}`]),
  ];
  const fate = cases.length === 0 ? `${WINS}` : `case ${cases.join(" ")} else ${WINS} end`;
  const told = `select source.*, ${fate} as ${FATE} from (${rows}) as source`;
  return deletesAbsent ? told : `select * from (${told}) where ${FATE} <> ${LOST}`;
}

/** True of a row of the batch that another stands for, or that says what is so already; undefined where none can be. */
function lostTest(batch: MergeBatch, table: string | undefined): string | undefined {
  const { merge, isReplay, deletes } = batch;
  if (table === undefined) return deletes === undefined ? undefined : DELETES;
  const isOld = isNewer(merge.newest, isReplay);
  const tests = [
    ...(isOld === undefined ? [] : [inTable(batch, table, isOld)]),
    ...(deletes === undefined ? [] : [`(${DELETES} and not ${inTable(batch, table)})`]),
  ];
  return tests.length === 0 ? undefined : tests.join(" or ");
}

/** True of a row for which no row of its key gives way. */
function turnedAway(batch: MergeBatch, updates: string, table: string): string {
  const tests = [
    ...(batch.deletes === undefined ? [] : [`not ${DELETES}`]),
    inTable(batch, table),
    `not ${inTable(batch, table, `coalesce((\n${updates}\n), false)`)}`,
  ];
  return tests.join(" and ");
}

/** Whether the table has a row, `target`, with the key of `source`. */
function inTable({ merge }: MergeBatch, table: string, condition = "true"): string {
  const isSame = merge.key.map((name) => `target.${quoteName(name)} = source.${quoteName(name)}`);
  return `exists (select 1 from ${table} as target where ${[...isSame, condition].join(" and ")})`;
}

/** True of an old row that stays; null is older than everything. Undefined where none does for its age. */
function isNewer(newest: string | undefined, isReplay: boolean): string | undefined {
  if (newest === undefined) return isReplay ? "true" : undefined;
  const [old, own] = [`target.${quoteName(newest)}`, `source.${quoteName(newest)}`];
  return isReplay
    ? `(${own} is null or coalesce(${old} >= ${own}, false))`
    : `(${old} is not null and coalesce(${old} > ${own}, true))`;
}

async function newestIn(
  { session, merge, deletesAbsent }: MergeBatch,
  written: string,
): Promise<string | undefined> {
  if (!deletesAbsent || merge.newest === undefined) return undefined;
  const [row] = await session.rows(
    `select max(${quoteName(merge.newest)})::varchar as newest from ${written}`,
  );
  return typeof row?.newest === "string" ? row.newest : undefined;
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

/** Staged files of the table as they can stand in FROM. */
function stagedRelation({ session, target }: MergeBatch, files: readonly WrittenFile[]): string {
  const { fields, mode } = layoutOfTarget(target);
  return session.relation({
    fields,
    files: files.map(({ path, partitionValues, rows }) => ({ path, partitionValues, rows })),
    mapping: mode,
  });
}

function sumsOf(counts: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [label, rows] of counts) sums.set(label, (sums.get(label) ?? 0) + rows);
  return sums;
}

function rowsIn(files: readonly WrittenFile[]): number {
  return files.reduce((sum, file) => sum + Number(file.rows), 0);
}
