/** Which changes of columns leave the files written before them true. */

import type { DataType, Field } from "../schema/type.ts";
import { nameOf } from "./type-name.ts";

/**
 * Why files written for `before` cannot be read as `after`; undefined where they can. Columns may be
 * added where they may be null, and may become nullable. One may go only where columns are mapped:
 * otherwise a later column of its name would show the old values.
 */
export function whyUntrue(
  before: readonly Field[],
  after: readonly Field[],
  isMapped: boolean,
  parent = "",
): string | undefined {
  const old = new Map(before.map((field) => [field.name, field]));
  for (const field of after) {
    const name = `${parent}${field.name}`;
    const known = old.get(field.name);
    old.delete(field.name);
    if (known === undefined) {
      if (!field.nullable) return `has no column "${name}", which would be required`;
      continue;
    }
    if (known.nullable && !field.nullable) {
      return `may hold nulls in "${name}", which would be required`;
    }
    const inner = whyTypeUntrue(known.type, field.type, { isMapped, name });
    if (inner !== undefined) return inner;
  }
  const [gone] = old.keys();
  return gone === undefined || isMapped
    ? undefined
    : `has the column "${parent}${gone}", which would be gone`;
}

function whyTypeUntrue(
  before: DataType,
  after: DataType,
  { isMapped, name }: { isMapped: boolean; name: string },
): string | undefined {
  const differs = `holds ${nameOf(before)} in "${name}", which would be ${nameOf(after)}`;
  if (typeof before === "string" || typeof after === "string") {
    return before === after ? undefined : differs;
  }
  const inside = { isMapped, name };
  switch (before.kind) {
    case "decimal":
      return nameOf(before) === nameOf(after) ? undefined : differs;
    case "struct":
      if (after.kind !== "struct") return differs;
      return whyUntrue(before.fields, after.fields, isMapped, `${name}.`);
    case "array":
      if (after.kind !== "array") return differs;
      return whyTypeUntrue(before.element, after.element, inside);
    case "map":
      if (after.kind !== "map") return differs;
      return (
        whyTypeUntrue(before.key, after.key, inside) ??
        whyTypeUntrue(before.value, after.value, inside)
      );
  }
}
