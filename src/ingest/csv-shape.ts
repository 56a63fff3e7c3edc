/** What is known of CSV files that one statement reads, and how the engine is told. */

import type { CsvDialect } from "../source/csv-record.ts";
import type { CsvOptions } from "../source/file-source.ts";
import { quoteText } from "../sql/quote.ts";

export interface CsvShape {
  /** The names in the file's order. */
  readonly names: readonly string[];
  /** Where the header stands, counted from 1; blank lines may come before it. */
  readonly headerLine: number;
  /** False where a part of a file might begin inside quotes. */
  readonly inParts: boolean;
  /** True where no line end stands in quotes and no line is long: each line is a record. */
  readonly isPlain: boolean;
  /** A longer line is turned away. The engine keeps sixteen times as much of a file in memory, and reads in parts of that size. */
  readonly mostLineBytes: number;
  readonly options: CsvOptions;
}

/** How a line is cut into fields, and which of them are null. */
export function dialectSettings(
  { delimiter, quote }: CsvDialect,
  { nulls }: Pick<CsvOptions, "nulls">,
): string {
  const marks = `delim=${quoteText(delimiter)}, quote=${quoteText(quote)}, escape=${quoteText(quote)}`;
  const strict =
    "auto_detect=false, null_padding=false, allow_quoted_nulls=false, strict_mode=true";
  const texts =
    nulls === undefined ? "" : `, nullstr=[${["", ...nulls].map(quoteText).join(", ")}]`;
  return `${marks}, ${strict}${texts}`;
}

/** Each field as a text, under its place. */
export function textColumns(names: readonly string[]): string {
  return names.map((_, index) => `'~c${index}': 'VARCHAR'`).join(", ");
}

export const QUOTE_MESSAGE = "has a quote that is not closed, or text after a closing quote";

export function fieldsMessage(has: string, width: number): string {
  return `has ${has} field${has === "1" ? "" : "s"} where the header has ${width}`;
}
