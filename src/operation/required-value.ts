/** SQL that finds nulls where a table's columns allow none, at every level of nesting. */

import type { DataType, Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";

export interface RequiredValue {
  readonly name: string;
  /** True of a row that lacks a value. */
  readonly isMissing: string;
}

/** One for each column that is required or holds something that is. */
export function requiredValues(fields: readonly Field[]): RequiredValue[] {
  return fields.flatMap((field) => {
    const column = quoteName(field.name);
    const missing = missingIn(field, column, 0);
    return missing === undefined ? [] : [{ name: field.name, isMissing: missing }];
  });
}

/** Undefined where null is allowed everywhere. */
function missingIn({ type, nullable }: Field, value: string, depth: number): string | undefined {
  return either([nullable ? undefined : `${value} IS NULL`, missingWithin(type, value, depth)]);
}

function missingWithin(type: DataType, value: string, depth: number): string | undefined {
  if (typeof type === "string") return undefined;
  switch (type.kind) {
    case "decimal":
      return undefined;
    case "struct": {
      const inner = either(
        type.fields.map((field) =>
          missingIn(field, `struct_extract(${value}, ${quoteText(field.name)})`, depth),
        ),
      );
      return inner && `(${value} IS NOT NULL AND ${inner})`;
    }
    case "array":
      return missingItem(type.element, type.containsNull, value, depth);
    case "map":
      return either([
        missingItem(type.key, true, `map_keys(${value})`, depth),
        missingItem(type.value, type.valueContainsNull, `map_values(${value})`, depth),
      ]);
  }
}

function missingItem(
  type: DataType,
  mayBeNull: boolean,
  list: string,
  depth: number,
): string | undefined {
  const item = `item_${depth}`;
  const missing = missingIn({ name: item, type, nullable: mayBeNull }, item, depth + 1);
  return missing && `coalesce(len(list_filter(${list}, lambda ${item}: ${missing})) > 0, false)`;
}

function either(conditions: readonly (string | undefined)[]): string | undefined {
  const present = conditions.filter((condition) => condition !== undefined);
  return present.length === 0 ? undefined : `(${present.join(" OR ")})`;
}
