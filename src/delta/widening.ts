/** Type widening: which types may become which while the files stay, and how the schema remembers it. */

import type { DataType, Field } from "../schema/type.ts";
import { mapFields } from "./field-tree.ts";
import { parseTypeName } from "./schema-text.ts";
import { nameOf } from "./type-name.ts";

/** One step in the history that `delta.typeChanges` keeps of a column. */
interface TypeChange {
  readonly fromType: string;
  readonly toType: string;
  /** `element`, `value.key` and so on, where the type lies inside a list or map of the column. */
  readonly fieldPath?: string;
}

const HISTORY = "delta.typeChanges";

const WHOLE: readonly DataType[] = ["byte", "short", "integer", "long"];

type Digits = Readonly<Record<string, number>>;

/** The digits before the point that the protocol asks of a decimal. */
const DIGITS: Digits = { byte: 10, short: 10, integer: 10, long: 20 };

/** Those that every value of the type needs: writers of the preview made such decimals. */
const FEWEST_DIGITS: Digits = { byte: 3, short: 5, integer: 10, long: 19 };

/** True for the changes that the protocol lists under "Type Widening", and for no other. */
export function isWidening(from: DataType, to: DataType): boolean {
  return isWider(from, to, DIGITS);
}

/**
 * `after` with each widening since `before` added to its column's history, where the table may widen
 * at all. Columns are told by their names. A type that changed in another way starts without history.
 */
export function rememberWidening(
  before: readonly Field[],
  after: readonly Field[],
  mayWiden: boolean,
): Field[] {
  const known = new Map<string, Field>();
  const key = (path: readonly string[]) => path.join("\0");
  mapFields(before, (field, path) => {
    known.set(key(path), field);
    return field;
  });
  return mapFields(after, (field, path) => {
    const old = known.get(key(path));
    const changes = old === undefined ? [] : changesOf(old.type, field.type, []);
    if (changes?.length === 0) return field;
    const { [HISTORY]: history, ...metadata } = field.metadata ?? {};
    const steps = Array.isArray(history) ? history : [];
    return changes === undefined || !mayWiden
      ? { ...field, metadata }
      : { ...field, metadata: { ...metadata, [HISTORY]: [...steps, ...changes] } };
  });
}

/** A change in the schema's history that old files do not survive; undefined where all values fit. */
export function unknownTypeChange(fields: readonly Field[]): string | undefined {
  let found: string | undefined;
  mapFields(fields, (field) => {
    const history = field.metadata?.[HISTORY];
    for (const { fromType, toType } of Array.isArray(history) ? (history as TypeChange[]) : []) {
      const [from, to] = [parseTypeName(String(fromType)), parseTypeName(String(toType))];
      const isKnown = from !== undefined && to !== undefined && isWider(from, to, FEWEST_DIGITS);
      if (!isKnown) found = `of column "${field.name}" from ${fromType} to ${toType}`;
    }
    return field;
  });
  return found;
}

function isWider(from: DataType, to: DataType, digits: Digits): boolean {
  if (typeof to !== "string") {
    if (to.kind !== "decimal") return false;
    const whole = to.precision - to.scale;
    if (typeof from === "string") return whole >= (digits[from] ?? Number.POSITIVE_INFINITY);
    if (from.kind !== "decimal" || nameOf(from) === nameOf(to)) return false;
    return to.scale >= from.scale && whole >= from.precision - from.scale;
  }
  if (typeof from !== "string") return false;
  if (WHOLE.includes(to)) return WHOLE.includes(from) && WHOLE.indexOf(from) < WHOLE.indexOf(to);
  if (to === "double") return from === "float" || (WHOLE.includes(from) && from !== "long");
  return from === "date" && to === "timestamp_ntz";
}

/** Undefined where one of the changes is no widening. What structs hold belongs to their own fields. */
function changesOf(
  from: DataType,
  to: DataType,
  path: readonly string[],
): readonly TypeChange[] | undefined {
  if (isNested(from) || isNested(to)) {
    if (typeof from === "string" || typeof to === "string") return undefined;
    if (from.kind === "struct" && to.kind === "struct") return [];
    if (from.kind === "array" && to.kind === "array") {
      return changesOf(from.element, to.element, [...path, "element"]);
    }
    if (from.kind !== "map" || to.kind !== "map") return undefined;
    const keys = changesOf(from.key, to.key, [...path, "key"]);
    const values = changesOf(from.value, to.value, [...path, "value"]);
    return keys && values && [...keys, ...values];
  }
  if (nameOf(from) === nameOf(to)) return [];
  if (!isWidening(from, to)) return undefined;
  return [
    {
      fromType: nameOf(from),
      toType: nameOf(to),
      ...(path.length === 0 ? {} : { fieldPath: path.join(".") }),
    },
  ];
}

function isNested(type: DataType): boolean {
  return typeof type !== "string" && type.kind !== "decimal";
}
