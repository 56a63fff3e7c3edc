/**
 * Giving columns of a table wider types, in a commit of their own before rows of these types come. A table with
 * `delta.enableTypeWidening` keeps its files, and readers widen what they find; of any other all files are written
 * anew, with the same rows.
 */

import { physicalSelect } from "../delta/physical-select.ts";
import { isOn } from "../delta/property.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { rulesOf } from "../delta/table-rule.ts";
import { fieldIds, physicalColumns, type TableSpec } from "../delta/table-spec.ts";
import { isWidening } from "../delta/widening.ts";
import { commit } from "../delta/write.ts";
import { duckdbType } from "../engine/type.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import type { Evolution, TypeChange } from "../schema/evolution.ts";
import { quoteName } from "../sql/quote.ts";

/** Whether the files can stay; all of the changes are made in one way. */
export function widensByFeature({ metadata }: Snapshot, widened: readonly TypeChange[]): boolean {
  return (
    isOn(metadata.configuration, "delta.enableTypeWidening") &&
    widened.every(({ from, to }) => isWidening(from, to))
  );
}

export async function widenTable(
  lake: Lake,
  table: Snapshot,
  { widened, fields }: Pick<Evolution, "widened" | "fields">,
): Promise<Snapshot> {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  const { metadata } = table;
  const schema: TableSpec = {
    fields: metadata.fields.map((field) => ({
      ...field,
      type: types.get(field.name) ?? field.type,
    })),
    partitionColumns: metadata.partitionColumns,
  };
  const change = {
    operation: "CHANGE COLUMN",
    parameters: { columns: widened.map(({ name }) => name) },
    schema,
  };
  if (widensByFeature(table, widened)) return commit(lake.delta, table, change);
  const staging = await lake.storage.openStaging();
  try {
    const add = await rewrite(lake, table, schema, staging.folder);
    return await commit(lake.delta, table, {
      ...change,
      add,
      remove: "all",
      // Rows that were taken in once keep the rules with wider types too.
      kept: rulesOf(metadata.fields, metadata.configuration).map(({ name }) => name),
      reads: "whole table",
    });
  } finally {
    await staging.close();
  }
}

/** Files of the same rows in the new types. */
async function rewrite(
  lake: Lake,
  table: Snapshot,
  schema: TableSpec,
  folder: string,
): ReturnType<Lake["engine"]["write"]> {
  const physical = new Map(
    physicalColumns(schema, table).map((column) => [column.name, column.physicalName]),
  );
  const ids = fieldIds(schema, table);
  const list = schema.fields.map(
    (field) => `${quoteName(field.name)}::${duckdbType(field.type)} as ${quoteName(field.name)}`,
  );
  const query = `select ${list.join(", ")} from ${await relationOf(lake, table)}`;
  return lake.engine.write(physicalSelect(query, schema, table), {
    folder,
    partitionBy: table.metadata.partitionColumns.map((column) => physical.get(column) ?? column),
    ...(ids === undefined ? {} : { fieldIds: ids }),
  });
}
