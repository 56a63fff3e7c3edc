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

export interface EvolutionOptions {
  /**
   * True where fields inside structs, also those of lists, come, stay and become wider as columns do; they are named
   * with dots then. Else a struct of other fields, or of the same in another order, is another type.
   */
  readonly inside?: boolean;
}

export function evolve(
  before: readonly Field[],
  wanted: readonly Field[],
  { inside = false }: EvolutionOptions = {},
): Evolution {
  const changes: Changes = { added: [], widened: [], incompatible: [], unused: [] };
  const fields = mergeFields(before, wanted, { inside, changes, parent: "" });
  return { fields, ...changes };
}

interface Changes {
  readonly added: Field[];
  readonly widened: TypeChange[];
  readonly incompatible: TypeChange[];
  readonly unused: string[];
}

interface Merging {
  readonly inside: boolean;
  readonly changes: Changes;
  /** What stands before names: nothing, or `address.`. */
  readonly parent: string;
}

function mergeFields(
  before: readonly Field[],
  wanted: readonly Field[],
  how: Merging,
): readonly Field[] {
  const { changes, parent } = how;
  const byName = new Map(wanted.map((field) => [field.name.toLowerCase(), field]));
  const known = new Set(before.map(({ name }) => name.toLowerCase()));
  const added = wanted.filter(({ name }) => !known.has(name.toLowerCase()));
  const merged = before.map((field) => {
    const next = byName.get(field.name.toLowerCase());
    const name = `${parent}${field.name}`;
    if (next !== undefined) return { ...field, type: mergeType(name, field.type, next.type, how) };
    changes.unused.push(name);
    return field;
  });
  for (const field of added) changes.added.push({ ...field, name: `${parent}${field.name}` });
  return [...merged, ...added];
}

/** The type that the table has afterwards; of one that cannot change it is the old one. */
function mergeType(name: string, from: DataType, to: DataType, how: Merging): DataType {
  if (isSameType(from, to)) return from;
  if (how.inside && typeof from !== "string" && typeof to !== "string") {
    if (from.kind === "struct" && to.kind === "struct" && hasCommon(from.fields, to.fields))
      return {
        ...from,
        fields: mergeFields(from.fields, to.fields, { ...how, parent: `${name}.` }),
      };
    if (from.kind === "array" && to.kind === "array")
      return { ...from, element: mergeType(`${name}.element`, from.element, to.element, how) };
  }
  const { widened, incompatible } = how.changes;
  const isWidened = isWider(from, to);
  (isWidened ? widened : incompatible).push({ name, from, to });
  return isWidened ? to : from;
}

/** Structs without one name in common are not the same thing. */
function hasCommon(before: readonly Field[], wanted: readonly Field[]): boolean {
  const names = new Set(before.map(({ name }) => name.toLowerCase()));
  return wanted.some(({ name }) => names.has(name.toLowerCase()));
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
