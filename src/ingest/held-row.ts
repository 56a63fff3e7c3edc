/** Lines that were held, each with its number in front, as a relation. */

import { quotePath } from "../engine/path.ts";
import { quoteText } from "../sql/quote.ts";
import type { HeldPart } from "./records.ts";

/**
 * All parts in one list, which the engine reads side by side as it does not where they are united. `settings` are those
 * of a reader of CSV, whose first column is called `~n`; with the columns come `~file`, as it was read, and `~line`.
 */
export function heldRows(parts: readonly HeldPart[], settings: string): string {
  const paths = parts.map(({ paths: { held } }) => held);
  const ofPart = (values: readonly string[]): string =>
    new Set(values).size === 1
      ? (values[0] ?? "null")
      : `map([${paths.map(quoteText).join(", ")}], [${values.join(", ")}])["~held"]`;
  const line = ofPart(parts.map(({ linesBefore }) => String(linesBefore)));
  const file = ofPart(parts.map(({ input }) => quoteText(input.readPath)));
  const reader = `read_csv([${paths.map(quotePath).join(", ")}], ${settings}, filename='~held')`;
  return `(select * exclude ("~n", "~held"), "~n" + ${line} as "~line", ${file} as "~file" from ${reader})`;
}
