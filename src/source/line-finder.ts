/** The line numbers of a few records of a file, found in one sweep over its bytes. */

import { readContent } from "./content.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import type { LineSet } from "./line-set.ts";
import { type Settle, sweepPlain } from "./plain-line-finder.ts";
import { type RecordVisitor, walkRecords } from "./record-walker.ts";
import {
  indexWanted,
  isAlike,
  sampleFields,
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
  | { readonly format: "ndjson" };

export interface FindLinesOptions {
  /** With `nulls`, the wanted fields are null where the file has one of them; that takes longer. */
  readonly dialect: LineDialect;
  readonly compression?: Compression | undefined;
  /** True where no line end stands in quotes and no line is longer than 2 MB: then each line is a record, which is found sooner. */
  readonly isPlain?: boolean;
  /** Lines that other records have already. */
  readonly taken?: Pick<LineSet, "has"> | undefined;
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
  { dialect, compression, isPlain = false, taken, signal }: FindLinesOptions,
): Promise<(number | undefined)[]> {
  const search: Search = {
    wanted,
    dialect,
    taken,
    pieces: (inPassing) => readContent(path, { compression, signal, inPassing }),
    lines: Array.from({ length: wanted.length }),
    left: wanted.length,
  };
  if (wanted.length === 0) return search.lines;
  const isLoose = dialect.format === "csv" && (dialect.nulls ?? []).some((text) => text !== "");
  if (isPlain && !isLoose) {
    await sweepPlain(search.pieces(true), {
      wanted,
      csv: dialect.format === "csv" ? dialect : undefined,
      isHeader: dialect.format === "csv" && dialect.header,
      settle: settleIn(search),
    });
    // Blanks around a line of JSON are no part of it.
    if (search.left > 0 && dialect.format === "ndjson") await sweep(search, false);
  } else await sweep(search, isLoose);
  // Blanks around quotes and empty fields beyond the header show only in the fields.
  if (dialect.format === "csv" && !isLoose && search.left > 0) await sweep(search, true);
  return search.lines;
}

interface Search {
  readonly wanted: readonly WantedRecord[];
  readonly dialect: LineDialect;
  readonly taken: Pick<LineSet, "has"> | undefined;
  readonly pieces: (inPassing: boolean) => AsyncIterable<Buffer>;
  /** By the number of the wanted record. */
  readonly lines: (number | undefined)[];
  left: number;
}

/** Loosely, every record is taken apart: slower, and right whatever the record looks like. */
async function sweep(search: Search, isLoose: boolean): Promise<void> {
  const { wanted, dialect } = search;
  const isCsv = dialect.format === "csv";
  const csv: CsvDialect = isCsv ? dialect : { delimiter: ",", quote: '"' };
  const quoteByte = csv.quote.charCodeAt(0);
  const index = indexWanted(wanted, { csv, isLoose, quoteByte });
  const settle = settleIn(search);
  let isHeader = isCsv && dialect.header === true;

  const visit: RecordVisitor = (bytes, from, to, line, quotes) => {
    if (isHeader) {
      isHeader = false;
      return true;
    }
    if (isLoose) {
      const fields = parseCsvRecord(bytes.subarray(from, to), csv);
      const hash = sampleFields(fields, csv);
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
    const [start, end] = isCsv ? [from, to] : trim(bytes, from, to);
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
  await walkRecords(search.pieces(false), walk, visit);
}

/** Gives a line to the first record alike that has none yet. */
function settleIn(search: Search): Settle {
  const { lines, taken } = search;
  const given = new Set(lines);
  return (candidates, line, isSame) => {
    if (given.has(line) || taken?.has(line) === true) return true;
    for (let last = (candidates?.length ?? 0) - 1; last >= 0; last--) {
      const at = candidates?.[last] ?? 0;
      const isFound = lines[at] !== undefined;
      if (!isFound && !isSame(at)) continue;
      candidates?.splice(last, 1);
      if (isFound) continue;
      lines[at] = line;
      search.left -= 1;
      break;
    }
    return search.left > 0;
  };
}
