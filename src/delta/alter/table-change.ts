/** Changes of what a table is, as data: one statement of `ALTER TABLE` each. */

import type { DataType } from "../../schema/type.ts";

/**
 * Names from the outermost column inwards, found without regard to case; `element` steps into a
 * list, `key` and `value` into a map: `["orders", "element", "price"]`.
 */
export type ColumnPath = readonly string[];

/** Where a column stands among its siblings. */
export type Position = "first" | { readonly after: string };

export interface NewColumn {
  /** The last name is the new one; those before it lead to the struct it joins. */
  readonly column: ColumnPath;
  readonly type: DataType;
  readonly comment?: string;
  /** At the end by default. */
  readonly position?: Position;
}

/** A column joins nullable, as the rows that are there have no value of it. */
export interface AddColumns {
  readonly change: "add columns";
  readonly columns: readonly NewColumn[];
}

/** Needs column mapping: the files keep the name they were written with. */
export interface RenameColumn {
  readonly change: "rename column";
  readonly column: ColumnPath;
  readonly to: string;
  /** True to turn column mapping by name on in the same commit where it is off. */
  readonly mapsColumns?: boolean;
}

/** Needs column mapping. The values stay in the files, out of sight, until those are rewritten. */
export interface DropColumns {
  readonly change: "drop columns";
  readonly columns: readonly ColumnPath[];
  /** True to turn column mapping by name on in the same commit where it is off. */
  readonly mapsColumns?: boolean;
}

export interface ChangeColumn {
  readonly change: "change column";
  readonly column: ColumnPath;
  /** A wider one, in a table with `delta.enableTypeWidening`. */
  readonly type?: DataType;
  /** A column may become nullable and never required. */
  readonly nullable?: true;
  /** Null takes the comment away. */
  readonly comment?: string | null;
  readonly position?: Position;
}

export interface SetProperties {
  readonly change: "set properties";
  /** `delta.feature.x` set to `supported` asks for a table feature. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface UnsetProperties {
  readonly change: "unset properties";
  readonly keys: readonly string[];
  /** True to pass over keys that are not set. */
  readonly ifSet?: boolean;
}

export interface DropConstraint {
  readonly change: "drop constraint";
  readonly name: string;
  readonly ifThere?: boolean;
}

export type TableChange =
  | AddColumns
  | RenameColumn
  | DropColumns
  | ChangeColumn
  | SetProperties
  | UnsetProperties
  | DropConstraint;
