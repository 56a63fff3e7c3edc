/** A line of a CSV file that the reader turned away, looked at once more by itself. */

import { type CsvDialect, parseCsvRecord } from "../source/csv-record.ts";
import { MASK, type Secrets } from "./redact.ts";

/** Lines with other problems have lost bytes or are too long, and stay what they are. */
const MAY_PASS = new Set(["fields", "quote"]);

/** The record as a JSON object by the names of its columns; undefined where the line is no record of so many fields. */
export function recordOfLine(
  line: string,
  rule: string,
  names: readonly string[],
  dialect: CsvDialect,
): string | undefined {
  if (!MAY_PASS.has(rule) || fieldsOfLine(line, dialect)?.length !== names.length) return undefined;
  const fields = parseCsvRecord(Buffer.from(line), dialect);
  return JSON.stringify(Object.fromEntries(names.map((name, index) => [name, fields[index]])));
}

/**
 * The line without the fields of secret columns. Where fields are missing or too many, a secret may stand in any place
 * that it can have come to, and all from the first of them on goes; where quotes are open, all goes.
 */
export function redactLine(
  line: string,
  rule: string,
  names: readonly string[],
  dialect: CsvDialect,
  secrets: Secrets,
): string {
  const places = names.flatMap((name, index) => (secrets.has(name) ? [index] : []));
  const [first] = places;
  if (first === undefined) return line;
  const fields = fieldsOfLine(line, dialect);
  if (fields === undefined) return MASK;
  if (fields.length === names.length) {
    const isSecret = new Set(places);
    return fields
      .map(({ from, to }, index) => (isSecret.has(index) ? MASK : line.slice(from, to)))
      .join(dialect.delimiter);
  }
  // The end of a record that began on a line before.
  if (rule === "quote") return MASK;
  const place = Math.max(0, first - Math.max(0, names.length - fields.length));
  const from = fields[place]?.from;
  return from === undefined ? line : `${line.slice(0, from)}${MASK}`;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the fields stand, quotes and all; undefined where a quote that opens one is not closed at its end. */
function fieldsOfLine(line: string, { delimiter, quote }: CsvDialect): Span[] | undefined {
  const fields: Span[] = [];
  for (let from = 0; ; ) {
    let at = from;
    if (line.startsWith(quote, at)) {
      at = line.indexOf(quote, at + 1);
      while (at !== -1 && line.startsWith(quote, at + 1)) at = line.indexOf(quote, at + 2);
      if (at === -1) return undefined;
      at += 1;
      if (at < line.length && !line.startsWith(delimiter, at)) return undefined;
    }
    const end = line.indexOf(delimiter, at);
    fields.push({ from, to: end === -1 ? line.length : end });
    if (end === -1) return fields;
    from = end + 1;
  }
}
