/** CSV files made ready: unpacked, decoded, their line ends made one, their header read, and freed of what the engine would choke on. */

import type { CsvReject } from "../source/broken-line.ts";
import { readCsvHeader } from "../source/csv-header.ts";
import type { CsvSource } from "../source/file-source.ts";
import { stageLineFeeds } from "../source/line-feed.ts";
import { closesItsQuotes, mayBreakInQuotes, type QuoteOptions } from "../source/quote-check.ts";
import { stageContent } from "../source/staged-content.ts";
import { stageUtf8 } from "../source/staged-text.ts";
import { findUnfitRecords, stageWithout } from "../source/unfit-record.ts";
import { csvRecords, lengthMessage } from "./csv-records.ts";
import { fieldsMessage, QUOTE_MESSAGE } from "./csv-shape.ts";
import { headerProblem } from "./header-check.ts";
import type { InspectedFile } from "./inspect-files.ts";
import type { Ready, ReadyInput } from "./ready-file.ts";
import type { RemovedRecords } from "./records.ts";

/** Bytes of the longest record that is read, line ends in its quotes included. A smaller file is never read in parts. */
const MOST_LINE_BYTES = 8 * 2 ** 20;
const PLAIN_LINE_BYTES = 2 * 2 ** 20;
/** What the inspection calls a long line. */
const LONG_LINE_BYTES = 2_000_000;
/** Surplus fields that the engine may report one by one. */
const MOST_SURPLUS = 1000;

export async function readyCsv(
  { context, session, folder, definition, read, isAlone }: ReadyInput,
  { found, inspection }: InspectedFile,
  { options }: CsvSource,
): Promise<Ready> {
  const { signal } = context;
  const quote = options.quote ?? '"';
  const delimiter = options.delimiter ?? ",";
  let readPath = found.path;
  let { compression, lineEnd, mayBreakInQuotes: mayBreak } = inspection;
  let hasLongLine = inspection.longLine !== undefined;
  if ((options.encoding ?? "utf-8") !== "utf-8") {
    const staged = await stageUtf8(readPath, folder, {
      encoding: options.encoding ?? "utf-8",
      compression,
      signal,
      longLineBytes: LONG_LINE_BYTES,
    });
    if (staged.path === undefined)
      return { problem: staged.problem ?? { rule: "file", message: "cannot be decoded" } };
    readPath = staged.path;
    compression = undefined;
    lineEnd = staged.lineEnd;
    mayBreak = undefined;
    hasLongLine = staged.hasLongLine;
  }
  if (compression !== undefined) {
    // The engine unpacks by itself, and was once seen to fill all memory while it read several such files.
    readPath = await stageContent(readPath, folder, { compression, signal });
    compression = undefined;
  }
  if (lineEnd === "mixed" || lineEnd === "cr") {
    readPath = await stageLineFeeds(readPath, folder, { quote, delimiter, compression, signal });
    compression = undefined;
    mayBreak = undefined;
  }
  let names = options.names ?? [];
  let headerLine = 1;
  if (options.header !== false) {
    const header = await readCsvHeader(readPath, { delimiter, quote, compression, signal });
    if (header.problem !== undefined) return { problem: header.problem };
    names = header.names;
    headerLine = header.line;
  }
  const problem = headerProblem(names, read, definition, delimiter);
  if (problem !== undefined) return { problem };
  const isLarge = inspection.contentBytes > MOST_LINE_BYTES;
  const dialect = { delimiter, quote, compression, signal };
  mayBreak = isLarge && (mayBreak ?? (await mayBreakInQuotes(readPath, dialect)));
  let removed: RemovedRecords | undefined;
  if (inspection.hasWideLine || mayBreak) {
    const fit = await takeOutUnfit(readPath, folder, { ...dialect, width: names.length });
    if (fit !== undefined) {
      ({ removed, readPath } = fit);
      compression = undefined;
    }
  }
  // Of many files read at once the engine forgets a record that is still open at the end of one.
  const isClosed =
    isAlone || (await closesItsQuotes(readPath, { delimiter, quote, compression, signal }));
  // Where no line end stands in quotes and no line is long, none grows beyond what the engine bears by itself.
  const isPlain = isLarge && !mayBreak && !hasLongLine;
  const mostLineBytes = isPlain ? PLAIN_LINE_BYTES : MOST_LINE_BYTES;
  const shape = { names, headerLine, inParts: !mayBreak, isPlain, mostLineBytes, options };
  return {
    key: JSON.stringify([
      names,
      headerLine,
      compression,
      mayBreak,
      isPlain,
      ...(isClosed ? [] : [readPath]),
    ]),
    readPath,
    removed,
    records: (files) =>
      csvRecords({
        engine: session,
        files: files.map((one) => ({
          ...one,
          inspection: { ...one.inspection, compression, lineEnd: "lf" },
        })),
        shape,
        read,
      }),
  };
}

async function takeOutUnfit(
  path: string,
  folder: string,
  { width, ...dialect }: QuoteOptions & { readonly width: number },
): Promise<{ readPath: string; removed: RemovedRecords } | undefined> {
  const { compression } = dialect;
  const bounds = { mostFields: width + MOST_SURPLUS, mostBytes: MOST_LINE_BYTES };
  const unfit = await findUnfitRecords(path, { ...dialect, ...bounds });
  if (unfit.length === 0) return undefined;
  const readPath = await stageWithout(path, folder, { compression, unfit });
  const rejects = unfit.map(({ offset, kind, fields }): CsvReject => {
    const message =
      kind === "fields"
        ? fieldsMessage(String(fields), width)
        : kind === "quote"
          ? QUOTE_MESSAGE
          : lengthMessage(MOST_LINE_BYTES);
    return { offset, kind, message };
  });
  return { readPath, removed: { path, compression, unfit, rejects } };
}
