/** What has to happen to a table so that rows of another shape fit into it. */

import type { DataType, Field } from "./type.ts";

export interface TypeChange {
  readonly name: string;
  readonly from: DataType;
  readonly to: DataType;
}

export interface Evolution {
  /** The table's columns afterwards: its own first, in its order, then the new ones. */
  readonly fields: readonly Field[];
  readonly added: readonly Field[];
  /** Every old value fits the new type. */
  readonly widened: readonly TypeChange[];
  /** An old value may not fit. */
  readonly incompatible: readonly TypeChange[];
  /** Columns that new rows leave null. */
  readonly unused: readonly string[];
}

export function evolve(before: readonly Field[], wanted: readonly Field[]): Evolution {
  const byName = new Map(wanted.map((field) => [field.name.toLowerCase(), field]));
  const known = new Set(before.map(({ name }) => name.toLowerCase()));
  const added = wanted.filter(({ name }) => !known.has(name.toLowerCase()));
  const changes = before.flatMap((field): TypeChange[] => {
    const next = byName.get(field.name.toLowerCase());
    if (next === undefined || isSameType(field.type, next.type)) return [];
    return [{ name: field.name, from: field.type, to: next.type }];
  });
  const widened = changes.filter(({ from, to }) => isWider(from, to));
  const wider = new Map(widened.map(({ name, to }) => [name, to]));
  return {
    fields: [
      ...before.map((field) => ({ ...field, type: wider.get(field.name) ?? field.type })),
      ...added,
    ],
    added,
    widened,
    incompatible: changes.filter(({ from, to }) => !isWider(from, to)),
    unused: before.filter(({ name }) => !byName.has(name.toLowerCase())).map(({ name }) => name),
  };
}

/** Equal in everything that a value can tell; whether null is allowed inside plays no part. */
export function isSameType(a: DataType, b: DataType): boolean {
  return renderType(a) === renderType(b);
}

/** As people write it: `decimal(10, 2)`, `array<struct<a: long>>`. */
export function renderType(type: DataType): string {
  if (typeof type === "string") return type;
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision}, ${type.scale})`;
    case "array":
      return `array<${renderType(type.element)}>`;
    case "map":
      return `map<${renderType(type.key)}, ${renderType(type.value)}>`;
    case "struct":
      return `struct<${type.fields.map(({ name, type: of }) => `${name}: ${renderType(of)}`).join(", ")}>`;
  }
}

const WHOLE: readonly DataType[] = ["byte", "short", "integer", "long"];
const DIGITS: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 19 };

function isWider(from: DataType, to: DataType): boolean {
  if (typeof from === "string" && typeof to === "string") {
    if (WHOLE.includes(from) && WHOLE.includes(to)) return WHOLE.indexOf(from) < WHOLE.indexOf(to);
    if (to === "double") return from === "float" || (WHOLE.includes(from) && from !== "long");
    return to === "timestamp_ntz" && from === "date";
  }
  if (typeof to === "string" || to.kind !== "decimal") return false;
  const whole = to.precision - to.scale;
  if (typeof from === "string") return whole >= (DIGITS[from] ?? Number.POSITIVE_INFINITY);
  return from.kind === "decimal" && to.scale >= from.scale && whole >= from.precision - from.scale;
}
