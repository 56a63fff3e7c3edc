/** Changing the tree of columns at one place, found by a path of names. */

import { MillraceError } from "../../base/error.ts";
import { nearestWord } from "../../base/suggest.ts";
import type { DataType, Field } from "../../schema/type.ts";
import type { ColumnPath, Position } from "./table-change.ts";

/** The siblings at a place, and which of them is meant. */
export interface Siblings {
  readonly fields: readonly Field[];
  readonly index: number;
  readonly field: Field;
}

/** `fields` with the siblings of the column at `path` replaced. No such column is `delta/no-such-column`. */
export function changeSiblings(
  fields: readonly Field[],
  path: ColumnPath,
  change: (siblings: Siblings) => readonly Field[],
): readonly Field[] {
  return changeFieldsOf(fields, path.slice(0, -1), path, (siblings) => {
    const index = findIndex(siblings, path.at(-1) ?? "", path);
    const field = siblings[index];
    if (field === undefined) throw new Error(`Bug: no column at ${index}`);
    return change({ fields: siblings, index, field });
  });
}

/** `fields` with the members of the struct at `parent` replaced; an empty path is the table itself. */
export function changeMembers(
  fields: readonly Field[],
  parent: ColumnPath,
  change: (members: readonly Field[]) => readonly Field[],
): readonly Field[] {
  return changeFieldsOf(fields, parent, parent, change);
}

/** `fields` with the type at `path` replaced; the path may end at the `element` of a list or the `key` or `value` of a map. */
export function changeTypeAt(
  fields: readonly Field[],
  path: ColumnPath,
  change: (type: DataType) => DataType,
): readonly Field[] {
  return changeFields(fields, path, path, change);
}

/** `fields` with one of them put where the position says. */
export function placeField(
  fields: readonly Field[],
  field: Field,
  position: Position | undefined,
): readonly Field[] {
  if (position === undefined) return [...fields, field];
  if (position === "first") return [field, ...fields];
  const after = findIndex(fields, position.after, [position.after]);
  return fields.toSpliced(after + 1, 0, field);
}

function changeFieldsOf(
  fields: readonly Field[],
  parent: ColumnPath,
  whole: ColumnPath,
  change: (members: readonly Field[]) => readonly Field[],
): readonly Field[] {
  if (parent.length === 0) return change(fields);
  return changeFields(fields, parent, whole, (type) => {
    if (typeof type !== "string" && type.kind === "struct") {
      return { ...type, fields: change(type.fields) };
    }
    throw noSuchColumn(whole, `"${parent.join(".")}" has no columns inside`);
  });
}

function changeFields(
  fields: readonly Field[],
  path: ColumnPath,
  whole: ColumnPath,
  change: (type: DataType) => DataType,
): readonly Field[] {
  const [name = "", ...rest] = path;
  const at = findIndex(fields, name, whole);
  return fields.map((field, index) =>
    index === at ? { ...field, type: changeType(field.type, rest, whole, change) } : field,
  );
}

function changeType(
  type: DataType,
  path: ColumnPath,
  whole: ColumnPath,
  change: (type: DataType) => DataType,
): DataType {
  const [step, ...rest] = path;
  if (step === undefined) return change(type);
  if (typeof type === "string" || type.kind === "decimal") {
    throw noSuchColumn(whole, `there is nothing inside a plain value to be "${step}"`);
  }
  const below = (inner: DataType) => changeType(inner, rest, whole, change);
  switch (type.kind) {
    case "struct":
      return { ...type, fields: changeFields(type.fields, path, whole, change) };
    case "array":
      if (step !== "element") throw noSuchColumn(whole, 'what is inside a list is its "element"');
      return { ...type, element: below(type.element) };
    case "map":
      if (step === "key") return { ...type, key: below(type.key) };
      if (step === "value") return { ...type, value: below(type.value) };
      throw noSuchColumn(whole, 'what is inside a map is its "key" and "value"');
  }
}

function findIndex(fields: readonly Field[], name: string, whole: ColumnPath): number {
  const index = fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase());
  if (index >= 0) return index;
  const names = fields.map((field) => field.name);
  const nearest = nearestWord(name, names);
  throw noSuchColumn(
    whole,
    nearest === undefined ? `the columns there are ${names.join(", ")}` : `there is "${nearest}"`,
  );
}

function noSuchColumn(path: ColumnPath, what: string): MillraceError {
  return new MillraceError(`The table has no column "${path.join(".")}": ${what}.`, {
    code: "delta/no-such-column",
    hint: "Name each column from the outermost inwards.",
  });
}
