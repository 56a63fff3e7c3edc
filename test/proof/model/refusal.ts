/** What a table must refuse: changes that would make its rows, columns or rules untrue. */

import { satisfies } from "./condition.ts";
import { columnAt, type Expected, MAPPING, unmatched, updated } from "./expected.ts";
import type { Operation, Row } from "./operation.ts";

/** Why the operation is refused by the table as it was; undefined where it is done. */
export function refusalOf(before: Expected, operation: Operation): string | undefined {
  return shapeRefusal(before, operation) ?? rowRefusal(before, operation);
}

/** Of a change of columns, rules and properties. */
function shapeRefusal(before: Expected, operation: Operation): string | undefined {
  const { added, nameOfV, constraints, configuration, rows } = before;
  const names = [nameOfV, ...added.map(({ name }) => name)];
  const mode = configuration[MAPPING] ?? "none";
  const isMapped = mode !== "none";
  switch (operation.kind) {
    case "add column":
      return names.includes(operation.name) ? "there is such a column" : undefined;
    case "rename column": {
      if (!isMapped) return "columns are not mapped";
      const at = columnAt(operation.nth, names.length);
      if (names.some((name, index) => index !== at && name === operation.to)) {
        return "there is such a column";
      }
      return at === 0 && Object.keys(constraints).length > 0 ? "a constraint uses it" : undefined;
    }
    case "drop column":
      return isMapped ? undefined : "columns are not mapped";
    case "widen column":
      return configuration["delta.enableTypeWidening"] === "true"
        ? undefined
        : "types are not to become wider";
    case "add constraint":
      if (constraints[operation.name] !== undefined) return "there is such a constraint";
      return rows.some(breaks({ x: operation.below })) ? "rows break it" : undefined;
    case "drop constraint":
      return constraints[operation.name] === undefined ? "there is no such constraint" : undefined;
    case "set property":
      return operation.key === MAPPING && mode !== "none" && mode !== operation.value
        ? "files bear the names of the other mapping"
        : undefined;
    default:
      return undefined;
  }
}

/** Of a change of rows: one that takes any from a table that only grows, or brings one that breaks a rule. */
function rowRefusal(
  { rows, constraints, configuration }: Expected,
  operation: Operation,
): string | undefined {
  const taken = takenRows(rows, operation);
  if (taken !== undefined && configuration["delta.appendOnly"] === "true") {
    return "the table only grows";
  }
  return newRows(rows, operation).some(breaks(constraints))
    ? "a new row breaks a constraint"
    : undefined;
}

/** True where rows are taken away or changed; all of none are taken too. */
function takenRows(rows: readonly Row[], operation: Operation): true | undefined {
  const takes = (test: (row: Row) => boolean) => rows.some(test) || undefined;
  switch (operation.kind) {
    case "overwrite":
      return true;
    case "overwrite partition":
      return takes(({ k }) => k === operation.k);
    case "overwrite where":
      return takes(({ v }) => v === operation.v);
    case "delete":
    case "update":
      return takes((row) => satisfies(row, operation.where));
    case "merge":
      return takes(({ v }) => v !== null && operation.source.some((row) => row.v === v));
    default:
      return undefined;
  }
}

function newRows(rows: Expected["rows"], operation: Operation): readonly Row[] {
  switch (operation.kind) {
    case "append":
    case "overwrite":
    case "overwrite partition":
    case "overwrite where":
      return operation.rows;
    case "update":
      return rows
        .filter((row) => satisfies(row, operation.where))
        .map((row) => updated(row, operation));
    case "merge":
      return unmatched(rows, operation.source);
    default:
      return [];
  }
}

function breaks(constraints: Expected["constraints"]): (row: Row) => boolean {
  const bounds = Object.values(constraints);
  return ({ v }) => v !== null && bounds.some((bound) => v >= bound);
}
