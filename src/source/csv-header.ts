/** The first record of a CSV file: the names of its columns, in the file's own order. */

import { readContent } from "./content.ts";
import { type CsvDialect, parseCsvRecord } from "./csv-record.ts";
import type { FileProblem } from "./file-problem.ts";
import type { Compression } from "./file-source.ts";
import { walkRecords } from "./record-walker.ts";

export interface CsvHeader {
  /** As written; a column without a name is "". Empty where there is a problem. */
  readonly names: readonly string[];
  /** Where the header stands, counted from 1; blank lines may come before it. */
  readonly line: number;
  readonly problem: FileProblem | undefined;
}

export interface HeaderOptions extends CsvDialect {
  readonly compression?: Compression | undefined;
  /** True for files whose lines end in CR alone. */
  readonly endsInCr?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Reads no more of the file than the header. A file without a record and a name that stands twice are problems. */
export async function readCsvHeader(path: string, options: HeaderOptions): Promise<CsvHeader> {
  const { delimiter, quote, endsInCr = false, compression, signal } = options;
  // A column may be called NA: what means null in a field is a name here.
  const dialect = { delimiter, quote };
  let names: readonly string[] | undefined;
  let headerLine = 1;
  await walkRecords(
    readContent(path, { compression, signal }),
    { ...dialect, endsInCr },
    (bytes, start, end, line) => {
      names = parseCsvRecord(bytes.subarray(start, end), dialect).map((name) => name ?? "");
      headerLine = line;
      return false;
    },
  );
  const problem = problemOf(names, headerLine);
  return { names: problem === undefined ? (names ?? []) : [], line: headerLine, problem };
}

function problemOf(names: readonly string[] | undefined, line: number): FileProblem | undefined {
  if (names === undefined) return { rule: "file", message: "has no header: it holds no record" };
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (twice === undefined) return undefined;
  return { rule: "file", message: `has two columns ${JSON.stringify(twice)} in its header`, line };
}
