/** The plain model of a table: its rows in memory, and what each operation makes of them. */

import { satisfies } from "./condition.ts";
import type { Operation, Row } from "./operation.ts";

export interface Expected {
  readonly rows: readonly Row[];
  /** Columns that came after the first three; all their values are null. */
  readonly added: readonly string[];
  /** The last transaction of each application. */
  readonly apps: Readonly<Record<string, number>>;
}

export const NOTHING: Expected = { rows: [], added: [], apps: {} };

/** What the table holds after the operation, done at once on what it held; those that only move rows leave it as it was. */
export function after(before: Expected, operation: Operation): Expected {
  const { rows, added, apps } = before;
  switch (operation.kind) {
    case "append": {
      const { app } = operation;
      return {
        added,
        rows: [...rows, ...operation.rows],
        apps: app === undefined ? apps : { ...apps, [app]: (apps[app] ?? 0) + 1 },
      };
    }
    case "overwrite":
      return { ...before, rows: operation.rows };
    case "overwrite partition":
      return { ...before, rows: [...rows.filter(({ k }) => k !== operation.k), ...operation.rows] };
    case "overwrite where":
      return { ...before, rows: [...rows.filter(({ v }) => v !== operation.v), ...operation.rows] };
    case "add column":
      return { ...before, added: [...added, operation.name] };
    case "delete":
      return { ...before, rows: rows.filter((row) => !satisfies(row, operation.where)) };
    case "update":
      return {
        ...before,
        rows: rows.map((row) => (satisfies(row, operation.where) ? updated(row, operation) : row)),
      };
    case "merge":
      return { ...before, rows: merged(rows, operation) };
    default:
      return before;
  }
}

function updated(row: Row, { k }: Extract<Operation, { kind: "update" }>): Row {
  if (k !== undefined) return { ...row, k };
  return { ...row, v: row.v === null ? null : row.v + 1 };
}

/** Null matches nothing, so such a row of the source always comes in. */
function merged(rows: readonly Row[], merge: Extract<Operation, { kind: "merge" }>): Row[] {
  const { source, deletes } = merge;
  const sourceOf = ({ v }: Row): Row | undefined =>
    v === null ? undefined : source.find((row) => row.v === v);
  const kept = rows.flatMap((row) => {
    const match = sourceOf(row);
    if (match === undefined) return [row];
    return deletes ? [] : [{ ...row, k: match.k }];
  });
  const inserted = source.filter((row) => !rows.some(({ v }) => v !== null && v === row.v));
  return [...kept, ...inserted];
}

/** The rows as the engine gives them in the order of their ids. */
export function rowsOf({ rows, added }: Expected): Record<string, unknown>[] {
  const more = Object.fromEntries(added.map((name) => [name, null]));
  return rows
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, v, k }) => ({ id: BigInt(id), v: v === null ? null : BigInt(v), k, ...more }));
}
