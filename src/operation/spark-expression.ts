/** Conditions that the log keeps in the words of Spark SQL, as the engine writes them. */

import { quoteName, quoteText } from "../sql/quote.ts";

/** Texts in either quotes, with backslashes; names in backticks; `<=>`. */
const PIECE = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|<=>/g;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", "0": "\0" };

/**
 * Only the quoting differs in what both know. What the engine does not know it refuses when it
 * binds the text, so that no rule is taken for another.
 */
export function fromSparkExpression(expression: string): string {
  return expression.replace(PIECE, (piece) => {
    if (piece === "<=>") return " IS NOT DISTINCT FROM ";
    const inner = piece.slice(1, -1);
    if (piece.startsWith("`")) return quoteName(inner.replaceAll("``", "`"));
    const quote = piece.slice(0, 1);
    const text = inner.replaceAll(quote + quote, quote);
    return quoteText(
      text.replace(/\\([\s\S])/g, (whole, char: string) =>
        char === "%" || char === "_" ? whole : (ESCAPES[char] ?? char),
      ),
    );
  });
}
