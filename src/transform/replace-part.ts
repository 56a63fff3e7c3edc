/**
 * A refresh of a part: the rows of the query replace the rows of the table for which `replaceWhere` holds, or those of
 * the partitions that they are in. All other rows stay as they were made, by whatever query and parameters, so such a
 * table is never made anew: no query gives all of it. One commit with the transactions of a full refresh; checks are
 * judged on the whole version that it makes.
 */

import { MillraceError } from "../base/error.ts";
import { conflictAs } from "../delta/conflict.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import { relationOf } from "../lake/lake.ts";
import { type Work, withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo } from "../lake/step-info.ts";
import { overwritePartitions } from "../operation/overwrite-partitions.ts";
import { overwriteWhere } from "../operation/overwrite-where.ts";
import { evolve, renderType } from "../schema/evolution.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import type { Rendered } from "../sql/render.ts";
import type { Transformed } from "./asset.ts";
import { madeOf, sqlOfTransform } from "./definition.ts";
import { judge, relationOfFiles, shapeOf, writeRows } from "./new-version.ts";
import { openTables, type QueryContext, renderQuery } from "./query.ts";
import { checkWithin } from "./write-condition.ts";

/** Whether a refresh keeps the rows that the query is not about. */
export function keepsRest({ definition: { write } }: Transformed): boolean {
  return write === "replace" || write === "overwrite partitions";
}

/** What a refresh replaces, in words; undefined where that is everything. */
export function partNote(context: QueryContext, asset: Transformed): string | undefined {
  const { write, replaceWhere, partitionBy } = asset.definition;
  if (replaceWhere !== undefined)
    return `replaces rows where ${renderQuery(context, replaceWhere).text.trim().replaceAll(/\s+/g, " ")}; the others stay as they are`;
  return write === "overwrite partitions"
    ? `replaces the partitions by ${partitionBy.join(", ")} that its query gives; the others stay as they are`
    : undefined;
}

/** The table must be there: `refresh` makes it. */
export function replacePart(context: StepContext, asset: Transformed): Promise<StepOutcome> {
  return withStaging(context, (work) => replaceIn(context, asset, work));
}

async function replaceIn(
  context: StepContext,
  asset: Transformed,
  work: Work,
): Promise<StepOutcome> {
  const { lake, run, signal } = context;
  const { name, definition } = asset;
  const { session } = work;
  const found = await lake.find(name);
  if (found === undefined) throw otherWriter(name);
  const inputs = await openTables(context, session, sqlOfTransform(asset));
  const rendered = renderQuery(context, definition.query.duckdb);
  const given = await shapeOf(session, asset, rendered);
  const before = await fitTable(context, asset, { table: found, given });
  const version = { layout: before, base: undefined, fields: given };
  const query = { query: rendered.text, linesBefore: 0 };
  const files = await writeRows(work, { ...version, ...query, asset, rendered });
  lake.crash("transform/written");
  const made = relationOfFiles(session, version, files);
  const condition = definition.replaceWhere && renderQuery(context, definition.replaceWhere);
  if (condition !== undefined) await checkWithin(session, asset, { condition, relation: made });
  const old = await relationOf(lake, before);
  const stays = staysWhere({ condition, made, partitionBy: definition.partitionBy });
  const relation = `(select * from ${old} as target where ${stays} union all by name select * from ${made})`;
  await judge({ ...version, context, session, asset, files, relation, before });
  signal.throwIfAborted();
  const written = files.reduce((sum, { rows }) => sum + Number(rows), 0);
  const info: StepInfo = {
    run: run.id,
    asset: name,
    kind: "transform",
    ledger: [{ ...NOTHING, source: [...inputs.keys()].join(", "), read: written, written }],
  };
  const along = { info: { ...info }, transactions: madeOf(context, asset, inputs) };
  const operation = { delta: lake.delta, engine: session, signal };
  const after = await conflictAs(
    (error) => otherWriter(name, error),
    async () => {
      if (condition === undefined)
        return overwritePartitions(operation, before, { files, ...along });
      const part = { rows: files, where: condition.text, ...along };
      return (await overwriteWhere(operation, before, part)).snapshot;
    },
  );
  lake.crash("transform/committed");
  return { state: "done", version: after.version, ledger: { ...NOTHING, read: written, written } };
}

/** The table with the columns that the query gives; new ones come in a commit of their own, which changes no row. */
async function fitTable(
  { lake }: Pick<StepContext, "lake">,
  { name, definition: { partitionBy } }: Transformed,
  { table, given }: { readonly table: Snapshot; readonly given: readonly Field[] },
): Promise<Snapshot> {
  const { partitionColumns, fields: before } = table.metadata;
  if (partitionColumns.join("\0") !== partitionBy.join("\0")) {
    const list = (columns: readonly string[]) => columns.join(", ") || "nothing";
    throw unfit(
      name,
      `it is partitioned by ${list(partitionColumns)}, not by ${list(partitionBy)}`,
    );
  }
  const { added, widened, incompatible, unused, fields } = evolve(before, given);
  const [change] = [...widened, ...incompatible];
  if (change !== undefined) {
    const { name: column, from, to } = change;
    throw unfit(name, `column "${column}" is ${renderType(from)}, not ${renderType(to)}`);
  }
  const [gone] = unused;
  if (gone !== undefined)
    throw unfit(name, `they have a column "${gone}", which the query does not give`);
  if (added.length === 0) return table;
  return conflictAs(
    (error) => otherWriter(name, error),
    () =>
      commit(lake.delta, table, {
        operation: "ADD COLUMNS",
        schema: { name, fields, partitionColumns },
      }),
  );
}

/** True of a row of `target` that stays. */
function staysWhere({
  condition,
  made,
  partitionBy,
}: {
  readonly condition: Rendered | undefined;
  readonly made: string;
  readonly partitionBy: readonly string[];
}): string {
  if (condition !== undefined) return `(\n${condition.text}\n) is not true`;
  const isSame = partitionBy.map(
    (column) => `made.${quoteName(column)} is not distinct from target.${quoteName(column)}`,
  );
  const list = partitionBy.map(quoteName).join(", ");
  return `not exists (select 1 from (select distinct ${list} from ${made}) as made where ${isSame.join(" and ")})`;
}

function unfit(name: string, why: string): MillraceError {
  return new MillraceError(
    `${name} keeps the rows that its query is not about, and these do not fit what it gives now: ${why}`,
    {
      code: "transform/kept-rows",
      hint: `Let the query give the columns of the table; or make all rows anew, once, with write: "overwrite" and a query that gives them all; or begin a table of another name.`,
    },
  );
}

/** A race that was lost: the step is to be planned again. */
export function otherWriter(name: string, cause?: unknown): MillraceError {
  return new MillraceError(`Another run or writer changed ${name} at the same time`, {
    code: "transform/other-run",
    hint: "Nothing was written. Run again: it goes on from there.",
    retryable: true,
    cause,
  });
}
