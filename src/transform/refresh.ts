/**
 * A full refresh: the query over the newest versions of its inputs, written beside the table, checked, and put in
 * its place by one commit. The commit carries what it was made of as transactions: `millrace/definition` with a
 * number for the query, and `input/<table id>` with the version of each input; the table is fresh while these hold.
 */

import { createHash } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import { history } from "../delta/history.ts";
import { physicalSelect } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { fieldIds, layoutOf, physicalColumns, type TableSpec } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import { followTables } from "../lake/follow.ts";
import { type Work, withStaging } from "../lake/session.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING, type StepInfo, stepInfoOf } from "../lake/step-info.ts";
import { fieldOf } from "../schema/column-type.ts";
import { evolve } from "../schema/evolution.ts";
import { folderOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { type Rendered, tablesOf } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { Transformed } from "./asset.ts";
import { openTables, type QueryContext, renderQuery } from "./query.ts";
import { requiredChecks } from "./required-column.ts";
import { checkShape } from "./shape.ts";
import { testChecks } from "./test-checks.ts";

const DEFINITION_APP = "millrace/definition";

/** Why the table must be made again, in words; undefined where it is fresh. */
export async function staleBecause(
  context: QueryContext,
  asset: Transformed,
): Promise<string | undefined> {
  const table = await context.lake.find(asset.name);
  if (table === undefined) return "it is new";
  if (table.transactions.get(DEFINITION_APP) !== definitionNumber(context, asset))
    return "its definition or a parameter changed";
  for (const name of inputNames(asset)) {
    const input = await context.lake.find(name);
    if (input === undefined) return `${name} is not there yet`;
    const seen = table.transactions.get(inputApp(input));
    if (seen !== BigInt(input.version)) {
      return seen === undefined
        ? `${name} is new`
        : `${name} went from version ${seen} to ${input.version}`;
    }
  }
  return (await isForeign(context, table)) ? "another writer changed it" : undefined;
}

/** Operations that leave the rows and columns of a table as they are. */
const HARMLESS =
  /^(OPTIMIZE|VACUUM|SET TBLPROPERTIES|UNSET TBLPROPERTIES|UPGRADE PROTOCOL|COMPUTE STATS)/;
/** Commits that are looked at; further back nobody asks. */
const LOOKED_AT = 20;

/** True where somebody else changed the table after the refresh that made it. */
async function isForeign({ lake }: QueryContext, { folder, version }: Snapshot): Promise<boolean> {
  const [last] = await history(lake.delta, folder, { after: version - 1 });
  if (last === undefined || stepInfoOf(last.info) !== undefined) return false;
  const records = await history(lake.delta, folder, { limit: LOOKED_AT });
  const made = records.findIndex(({ info }) => stepInfoOf(info) !== undefined);
  const since = made < 0 ? records : records.slice(0, made);
  return since.some(({ operation }) => !HARMLESS.test(operation));
}

export function refresh(context: StepContext, asset: Transformed): Promise<StepOutcome> {
  return withStaging(context, (work) => refreshIn(context, asset, work));
}

async function refreshIn(
  context: StepContext,
  asset: Transformed,
  { session, folder }: Work,
): Promise<StepOutcome> {
  const { lake, run } = context;
  const { name, definition } = asset;
  const before = await lake.find(name);
  const inputs = await openTables(context, session, sqlOfTransform(asset));
  const rendered = renderQuery(context, definition.query.duckdb);
  const { fields, query } = await shapeOf(session, asset, rendered);
  const spec: TableSpec = { name, fields, partitionColumns: definition.partitionBy };
  const isSame =
    before !== undefined &&
    isUnchanged(before.metadata.fields, fields) &&
    before.metadata.partitionColumns.join("\0") === definition.partitionBy.join("\0");
  const layout = isSame ? before : spec;
  const base = isSame ? undefined : before;
  const physical = new Map(
    physicalColumns(layout, base).map((column) => [column.name, column.physicalName]),
  );
  const ids = fieldIds(layout, base);
  const list = fields.map(
    (field) => `${quoteName(field.name)}::${duckdbType(field.type)} as ${quoteName(field.name)}`,
  );
  const typed = `select ${list.join(", ")} from (\n${query}\n)`;
  const files = await atItsPlace({ name, code: "transform/sql", rendered, linesBefore: 1 }, () =>
    session.write(physicalSelect(typed, layout, base), {
      folder,
      partitionBy: definition.partitionBy.map((column) => physical.get(column) ?? column),
      ...(ids === undefined ? {} : { fieldIds: ids }),
    }),
  );
  const logical = new Map([...physical].map(([column, inFile]) => [inFile, column]));
  const add = files.map((file) => ({
    ...file,
    partitionValues: Object.fromEntries(
      Object.entries(file.partitionValues).map(([column, value]) => [
        logical.get(column) ?? column,
        value,
      ]),
    ),
  }));
  lake.crash("transform/written");
  const written = files.reduce((sum, { rows }) => sum + Number(rows), 0);
  const { fields: planned, mode } = layoutOf(layout, base);
  const relation = session.relation({
    fields: planned,
    files: add.map(({ path, partitionValues, rows }) => ({ path, partitionValues, rows })),
    mapping: mode,
  });
  const columns = fields.map((field) => field.name);
  const failed = await testChecks({
    context,
    session,
    table: name,
    relation,
    columns,
    checks: {
      ...requiredChecks({ columns: definition.columns, files: add, physical }),
      ...definition.checks,
    },
  });
  for (const { meaning, severity, message } of failed) {
    if (severity === "warning") context.note(`warning: "${meaning}" does not hold: ${message}`);
  }
  const errors = failed.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw checkFailed(name, errors, before);
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
    ...(before === undefined ? {} : { remove: "all" as const }),
    ...(isSame ? {} : { schema: spec }),
    transactions: [
      { appId: DEFINITION_APP, version: definitionNumber(context, asset) },
      ...[...inputs.values()].map((input) => ({
        appId: inputApp(input),
        version: BigInt(input.version),
      })),
    ],
    reads: "whole table",
    info: { ...info },
  });
  lake.crash("transform/committed");
  await followTables(lake, [name]);
  return { state: "done", version: after.version, ledger: { ...NOTHING, read: written, written } };
}

/** The columns of the table and the query that gives them, held against what was declared. */
async function shapeOf(
  session: Engine,
  { name, definition }: Transformed,
  rendered: Rendered,
): Promise<{ fields: readonly Field[]; query: string }> {
  const found = await atItsPlace({ name, code: "transform/sql", rendered }, () =>
    session.describe(rendered.text),
  );
  const { columns, partitionBy } = definition;
  if (columns !== undefined) checkShape(name, columns, found);
  const fields =
    columns === undefined
      ? found.map((field) => ({ ...field, nullable: true }))
      : Object.entries(columns).map(([column, one]) => fieldOf(column, one));
  const missing = partitionBy.find((column) => !fields.some((field) => field.name === column));
  if (missing !== undefined) {
    throw new MillraceError(
      `${name} is partitioned by "${missing}", which its query does not give`,
      {
        code: "transform/shape",
        hint: `It gives ${fields.map((field) => field.name).join(", ")}.`,
      },
    );
  }
  return { fields, query: rendered.text };
}

/** Finds what is wrong with the SQL and the checks without a row; inputs that are not there yet are left for the run. */
export async function checkQuery(
  context: QueryContext,
  session: Engine,
  asset: Transformed,
): Promise<readonly Field[]> {
  const { name, definition } = asset;
  const { fields } = await shapeOf(session, asset, renderQuery(context, definition.query.duckdb));
  const relation = session.relation({ fields, files: [], mapping: "none" });
  const columns = fields.map((field) => field.name);
  const { checks } = definition;
  await testChecks({ context, session, table: name, relation, columns, checks });
  return fields;
}

function sqlOfTransform({ definition }: Transformed): Sql[] {
  const related = Object.values(definition.checks).flatMap((check): Sql[] => {
    if (check.test === "holds") return [check.condition];
    return check.test === "related"
      ? [{ kind: "sql", body: { texts: ["", ""], parts: [check.to], origin: undefined } }]
      : [];
  });
  return [definition.query.duckdb, ...related];
}

function inputNames(asset: Transformed): string[] {
  return [
    ...new Set(sqlOfTransform(asset).flatMap((sql) => tablesOf(sql).map(({ name }) => name))),
  ];
}

function inputApp({ metadata }: Snapshot): string {
  return `input/${metadata.id}`;
}

/** A number of 62 bits that changes with everything the table is made by, for a Delta transaction. */
function definitionNumber(context: QueryContext, { definition }: Transformed): bigint {
  const { query, checks, columns, partitionBy } = definition;
  const conditions = Object.entries(checks).map(([meaning, check]) => {
    if (check.test === "holds")
      return [meaning, check.severity, renderQuery(context, check.condition).text];
    return [meaning, check.test === "related" ? { ...check, to: check.to.name } : check];
  });
  const shape = Object.entries(columns ?? {}).map(([name, one]) => [
    fieldOf(name, one),
    one.optional,
  ]);
  const text = JSON.stringify([
    renderQuery(context, query.duckdb).text,
    conditions,
    shape,
    partitionBy,
  ]);
  return createHash("sha256").update(text).digest().readBigUInt64BE() >> 2n;
}

function isUnchanged(before: readonly Field[], now: readonly Field[]): boolean {
  const { added, widened, incompatible, unused } = evolve(before, now);
  const sameOrder =
    before.map(({ name }) => name).join("\0") === now.map(({ name }) => name).join("\0");
  const comments = (fields: readonly Field[]): string =>
    JSON.stringify(fields.map(({ metadata }) => metadata?.comment));
  const isSame = sameOrder && comments(before) === comments(now);
  return isSame && added.length + widened.length + incompatible.length + unused.length === 0;
}

function checkFailed(
  name: string,
  failed: readonly { readonly meaning: string; readonly message: string }[],
  before: Snapshot | undefined,
): MillraceError {
  const list = failed.map(({ meaning, message }) => `\n  "${meaning}": ${message}`).join("");
  return new MillraceError(`The new version of ${name} fails its checks:${list}`, {
    code: "transform/check",
    hint:
      before === undefined
        ? "The table was not made. Mend the rows or the check, and run again."
        : `Version ${before.version} stays in place. Mend the rows or the check, and run again.`,
  });
}
