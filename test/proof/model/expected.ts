/** The plain model of a table: its rows in memory, and what each operation makes of them. */

import { satisfies } from "./condition.ts";
import { type AddedType, type Operation, type Row, WHOLE_TYPES } from "./operation.ts";

/** One that came after the first three. */
export interface AddedColumn {
  readonly key: string;
  readonly name: string;
  readonly type: AddedType;
}

/** `more` holds values by the keys of added columns; one that is not there is null. */
export interface HeldRow extends Row {
  readonly more: Readonly<Record<string, number | string | null>>;
}

export interface Expected {
  /** The operation that made the version, by the model's name where it has one. */
  readonly by: string;
  readonly rows: readonly HeldRow[];
  /** What `v` is called. */
  readonly nameOfV: string;
  readonly added: readonly AddedColumn[];
  /** The last transaction of each application. */
  readonly apps: Readonly<Record<string, number>>;
  readonly configuration: Readonly<Record<string, string>>;
  /** The bound of each, by its name. */
  readonly constraints: Readonly<Record<string, number>>;
}

export const NOTHING: Expected = {
  by: "nobody",
  rows: [],
  nameOfV: "v",
  added: [],
  apps: {},
  configuration: {},
  constraints: {},
};

export const MAPPING = "delta.columnMapping.mode";

/** What the table is after the operation, done at once on what it was; those that only move rows leave it. */
export function after(before: Expected, operation: Operation): Expected {
  return { ...before, ...changeOf(before, operation), by: operation.kind };
}

function changeOf(before: Expected, operation: Operation): Partial<Expected> {
  const { rows, added, apps, configuration, constraints } = before;
  const come = (fresh: readonly Row[]): HeldRow[] =>
    fresh.map((row) => ({ ...row, more: valuesFor(row, added) }));
  switch (operation.kind) {
    case "append": {
      const { app } = operation;
      return {
        rows: [...rows, ...come(operation.rows)],
        apps: app === undefined ? apps : { ...apps, [app]: (apps[app] ?? 0) + 1 },
      };
    }
    case "overwrite":
      return { rows: come(operation.rows) };
    case "overwrite partition":
      return { rows: [...rows.filter(({ k }) => k !== operation.k), ...come(operation.rows)] };
    case "overwrite where":
      return { rows: [...rows.filter(({ v }) => v !== operation.v), ...bare(operation.rows)] };
    case "delete":
      return { rows: rows.filter((row) => !satisfies(row, operation.where)) };
    case "update":
      return {
        rows: rows.map((row) => (satisfies(row, operation.where) ? updated(row, operation) : row)),
      };
    case "merge":
      return { rows: merged(rows, operation) };
    case "add column": {
      const { name, type, key } = operation;
      // Files cannot bear such a name.
      const mapped = name.includes(" ") ? { [MAPPING]: "name" } : {};
      return {
        added: [...added, { key, name, type }],
        configuration: { ...mapped, ...configuration },
      };
    }
    case "rename column": {
      const index = columnAt(operation.nth, added.length + 1) - 1;
      const column = added[index];
      return column === undefined
        ? { nameOfV: operation.to }
        : { added: added.with(index, { ...column, name: operation.to }) };
    }
    case "drop column":
      return { added: added.toSpliced(columnAt(operation.nth, added.length), 1) };
    case "widen column": {
      const index = columnAt(operation.nth, added.length);
      const column = added[index];
      const type = column && widerThan(column.type);
      if (column === undefined || type === undefined) return {};
      return { added: added.with(index, { ...column, type }) };
    }
    case "add constraint":
      return { constraints: { ...constraints, [operation.name]: operation.below } };
    case "drop constraint":
      return { constraints: without(constraints, operation.name) };
    case "set property":
      return { configuration: { ...configuration, [operation.key]: operation.value } };
    case "unset property":
      return { configuration: without(configuration, operation.key) };
    default:
      return {};
  }
}

/** Which of so many columns the number means. */
export function columnAt(nth: number, columns: number): number {
  return nth % columns;
}

/** The next type that holds every value of this one. */
export function widerThan(type: AddedType): AddedType | undefined {
  return type === "string" ? undefined : WHOLE_TYPES[WHOLE_TYPES.indexOf(type) + 1];
}

/** What a row that comes in brings for a column: as much as the type can hold, as one may be made wider later. */
export function valueFor({ id }: Row, type: AddedType): number | string | null {
  if (id % 7 === 0) return null;
  switch (type) {
    case "string":
      return `of ${id}`;
    case "byte":
      return (id % 256) - 128;
    case "short":
      return ((id * 37) % 65_536) - 32_768;
    case "integer":
      return ((id * 99_991) % 2 ** 32) - 2 ** 31;
    case "long":
      return id * 10_000_019;
  }
}

function valuesFor(row: Row, added: readonly AddedColumn[]): HeldRow["more"] {
  return Object.fromEntries(added.map(({ key, type }) => [key, valueFor(row, type)]));
}

function bare(rows: readonly Row[]): HeldRow[] {
  return rows.map((row) => ({ ...row, more: {} }));
}

export function updated(
  row: HeldRow,
  { k }: Pick<Extract<Operation, { kind: "update" }>, "k">,
): HeldRow {
  if (k !== undefined) return { ...row, k };
  return { ...row, v: row.v === null ? null : row.v + 1 };
}

/** Null matches nothing, so such a row of the source always comes in. */
function merged(rows: readonly HeldRow[], merge: Extract<Operation, { kind: "merge" }>): HeldRow[] {
  const { source, deletes } = merge;
  const kept = rows.flatMap((row) => {
    const match = row.v === null ? undefined : source.find(({ v }) => row.v === v);
    if (match === undefined) return [row];
    return deletes ? [] : [{ ...row, k: match.k }];
  });
  return [...kept, ...bare(unmatched(rows, source))];
}

/** The rows of a source that come in. */
export function unmatched(rows: readonly Row[], source: readonly Row[]): Row[] {
  return source.filter((row) => !rows.some(({ v }) => v !== null && v === row.v));
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** The rows as the engine gives them in the order of their ids, by the columns of a version. */
export function rowsOf(
  { nameOfV, added }: Pick<Expected, "nameOfV" | "added">,
  rows: readonly HeldRow[],
): Record<string, unknown>[] {
  return rows
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, v, k, more }) => ({
      id: BigInt(id),
      [nameOfV]: v === null ? null : BigInt(v),
      k,
      ...Object.fromEntries(
        added.map(({ key, name, type }) => {
          const value = more[key] ?? null;
          return [name, type === "long" && value !== null ? BigInt(value) : value];
        }),
      ),
    }));
}
