/** A line of a CSV file that the reader turned away, looked at once more by itself. */

import { type CsvDialect, parseCsvRecord } from "../source/csv-record.ts";

/** Lines with other problems have lost bytes or are too long, and stay what they are. */
const MAY_PASS = new Set(["fields", "quote"]);

/** The record as a JSON object by the names of its columns; undefined where the line is no record of so many fields. */
export function recordOfLine(
  line: string,
  rule: string,
  names: readonly string[],
  dialect: CsvDialect,
): string | undefined {
  if (!MAY_PASS.has(rule) || !closesItsQuotes(line, dialect)) return undefined;
  const fields = parseCsvRecord(Buffer.from(line), dialect);
  if (fields.length !== names.length) return undefined;
  return JSON.stringify(Object.fromEntries(names.map((name, index) => [name, fields[index]])));
}

/** True where every quote that opens a field is closed at its end. */
function closesItsQuotes(line: string, { delimiter, quote }: CsvDialect): boolean {
  for (let at = 0; at <= line.length; ) {
    if (line.startsWith(quote, at)) {
      let end = line.indexOf(quote, at + 1);
      while (end !== -1 && line.startsWith(quote, end + 1)) end = line.indexOf(quote, end + 2);
      if (end === -1) return false;
      at = end + 1;
      if (at < line.length && !line.startsWith(delimiter, at)) return false;
    }
    const end = line.indexOf(delimiter, at);
    if (end === -1) return true;
    at = end + 1;
  }
  return true;
}
