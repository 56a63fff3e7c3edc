/** One record of a CSV file as bytes, decoded into its fields (RFC 4180, with the lenience of common writers). */

export interface CsvDialect {
  /** One ASCII character each. */
  readonly delimiter: string;
  readonly quote: string;
  /** Texts that mean null where they stand without quotes, besides nothing at all. */
  readonly nulls?: readonly string[] | undefined;
}

/**
 * The texts of the fields; an empty field without quotes is null, as are the `nulls`. A quote counts only where it opens a
 * field; after the closing one, what stands before the next delimiter belongs to the text.
 */
export function parseCsvRecord(
  record: Buffer,
  { delimiter, quote, nulls = [] }: CsvDialect,
): (string | null)[] {
  const text = record.toString("utf8");
  const fields: (string | null)[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = text.startsWith(quote, at);
    let value = "";
    if (isQuoted) {
      at += 1;
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
    value += text.slice(at, end === -1 ? text.length : end);
    fields.push(!isQuoted && (value === "" || nulls.includes(value)) ? null : value);
    if (end === -1) return fields;
    at = end + 1;
  }
}
