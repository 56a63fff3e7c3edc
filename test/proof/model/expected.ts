/** The plain model of a table: its rows in memory, and what each operation makes of them. */

import type { Condition, Operation, Row } from "./operation.ts";

export interface Expected {
  readonly rows: readonly Row[];
  /** Columns that came after the first three; all their values are null. */
  readonly added: readonly string[];
  /** The last transaction of each application. */
  readonly apps: Readonly<Record<string, number>>;
}

export const NOTHING: Expected = { rows: [], added: [], apps: {} };

/** What the table holds after the operation, done at once on what it held. */
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
    case "add column":
      return { ...before, added: [...added, operation.name] };
    case "checkpoint":
    case "clean up":
      return before;
  }
}

/** True where the operation makes no version of the table. */
export function isQuiet({ kind }: Operation): boolean {
  return kind === "checkpoint" || kind === "clean up";
}

export function satisfies(row: Row, condition: Condition): boolean {
  if (condition.op === "is null") return row[condition.column] === null;
  if (condition.column === "k") return row.k === condition.value;
  const value = row[condition.column];
  if (value === null) return false;
  switch (condition.op) {
    case "<":
      return value < condition.value;
    case "=":
      return value === condition.value;
    case ">=":
      return value >= condition.value;
  }
}

/** The rows as the engine gives them in the order of their ids. */
export function rowsOf({ rows, added }: Expected): Record<string, unknown>[] {
  const more = Object.fromEntries(added.map((name) => [name, null]));
  return rows
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, v, k }) => ({ id: BigInt(id), v: v === null ? null : BigInt(v), k, ...more }));
}
