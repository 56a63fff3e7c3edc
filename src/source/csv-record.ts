/** One record of a CSV file as bytes, decoded into its fields (RFC 4180, with the lenience of common writers). */

export interface CsvDialect {
  /** One ASCII character each. */
  readonly delimiter: string;
  readonly quote: string;
  /** Texts that mean null where they stand without quotes, besides nothing at all. */
  readonly nulls?: readonly string[] | undefined;
}

/**
 * The texts of the fields; an empty field without quotes is null, as are the `nulls`. A quote counts only where it
 * opens a field. Blanks around quotes are no part of the field; other text after the closing one belongs to it.
 */
export function parseCsvRecord(
  record: Buffer,
  { delimiter, quote, nulls = [] }: CsvDialect,
): (string | null)[] {
  const text = record.toString("utf8");
  const fields: (string | null)[] = [];
  let at = 0;
  for (;;) {
    let start = at;
    while (text[start] === " " && delimiter !== " ") start += 1;
    const isQuoted = text.startsWith(quote, start);
    let value = "";
    if (isQuoted) {
      at = start + 1;
      for (;;) {
        const end = text.indexOf(quote, at);
        value += text.slice(at, end === -1 ? text.length : end);
        at = end === -1 ? text.length : end + 1;
        if (end === -1 || !text.startsWith(quote, at)) break;
        value += quote;
        at += 1;
      }
    }
    const end = text.indexOf(delimiter, at);
    const rest = text.slice(at, end === -1 ? text.length : end);
    if (!isQuoted || /[^ ]/.test(rest)) value += rest;
    fields.push(!isQuoted && (value === "" || nulls.includes(value)) ? null : value);
    if (end === -1) return fields;
    at = end + 1;
  }
}
