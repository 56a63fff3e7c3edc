/** Which changes of columns leave the files written before them true. */

import type { DataType, Field } from "../schema/type.ts";
import { type MappingMode, physicalName } from "./column-mapping.ts";
import { nameOf } from "./type-name.ts";
import { isWidening } from "./widening.ts";

/** The columns of a table at one version. */
export interface Shape {
  readonly fields: readonly Field[];
  readonly mode: MappingMode;
}

interface Rules {
  readonly before: MappingMode;
  readonly after: MappingMode;
  /** Where the table has type widening switched on. */
  readonly mayWiden: boolean;
}

/**
 * Why files written for `before` cannot be read as `after`; undefined where they can. Columns may be
 * added where they may be null, and may become nullable. One may get another name or go only where
 * columns are mapped: otherwise a later column of its name would show the old values. Types may
 * become wider where the table is declared to allow it.
 */
export function whyUntrue(before: Shape, after: Shape, mayWiden: boolean): string | undefined {
  const rules = { before: before.mode, after: after.mode, mayWiden };
  return whyFieldsUntrue(before.fields, after.fields, { rules, parent: "" });
}

function whyFieldsUntrue(
  before: readonly Field[],
  after: readonly Field[],
  { rules, parent }: { rules: Rules; parent: string },
): string | undefined {
  const old = new Map(before.map((field) => [physicalName(field, rules.before), field]));
  for (const field of after) {
    const name = `${parent}${field.name}`;
    const inFiles = physicalName(field, rules.after);
    const known = old.get(inFiles);
    old.delete(inFiles);
    if (known === undefined) {
      if (!field.nullable) return `has no column "${name}", which would be required`;
      continue;
    }
    if (known.nullable && !field.nullable) {
      return `may hold nulls in "${name}", which would be required`;
    }
    const inner = whyTypeUntrue(known.type, field.type, { rules, name });
    if (inner !== undefined) return inner;
  }
  const [gone] = old.values();
  return gone === undefined || rules.after !== "none"
    ? undefined
    : `has the column "${parent}${gone.name}", which would be gone`;
}

function whyTypeUntrue(
  before: DataType,
  after: DataType,
  inside: { rules: Rules; name: string },
): string | undefined {
  const { rules, name } = inside;
  const differs = `holds ${nameOf(before)} in "${name}", which would be ${nameOf(after)}`;
  if (typeof before === "string" || before.kind === "decimal") {
    if (nameOf(before) === nameOf(after)) return undefined;
    return rules.mayWiden && isWidening(before, after) ? undefined : differs;
  }
  if (typeof after === "string" || after.kind !== before.kind) return differs;
  switch (after.kind) {
    case "struct":
      if (before.kind !== "struct") return differs;
      return whyFieldsUntrue(before.fields, after.fields, { rules, parent: `${name}.` });
    case "array":
      if (before.kind !== "array") return differs;
      if (before.containsNull && !after.containsNull) return mayBeNull(`${name}.element`);
      return whyTypeUntrue(before.element, after.element, inside);
    case "map":
      if (before.kind !== "map") return differs;
      if (before.valueContainsNull && !after.valueContainsNull) return mayBeNull(`${name}.value`);
      return (
        whyTypeUntrue(before.key, after.key, inside) ??
        whyTypeUntrue(before.value, after.value, inside)
      );
  }
}

function mayBeNull(name: string): string {
  return `may hold nulls in "${name}", which would be required`;
}
