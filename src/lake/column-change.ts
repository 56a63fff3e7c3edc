/** Columns that a declaration renames or drops in a table that is there: found by looking, as changes of its metadata alone. */

import { MillraceError } from "../base/error.ts";
import { planChanges } from "../delta/alter/alter.ts";
import type {
  ColumnPath,
  DropColumns,
  DropConstraint,
  RenameColumn,
} from "../delta/alter/table-change.ts";
import { visitFields } from "../delta/field-tree.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { ColumnDefinition, ColumnType } from "../schema/column.ts";
import type { DataType, Field } from "../schema/type.ts";

type Columns = Readonly<Record<string, ColumnDefinition>>;

export interface DeclaredColumns {
  readonly columns: Columns;
  /** Names that go, with dots down to a field inside a struct; as they are after the renames. */
  readonly drop: readonly string[];
}

/** What is taken off the table before, so that it stands in no column's way. */
type Before = readonly DropConstraint[];

/**
 * What has to be done, renames first, each as one commit; nothing where the table is as declared. Throws
 * `lake/column-conflict` where a name cannot be told, and what `alterTable` throws where a change is not allowed.
 */
export function columnChanges(
  table: Snapshot,
  { columns, drop }: DeclaredColumns,
  before: Before,
): (RenameColumn | DropColumns)[] {
  const { fields } = table.metadata;
  const renames = renamesIn(fields, columns, []);
  const renamed =
    renames.length === 0 ? fields : planChanges(table, [...before, ...renames]).fields;
  const paths = withoutInner(drop.flatMap((name) => pathOf(renamed, name)));
  if (paths.length === 0) return renames;
  return [...renames, { change: "drop columns", columns: paths, mapsColumns: true }];
}

function renamesIn(fields: readonly Field[], columns: Columns, parent: ColumnPath): RenameColumn[] {
  return Object.entries(columns).flatMap(([name, { type, formerly }]): RenameColumn[] => {
    const old = formerField(fields, name, formerly, parent);
    const field = old ?? fields.find((one) => isSame(one.name, name));
    if (field === undefined) return [];
    const inside = renamesInside(field.type, type, [
      ...parent,
      old === undefined ? field.name : name,
    ]);
    if (old === undefined) return inside;
    const column = [...parent, old.name];
    return [{ change: "rename column", column, to: name, mapsColumns: true }, ...inside];
  });
}

/** Where the table has another kind of type, the load will say so. */
function renamesInside(type: DataType, declared: ColumnType, path: ColumnPath): RenameColumn[] {
  if (typeof type === "string") return [];
  if (type.kind === "struct" && declared.kind === "struct")
    return renamesIn(type.fields, declared.of, path);
  if (type.kind === "array" && declared.kind === "list")
    return renamesInside(type.element, declared.of.type, [...path, "element"]);
  return [];
}

/** The column that is to get the name; undefined where it has it, or was never there. */
function formerField(
  fields: readonly Field[],
  name: string,
  formerly: readonly string[],
  parent: ColumnPath,
): Field | undefined {
  if (formerly.length === 0) return undefined;
  const own = fields.find((field) => isSame(field.name, name));
  if (own !== undefined && formerly.includes(own.name)) return own;
  const former = fields.filter(
    (field) => field !== own && formerly.some((one) => isSame(one, field.name)),
  );
  const [first, second] = former;
  const both = own === undefined ? second : first;
  if (both !== undefined) {
    const [one, other] = own === undefined ? [first, second] : [own, first];
    throw bothThere([...parent, one?.name ?? ""], [...parent, other?.name ?? ""], name);
  }
  return own === undefined ? first : undefined;
}

function bothThere(one: ColumnPath, other: ColumnPath, name: string): MillraceError {
  return new MillraceError(
    `The table has both "${one.join(".")}" and "${other.join(".")}", and "${name}" is declared as formerly one of them`,
    {
      code: "lake/column-conflict",
      hint: `Values of two columns are not put together. Take the name out of .formerly(); then the old column can stay, or go by drop: ["${other.join(".")}"].`,
    },
  );
}

/** No path where the table has not the column, or not any more. */
function pathOf(fields: readonly Field[], name: string): ColumnPath[] {
  const found: ColumnPath[] = [];
  visitFields(fields, (_, path) => {
    if (isSame(path.join("."), name)) found.push(path);
  });
  if (found.length < 2) return found;
  throw new MillraceError(`"${name}" is to be dropped, and means more than one column`, {
    code: "lake/column-conflict",
    hint: "A column and a field inside another have this name, dots and all. Rename one of them first, by .formerly().",
  });
}

/** What is inside a column that goes, goes with it. */
function withoutInner(paths: readonly ColumnPath[]): ColumnPath[] {
  const isInside = (path: ColumnPath, other: ColumnPath): boolean =>
    other.length < path.length && other.every((part, index) => part === path[index]);
  return paths.filter((path) => !paths.some((other) => isInside(path, other)));
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
