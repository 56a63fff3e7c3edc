/** Plain values as SQL literals, in the words that DuckDB and Spark share: the one place where values become SQL text. */

import { MillraceError } from "../base/error.ts";
import { quoteText } from "./quote.ts";

/** The literal of a plain value; a `Date` is an instant with its zone. */
export function literal(value: string | number | bigint | boolean | Date | null): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "bigint") return value < 0n ? `(${value})` : String(value);
  if (value instanceof Date) return `${quoteText(value.toISOString())}::timestamptz`;
  if (!Number.isFinite(value)) {
    throw new MillraceError(`${value} has no SQL literal`, {
      code: "project/bad-sql-part",
      hint: "Write 'nan'::double or 'infinity'::double in the SQL if you mean it.",
    });
  }
  const text =
    Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : `${value}::double`;
  return value < 0 ? `(${text})` : text;
}
