/** SQL text for names and literals that holds whatever characters they have. */

/** An identifier: `a "b"` becomes `"a ""b"""`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal. DuckDB ends a statement at a NUL character, so that one is spelled `chr(0)`. */
export function quoteText(text: string): string {
  if (!text.includes("\0")) return `'${text.replaceAll("'", "''")}'`;
  return `(${text.split("\0").map(quoteText).join(" || chr(0) || ")})`;
}
