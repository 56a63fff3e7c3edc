/** A new version of a transform's table on its way: the shape of its rows, its files beside the table, its checks. */

import { MillraceError } from "../base/error.ts";
import { physicalSelect } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { fieldIds, layoutOf, physicalColumns, type TableSpec } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import type { Work } from "../lake/session.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext } from "../lake/step.ts";
import { fieldOf } from "../schema/column-type.ts";
import { evolve } from "../schema/evolution.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import type { Rendered } from "../sql/render.ts";
import type { Transformed } from "./asset.ts";
import { constraintChecks } from "./constraint.ts";
import { requiredChecks } from "./required-column.ts";
import { checkShape } from "./shape.ts";
import { testChecks } from "./test-checks.ts";

/** The columns of the table that the query gives, held against what was declared. */
export async function shapeOf(
  session: Engine,
  { name, definition }: Transformed,
  rendered: Rendered,
): Promise<readonly Field[]> {
  const found = await atItsPlace({ name, code: "transform/sql", rendered }, () =>
    session.describe(rendered.text),
  );
  const { columns, partitionBy, merge } = definition;
  if (columns !== undefined) checkShape(name, columns, found);
  const fields =
    columns === undefined
      ? found.map((field) => ({ ...field, nullable: true }))
      : Object.entries(columns).map(([column, one]) => fieldOf(column, one));
  const newest = merge?.newest === undefined ? [] : [merge.newest];
  checkGiven(name, "is partitioned by", partitionBy, fields);
  checkGiven(name, "is merged by", [...(merge?.key ?? []), ...newest], fields);
  return fields;
}

function checkGiven(
  name: string,
  what: string,
  columns: readonly string[],
  fields: readonly Field[],
): void {
  const missing = columns.find((column) => !fields.some((field) => field.name === column));
  if (missing === undefined) return;
  throw new MillraceError(`${name} ${what} "${missing}", which its query does not give`, {
    code: "transform/shape",
    hint: `It gives ${fields.map((field) => field.name).join(", ")}.`,
  });
}

/** Whether rows of these columns can lie beside those of the table. */
export function isUnchanged(
  { metadata }: Snapshot,
  fields: readonly Field[],
  partitionBy: readonly string[],
): boolean {
  const before = metadata.fields;
  const { added, widened, incompatible, unused } = evolve(before, fields);
  const names = (list: readonly Field[]): string => list.map(({ name }) => name).join("\0");
  const comments = (list: readonly Field[]): string =>
    JSON.stringify(list.map((field) => field.metadata?.comment));
  return (
    names(before) === names(fields) &&
    comments(before) === comments(fields) &&
    metadata.partitionColumns.join("\0") === partitionBy.join("\0") &&
    added.length + widened.length + incompatible.length + unused.length === 0
  );
}

/** How the files of a version are laid out; `base` is the table that a spec changes. */
export interface VersionLayout {
  readonly layout: TableSpec | Snapshot;
  readonly base: Snapshot | undefined;
  readonly fields: readonly Field[];
}

export interface NewRows extends VersionLayout {
  readonly asset: Transformed;
  readonly rendered: Rendered;
  /** The query that gives the rows. */
  readonly query: string;
  /** Of the query, before the first of what a person wrote. */
  readonly linesBefore: number;
}

/** Files in the staging folder with the values of partitions by their logical names. */
export async function writeRows(
  { session, folder }: Work,
  { asset, layout, base, fields, rendered, query, linesBefore }: NewRows,
): Promise<WrittenFile[]> {
  const { name, definition } = asset;
  const physical = physicalNames({ layout, base });
  const ids = fieldIds(layout, base);
  const list = fields.map(
    (field) => `${quoteName(field.name)}::${duckdbType(field.type)} as ${quoteName(field.name)}`,
  );
  const typed = `select ${list.join(", ")} from (\n${query}\n)`;
  const place = { name, code: "transform/sql", rendered, linesBefore: linesBefore + 1 };
  const files = await atItsPlace(place, () =>
    session.write(physicalSelect(typed, layout, base), {
      folder,
      partitionBy: definition.partitionBy.map((column) => physical.get(column) ?? column),
      ...(ids === undefined ? {} : { fieldIds: ids }),
    }),
  );
  const logical = new Map([...physical].map(([column, inFile]) => [inFile, column]));
  return files.map((file) => ({
    ...file,
    partitionValues: Object.fromEntries(
      Object.entries(file.partitionValues).map(([column, value]) => [
        logical.get(column) ?? column,
        value,
      ]),
    ),
  }));
}

/** The staged files as they can stand in FROM. */
export function relationOfFiles(
  session: Engine,
  { layout, base }: Pick<VersionLayout, "layout" | "base">,
  files: readonly WrittenFile[],
): string {
  const { fields, mode } = layoutOf(layout, base);
  return session.relation({
    fields,
    files: files.map(({ path, partitionValues, rows }) => ({ path, partitionValues, rows })),
    mapping: mode,
  });
}

export interface Judged extends VersionLayout {
  readonly context: StepContext;
  readonly session: Engine;
  readonly asset: Transformed;
  /** What is new in it. */
  readonly files: readonly WrittenFile[];
  /** The whole version, as it can stand in FROM. */
  readonly relation: string;
  readonly before: Snapshot | undefined;
}

/** Throws `transform/check` where the version must not be; warnings are noted. */
export async function judge(judged: Judged): Promise<void> {
  const { context, session, asset, files, relation, fields, layout, base, before } = judged;
  const { name, definition } = asset;
  const failed = await testChecks({
    context,
    session,
    table: name,
    relation,
    columns: fields.map((field) => field.name),
    checks: {
      ...requiredChecks({
        columns: definition.columns,
        files,
        physical: physicalNames({ layout, base }),
      }),
      ...constraintChecks(asset),
      ...definition.checks,
    },
  });
  for (const { meaning, severity, message } of failed) {
    if (severity === "warning") context.note(`warning: "${meaning}" does not hold: ${message}`);
  }
  const errors = failed.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw checkFailed(name, errors, before);
}

function physicalNames({
  layout,
  base,
}: Pick<VersionLayout, "layout" | "base">): ReadonlyMap<string, string> {
  return new Map(physicalColumns(layout, base).map((column) => [column.name, column.physicalName]));
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
