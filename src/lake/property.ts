/** Properties of a Delta table as a project declares them: checked once, and given to a table that has others. */

import { MillraceError } from "../base/error.ts";
import { wrongOption } from "../base/option.ts";
import { checkProperties } from "../delta/property.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import type { Lake } from "./lake.ts";

export type TableProperties = Readonly<Record<string, string>>;

/** What the columns and the log of a table decide, and no project. */
const FOREIGN = /^delta\.(constraints\.|feature\.|columnMapping\.maxColumnId|inCommitTimestampEn)/;

/** Throws `project/bad-option` for what is no property, and `delta/bad-property` for one that a table cannot have. */
export function checkTableProperties(
  properties: TableProperties | undefined,
  place: string,
): TableProperties {
  const name = `The option properties of ${place}`;
  if (properties === undefined) return Object.freeze({});
  const isObject = typeof properties === "object" && properties !== null;
  const wrong = isObject
    ? Object.entries(properties).find(([key, value]) => key === "" || typeof value !== "string")
    : undefined;
  if (!isObject || Array.isArray(properties) || wrong !== undefined) {
    const wanted = 'texts by their names: { "delta.enableChangeDataFeed": "true" }';
    throw wrongOption(name, wrong === undefined ? properties : Object.fromEntries([wrong]), wanted);
  }
  const foreign = Object.keys(properties).find((key) => FOREIGN.test(key));
  if (foreign !== undefined) {
    throw new MillraceError(`${name} names ${foreign}, which is not for a project to set`, {
      code: "project/bad-option",
      hint: foreign.startsWith("delta.constraints.")
        ? "Declare it beside them: constraints: { positive: sql`amount > 0` }."
        : "Millrace sets it where the table needs it.",
    });
  }
  checkProperties(properties);
  return Object.freeze({ ...properties });
}

export interface PropertyChange {
  readonly property: string;
  /** Undefined where the table does not have it. */
  readonly from: string | undefined;
  readonly to: string;
}

/** Where the table is other than declared. A property that is declared no more stays as it is. */
export function propertyChanges(
  { metadata }: Snapshot,
  declared: TableProperties,
): PropertyChange[] {
  return Object.entries(declared)
    .map(([property, to]) => ({ property, from: metadata.configuration[property], to }))
    .filter(({ from, to }) => from !== to);
}

/** In one commit of their own, which leaves all rows as they are; the table as it is then. */
export async function applyProperties(
  lake: Lake,
  table: Snapshot,
  declared: TableProperties,
): Promise<Snapshot> {
  const changes = propertyChanges(table, declared);
  if (changes.length === 0) return table;
  const properties = Object.fromEntries(changes.map(({ property, to }) => [property, to]));
  const { fields, partitionColumns } = table.metadata;
  return commit(lake.delta, table, {
    operation: "SET TBLPROPERTIES",
    parameters: { properties },
    schema: { fields, partitionColumns, configuration: properties },
  });
}
