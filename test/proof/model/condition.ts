/** Conditions as SQL, as filters, and as what they mean for a row of the model. */

import type { Filter } from "../../../src/delta/filter.ts";
import { quoteName, quoteText } from "../../../src/sql/quote.ts";
import type { Condition, Row } from "./operation.ts";

/** `nameOfV` is the name that the column bears at the version that is asked. */
export function conditionText(condition: Condition, nameOfV: string): string {
  const { column } = filterOf(condition, nameOfV);
  if (condition.op === "is null") return `${quoteName(column)} IS NULL`;
  const { value } = condition;
  return `${quoteName(column)} ${condition.op} ${typeof value === "string" ? quoteText(value) : value}`;
}

export function filterOf(condition: Condition, nameOfV: string): Filter {
  return condition.column === "v" ? { ...condition, column: nameOfV } : condition;
}

export function satisfies(row: Row, condition: Condition): boolean {
  if (condition.op === "is null") return row[condition.column] === null;
  if (condition.column === "k") return row.k === condition.value;
  const value = row[condition.column];
  if (value === null) return false;
  switch (condition.op) {
    case "<":
      return value < condition.value;
    case "=":
      return value === condition.value;
    case ">=":
      return value >= condition.value;
  }
}
