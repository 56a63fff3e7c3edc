/** The line numbers of a few records of a file, found in one sweep over its bytes. */

import { readContent } from "./content.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import { type RecordVisitor, walkRecords } from "./record-walker.ts";
import {
  indexWanted,
  isAlike,
  joinFields,
  samplePlain,
  sampleUnquoted,
  trim,
  type WantedRecord,
} from "./wanted-record.ts";

export type LineDialect =
  | (CsvDialect & {
      readonly format: "csv";
      /** Whether the first record names the columns and is passed over. */
      readonly header: boolean;
      /** True for files whose lines end in CR alone. */
      readonly endsInCr?: boolean;
    })
  | { readonly format: "ndjson"; readonly trailingCommas?: boolean };

export interface FindLinesOptions {
  /** With `nulls`, the wanted fields are null where the file has one of them; that takes longer. */
  readonly dialect: LineDialect;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For each wanted record the line on which it begins, counted from 1, or undefined where the file does not
 * hold it so often. Of records that are alike each gets a line of its own, in the order of the file. A
 * CSV record is wanted by its fields as the engine decoded them, null where empty and unquoted; a line
 * of JSON by its text, blanks around it aside.
 */
export async function findLines(
  path: string,
  wanted: readonly WantedRecord[],
  { dialect, compression, signal }: FindLinesOptions,
): Promise<(number | undefined)[]> {
  const lines: (number | undefined)[] = Array.from({ length: wanted.length });
  if (wanted.length === 0) return lines;
  const isCsv = dialect.format === "csv";
  const csv: CsvDialect = isCsv ? dialect : { delimiter: ",", quote: '"' };
  const quoteByte = csv.quote.charCodeAt(0);
  const trailingCommas = !isCsv && dialect.trailingCommas === true;
  const isLoose = (csv.nulls ?? []).some((text) => text !== "");
  const index = indexWanted(wanted, { csv, isLoose, quoteByte, trailingCommas });
  let left = wanted.length;
  let isHeader = isCsv && dialect.header === true;

  /** Gives the line to the first record alike that has none yet; false when none is left. */
  const settle = (
    candidates: number[] | undefined,
    line: number,
    isSame: (at: number) => boolean,
  ): boolean => {
    for (let last = (candidates?.length ?? 0) - 1; last >= 0; last--) {
      const at = candidates?.[last] ?? 0;
      const isFound = lines[at] !== undefined;
      if (!isFound && !isSame(at)) continue;
      candidates?.splice(last, 1);
      if (isFound) continue;
      lines[at] = line;
      left -= 1;
      break;
    }
    return left > 0;
  };

  const visit: RecordVisitor = (bytes, from, to, line, quotes) => {
    if (isHeader) {
      isHeader = false;
      return true;
    }
    if (isLoose) {
      const fields = parseCsvRecord(bytes.subarray(from, to), csv);
      const joined = Buffer.from(joinFields(fields, csv));
      const hash = samplePlain(joined, 0, joined.length);
      return settle(index.plain.get(hash), line, (at) => isAlike(wanted[at] ?? "", fields));
    }
    if (quotes > 0) {
      const hash = sampleUnquoted(bytes, from, to, { quoteByte, quotes });
      if (!index.mayHold(hash)) return true;
      let fields: readonly (string | null)[] | undefined;
      return settle(index.quoted.get(hash), line, (at) => {
        fields ??= parseCsvRecord(bytes.subarray(from, to), csv);
        return isAlike(wanted[at] ?? "", fields);
      });
    }
    const [start, end] = isCsv ? [from, to] : trim(bytes, from, to, trailingCommas);
    const hash = samplePlain(bytes, start, end);
    if (!index.mayHold(hash)) return true;
    let text: string | undefined;
    return settle(index.plain.get(hash), line, (at) => {
      text ??= bytes.toString("utf8", start, end);
      return text === index.plainText(at);
    });
  };

  const walk = {
    quote: isCsv ? csv.quote : undefined,
    delimiter: csv.delimiter,
    endsInCr: isCsv && dialect.endsInCr === true,
  };
  await walkRecords(readContent(path, { compression, signal }), walk, visit);
  return lines;
}
