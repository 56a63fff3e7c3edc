/** Texts that a spreadsheet would run: which they are, and how they are made harmless (OWASP, "CSV Injection"). */

import { quoteText } from "../sql/quote.ts";

/** The signs that begin a formula, their full-width twins, and the characters that a spreadsheet skips before one. */
const BEGINS = "^[=+\\-@\\t\\r\\n\\x00＝＋－＠]";

/** A signed number is a number there too. */
const PLAIN_NUMBER = "[+-][0-9]+([.][0-9]+)?";

/** The SQL for a text that no spreadsheet runs: a leading `'` where it would be a formula. */
export function harmlessText(value: string): string {
  const isFormula = `regexp_matches(${value}, ${quoteText(BEGINS)}) and not regexp_full_match(${value}, ${quoteText(PLAIN_NUMBER)})`;
  return `case when ${isFormula} then '''' || ${value} else ${value} end`;
}

/** The same for a title. */
export function harmlessTitle(title: string): string {
  const isFormula =
    new RegExp(BEGINS).test(title) && !new RegExp(`^(${PLAIN_NUMBER})$`).test(title);
  return isFormula ? `'${title}` : title;
}
