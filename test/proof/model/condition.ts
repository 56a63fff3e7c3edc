/** Conditions as SQL, and as what they mean for a row of the model. */

import { quoteName, quoteText } from "../../../src/sql/quote.ts";
import type { Condition, Row } from "./operation.ts";

export function conditionText(condition: Condition): string {
  const column = quoteName(condition.column);
  if (condition.op === "is null") return `${column} IS NULL`;
  const { value } = condition;
  return `${column} ${condition.op} ${typeof value === "string" ? quoteText(value) : value}`;
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
