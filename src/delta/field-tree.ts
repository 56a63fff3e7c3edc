/** Walks over the tree of a table's columns. */

import type { DataType, Field } from "../schema/type.ts";

/** True where any field, at any depth, satisfies the test. */
export function someField(fields: readonly Field[], test: (field: Field) => boolean): boolean {
  return fields.some((field) => test(field) || someFieldOfType(field.type, test));
}

/** Shows every field, outer ones first; a path has `element`, `key` and `value` for what is inside lists and maps. */
export function visitFields(
  fields: readonly Field[],
  visit: (field: Field, path: readonly string[]) => void,
  path: readonly string[] = [],
): void {
  for (const field of fields) {
    const here = [...path, field.name];
    visit(field, here);
    visitType(field.type, visit, here);
  }
}

/** The same tree with every field replaced; `change` sees a field whose inner fields are changed already. */
export function mapFields(
  fields: readonly Field[],
  change: (field: Field, path: readonly string[]) => Field,
  path: readonly string[] = [],
): Field[] {
  return fields.map((field) => {
    const here = [...path, field.name];
    return change({ ...field, type: mapType(field.type, change, here) }, here);
  });
}

function mapType(
  type: DataType,
  change: (field: Field, path: readonly string[]) => Field,
  path: readonly string[],
): DataType {
  if (typeof type === "string" || type.kind === "decimal") return type;
  switch (type.kind) {
    case "struct":
      return { ...type, fields: mapFields(type.fields, change, path) };
    case "array":
      return { ...type, element: mapType(type.element, change, [...path, "element"]) };
    case "map":
      return {
        ...type,
        key: mapType(type.key, change, [...path, "key"]),
        value: mapType(type.value, change, [...path, "value"]),
      };
  }
}

/** The field at a path of names, found without regard to case; undefined where there is none. */
export function findField(fields: readonly Field[], path: readonly string[]): Field | undefined {
  const wanted = path.join("\0").toLowerCase();
  let found: Field | undefined;
  visitFields(fields, (field, at) => {
    if (at.join("\0").toLowerCase() === wanted) found ??= field;
  });
  return found;
}

function visitType(
  type: DataType,
  visit: (field: Field, path: readonly string[]) => void,
  path: readonly string[],
): void {
  if (typeof type === "string") return;
  switch (type.kind) {
    case "decimal":
      break;
    case "struct":
      visitFields(type.fields, visit, path);
      break;
    case "array":
      visitType(type.element, visit, [...path, "element"]);
      break;
    case "map":
      visitType(type.key, visit, [...path, "key"]);
      visitType(type.value, visit, [...path, "value"]);
      break;
  }
}

function someFieldOfType(type: DataType, test: (field: Field) => boolean): boolean {
  if (typeof type === "string") return false;
  switch (type.kind) {
    case "decimal":
      return false;
    case "struct":
      return someField(type.fields, test);
    case "array":
      return someFieldOfType(type.element, test);
    case "map":
      return someFieldOfType(type.key, test) || someFieldOfType(type.value, test);
  }
}

/** True where the type, or one inside it, is this primitive. */
export function holdsType(type: DataType, primitive: DataType): boolean {
  if (type === primitive) return true;
  if (typeof type === "string" || type.kind === "decimal") return false;
  switch (type.kind) {
    case "struct":
      return type.fields.some((field) => holdsType(field.type, primitive));
    case "array":
      return holdsType(type.element, primitive);
    case "map":
      return holdsType(type.key, primitive) || holdsType(type.value, primitive);
  }
}
