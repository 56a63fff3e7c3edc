/** The table that records land in: what it is, what it must become, and how its files are laid out. */

import { MillraceError } from "../base/error.ts";
import { type PhysicalValue, physicalValues } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { fieldIds, type Layout, layoutOf, type TableSpec } from "../delta/table-spec.ts";
import { constraintProperties } from "../lake/constraint.ts";
import type { Lake } from "../lake/lake.ts";
import type { TableProperties } from "../lake/property.ts";
import { type Evolution, evolve, renderType } from "../schema/evolution.ts";
import { folderOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import { widenTable } from "./widen.ts";

export interface Target {
  readonly base: Snapshot | { readonly folder: string };
  readonly snapshot: Snapshot | undefined;
  /** Undefined where the table is as it must be. */
  readonly schema: TableSpec | undefined;
  readonly fields: readonly Field[];
  readonly columns: readonly PhysicalValue[];
  readonly fieldIds: Readonly<Record<string, unknown>> | undefined;
}

/** How files of new rows are laid out. */
export function layoutOfTarget({ schema, snapshot }: Target): Layout {
  const table = schema ?? snapshot;
  if (table === undefined) throw new Error("Bug: rows of a table without columns");
  return layoutOf(table, schema === undefined ? undefined : snapshot);
}

/** The newest version of the table made ready for rows of these fields; widens it where that is needed. */
export async function openTarget(
  lake: Lake,
  name: string,
  {
    fields,
    partitionBy,
    properties,
    constraints,
    isReplaced,
    isDryRun = false,
    before,
  }: {
    fields: readonly Field[];
    partitionBy: readonly string[];
    /** Of a table that is new; another has them already. */
    properties: TableProperties;
    /** Of a table that is new or replaced, in the words of Spark SQL; another has them already. */
    constraints: ReadonlyMap<string, string>;
    isReplaced: boolean;
    /** Nothing is widened; the layout is only good for files that are thrown away. */
    isDryRun?: boolean;
    /** The columns of the table as they would be by then, where nothing is changed. */
    before?: readonly Field[] | undefined;
  },
): Promise<Target> {
  const found = await lake.find(name);
  const spec: TableSpec = { name, fields, partitionColumns: partitionBy };
  if (found === undefined) {
    const configuration = { ...properties, ...constraintProperties(constraints, undefined) };
    const made = { ...spec, configuration };
    return target({ folder: folderOf(name) }, undefined, made, fields);
  }
  const evolution = evolve(before ?? found.metadata.fields, fields, { inside: true });
  checkPartitions(name, found, partitionBy, isReplaced);
  if (isReplaced) return replacedTarget(found, evolution, { ...spec, constraints });
  checkCompatible(name, evolution);
  if (isDryRun) return target({ folder: folderOf(name) }, undefined, spec, evolution.fields);
  const snapshot =
    evolution.widened.length === 0 ? found : await widenTable(lake, found, evolution);
  const schema = evolution.added.length === 0 ? undefined : { ...spec, fields: evolution.fields };
  return target(snapshot, snapshot, schema, evolution.fields);
}

function replacedTarget(
  found: Snapshot,
  { added, unused, widened, incompatible: others }: Evolution,
  { constraints, ...spec }: TableSpec & { readonly constraints: ReadonlyMap<string, string> },
): Target {
  const configuration = constraintProperties(constraints, found);
  const { metadata } = found;
  const isSame =
    added.length + unused.length + widened.length + others.length === 0 &&
    Object.entries(configuration).every(([key, to]) => metadata.configuration[key] === to);
  return isSame
    ? target(found, found, undefined, metadata.fields)
    : target(found, found, { ...spec, configuration }, spec.fields);
}

/** Throws where a column of the table cannot hold what is declared. */
export function checkCompatible(name: string, { incompatible: [wrong] }: Evolution): void {
  if (wrong === undefined) return;
  const { name: column, from, to } = wrong;
  throw new MillraceError(
    `Column "${column}" of ${name} is ${renderType(from)} in the lake and ${renderType(to)} in the project`,
    {
      code: "ingest/incompatible-column",
      hint: `Old values may not fit. Give the new column another name, keep the old type, or use write: "overwrite".`,
    },
  );
}

function target(
  base: Target["base"],
  snapshot: Snapshot | undefined,
  schema: TableSpec | undefined,
  fields: readonly Field[],
): Target {
  const layout = schema ?? snapshot;
  if (layout === undefined) throw new Error("Bug: a new table without columns");
  const ids = fieldIds(layout, schema === undefined ? undefined : snapshot);
  return {
    base,
    snapshot,
    schema,
    fields,
    columns: physicalValues(layout, schema === undefined ? undefined : snapshot),
    fieldIds: ids,
  };
}

function checkPartitions(
  name: string,
  { metadata }: Snapshot,
  partitionBy: readonly string[],
  isReplaced: boolean,
): void {
  const isSame = metadata.partitionColumns.join("\0") === partitionBy.join("\0");
  if (isSame || isReplaced) return;
  const list = (columns: readonly string[]): string =>
    columns.length === 0 ? "nothing" : columns.join(", ");
  throw new MillraceError(
    `${name} is partitioned by ${list(metadata.partitionColumns)} in the lake and by ${list(partitionBy)} in the project`,
    {
      code: "ingest/partition-change",
      hint: "Keep the partitioning, or load into a table with another name.",
    },
  );
}
