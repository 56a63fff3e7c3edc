/**
 * A full refresh: the query over the newest versions of its inputs, written beside the table, checked, and put in
 * its place by one commit. The commit carries what it was made of as transactions: `millrace/definition` with a
 * number for the query, and `input/<table id>` with the version of each input; the table is fresh while these hold.
 */

import { layoutOf, type TableSpec } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { type Work, withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo } from "../lake/step-info.ts";
import { keptRules } from "../operation/kept-rule.ts";
import { folderOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import type { Transformed } from "./asset.ts";
import { constraintChecks, constraintsOf } from "./constraint.ts";
import { madeOf, sqlOfTransform } from "./definition.ts";
import { checkKeys, type Settling, settled } from "./merged-row.ts";
import { isUnchanged, judge, relationOfFiles, shapeOf, writeRows } from "./new-version.ts";
import { openTables, type QueryContext, renderQuery } from "./query.ts";
import { keepsRest, otherWriter } from "./replace-part.ts";
import { testChecks } from "./test-checks.ts";
import { checkWithin, checkWriteConditions } from "./write-condition.ts";

export function refresh(context: StepContext, asset: Transformed): Promise<StepOutcome> {
  return withStaging(context, (work) => refreshIn(context, asset, work));
}

async function refreshIn(
  context: StepContext,
  asset: Transformed,
  work: Work,
): Promise<StepOutcome> {
  const { lake, run } = context;
  const { name, definition } = asset;
  const { session } = work;
  const before = await lake.find(name);
  if (before !== undefined && keepsRest(asset)) throw otherWriter(name);
  const inputs = await openTables(context, session, sqlOfTransform(asset));
  const rendered = renderQuery(context, definition.query.duckdb);
  const fields = await shapeOf(session, asset, rendered);
  const constraints = await constraintsOf(context, asset, { fields, before });
  const isSame =
    before !== undefined &&
    isUnchanged(before, fields, definition.partitionBy) &&
    Object.entries(constraints).every(([key, to]) => before.metadata.configuration[key] === to);
  const spec = specOf(asset, fields, constraints);
  const version = { layout: isSame ? before : spec, base: isSame ? undefined : before, fields };
  const query = settled(rendered.text, settling(context, asset), fields);
  const add = await writeRows(work, { ...version, ...query, asset, rendered });
  lake.crash("transform/written");
  const written = add.reduce((sum, { rows }) => sum + Number(rows), 0);
  const relation = relationOfFiles(session, version, add);
  const { replaceWhere } = definition;
  if (replaceWhere !== undefined) {
    const condition = renderQuery(context, replaceWhere);
    await checkWithin(session, asset, { condition, relation });
  }
  await checkKeys(session, asset, relation);
  await judge({ ...version, context, session, asset, files: add, relation, before });
  context.signal.throwIfAborted();
  const info: StepInfo = {
    run: run.id,
    asset: name,
    kind: "transform",
    ledger: [{ ...NOTHING, source: [...inputs.keys()].join(", "), read: written, written }],
  };
  const after = await commit(lake.delta, before ?? { folder: folderOf(name) }, {
    operation:
      before === undefined ? "CREATE TABLE AS SELECT" : "CREATE OR REPLACE TABLE AS SELECT",
    parameters: { mode: "Overwrite" },
    metrics: { numOutputRows: written },
    add,
    kept: await keptRules(session, folderOf(name), layoutOf(version.layout, version.base), add),
    ...(before === undefined ? {} : { remove: "all" as const }),
    ...(isSame ? {} : { schema: spec }),
    transactions: madeOf(context, asset, inputs),
    reads: "whole table",
    info: { ...info },
  });
  lake.crash("transform/committed");
  return { state: "done", version: after.version, ledger: { ...NOTHING, read: written, written } };
}

/** How a transform that is merged settles on one row for each key. */
function settling(
  context: QueryContext,
  { definition: { merge, deleteWhere } }: Transformed,
): Settling {
  return { merge, deleteWhere: deleteWhere && renderQuery(context, deleteWhere).text };
}

function specOf(
  { name, definition }: Transformed,
  fields: readonly Field[],
  constraints: Readonly<Record<string, string>>,
): TableSpec {
  const { partitionBy, properties } = definition;
  const configuration = { ...properties, ...constraints };
  return { name, fields, partitionColumns: partitionBy, configuration };
}

/** Finds what is wrong with the SQL and the checks without a row; inputs that are not there yet are left for the run. */
export async function checkQuery(
  context: QueryContext,
  session: Engine,
  asset: Transformed,
): Promise<readonly Field[]> {
  const { name, definition } = asset;
  const fields = await shapeOf(session, asset, renderQuery(context, definition.query.duckdb));
  await checkWriteConditions(context, session, asset, fields);
  const relation = session.relation({ fields, files: [], mapping: "none" });
  const columns = fields.map((field) => field.name);
  await constraintsOf(context, asset, { fields, before: undefined });
  const checks = { ...constraintChecks(asset), ...definition.checks };
  await testChecks({ context, session, table: name, relation, columns, checks });
  return fields;
}
