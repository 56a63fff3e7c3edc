/** Changing what a table is, and nothing of its rows. */

import { renderJson } from "../../base/json.ts";
import { wantedMode } from "../column-mapping.ts";
import type { Snapshot } from "../snapshot.ts";
import type { DeltaContext } from "../table.ts";
import { completeTable, type PlannedTable, type TableContent } from "../table-spec.ts";
import { commit } from "../write.ts";
import { addColumns, changeColumn, dropColumns, renameColumn } from "./column.ts";
import { dropConstraint, setProperties, unsetProperties } from "./property.ts";
import type { TableChange } from "./table-change.ts";

interface Along {
  /** Kept under `commitInfo.millrace`. */
  readonly info?: Readonly<Record<string, unknown>>;
}

/**
 * Commits the change over the table as the snapshot shows it. Appends by others go through beside
 * it; another change of the table meanwhile is `delta/conflict`. A change that the files there, a
 * rule or a partition forbids is refused, and nothing is written.
 */
export async function alterTable(
  context: DeltaContext,
  snapshot: Snapshot,
  change: TableChange,
  { info }: Along = {},
): Promise<Snapshot> {
  return commit(context, snapshot, {
    ...describe(change),
    becomes: planChanges(snapshot, [change]),
    ...(info === undefined ? {} : { info }),
  });
}

/** What the table would be after these changes, one after another; throws as `alterTable` does. */
export function planChanges(snapshot: Snapshot, changes: readonly TableChange[]): PlannedTable {
  const isMapped = changes.some((change) => "mapsColumns" in change && change.mapsColumns === true);
  const table = isMapped ? withMapping(snapshot) : snapshot.metadata;
  return completeTable(changes.reduce(changed, table), snapshot);
}

/** The columns remember the names that they have in files before any of them gets another. */
function withMapping(snapshot: Snapshot): TableContent {
  const table = snapshot.metadata;
  if (wantedMode(table.configuration) !== "none") return table;
  const configuration = { ...table.configuration, "delta.columnMapping.mode": "name" };
  const { fields, metadata } = completeTable({ ...table, configuration }, snapshot);
  return { ...table, fields, configuration: metadata.configuration };
}

function changed(table: TableContent, change: TableChange): TableContent {
  switch (change.change) {
    case "add columns":
      return addColumns(table, change);
    case "rename column":
      return renameColumn(table, change);
    case "drop columns":
      return dropColumns(table, change);
    case "change column":
      return changeColumn(table, change);
    case "set properties":
      return setProperties(table, change);
    case "unset properties":
      return unsetProperties(table, change);
    case "drop constraint":
      return dropConstraint(table, change);
  }
}

/** Operation and parameters under the names that the reference implementation gives them in a history. */
function describe(change: TableChange) {
  switch (change.change) {
    case "add columns":
      return { operation: "ADD COLUMNS", parameters: { columns: change.columns } };
    case "rename column": {
      const { column, to } = change;
      const [oldColumnPath, newColumnPath] = [column, [...column.slice(0, -1), to]].map((path) =>
        path.join("."),
      );
      return { operation: "RENAME COLUMN", parameters: { oldColumnPath, newColumnPath } };
    }
    case "drop columns": {
      const columns = change.columns.map((path) => path.join("."));
      return { operation: "DROP COLUMNS", parameters: { columns } };
    }
    case "change column": {
      const { change: _, ...column } = change;
      return { operation: "CHANGE COLUMN", parameters: { column } };
    }
    case "set properties":
      return { operation: "SET TBLPROPERTIES", parameters: { properties: change.properties } };
    case "unset properties": {
      const { keys, ifSet = false } = change;
      const parameters = { properties: keys, ifExists: renderJson(ifSet) };
      return { operation: "UNSET TBLPROPERTIES", parameters };
    }
    case "drop constraint":
      return { operation: "DROP CONSTRAINT", parameters: { name: change.name } };
  }
}
