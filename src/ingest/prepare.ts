/** Inspected files made ready to be read: headers checked, odd forms staged, and files of one shape put together. */

import { nearestWord } from "../base/suggest.ts";
import type { Engine } from "../engine/engine.ts";
import { isUnreadable } from "../engine/fault.ts";
import { quotePath } from "../engine/path.ts";
import type { StepContext } from "../lake/step.ts";
import type { CsvReject } from "../source/broken-line.ts";
import { readCsvHeader } from "../source/csv-header.ts";
import type { FileProblem } from "../source/file-problem.ts";
import type { CsvSource } from "../source/file-source.ts";
import { stageJsonDocument } from "../source/json-document.ts";
import { stageLineFeeds } from "../source/line-feed.ts";
import { closesItsQuotes, mayBreakInQuotes, type QuoteOptions } from "../source/quote-check.ts";
import { stageContent } from "../source/staged-content.ts";
import { stageUtf8 } from "../source/staged-text.ts";
import { findUnfitRecords, stageWithout } from "../source/unfit-record.ts";
import { stageWorkbook } from "../source/workbook.ts";
import type { IngestDefinition } from "./asset.ts";
import type { ReadColumn } from "./contract.ts";
import { csvRecords, fieldsMessage, lengthMessage, QUOTE_MESSAGE } from "./csv-records.ts";
import type { InspectedFile } from "./inspect-files.ts";
import { ndjsonRecords, stagedRecords } from "./json-records.ts";
import { parquetRecords } from "./parquet-records.ts";
import type { InputFile, Records, RemovedRecords } from "./records.ts";

/** Names that a message lists, and ones that a missing one is compared with. */
const SHOWN_NAMES = 20;
const MOST_NEAR_NAMES = 500;

export interface PrepareInput {
  readonly context: StepContext;
  readonly session: Engine;
  readonly folder: string;
  readonly definition: IngestDefinition;
  readonly read: readonly ReadColumn[];
}

export interface Group {
  /** Of the source, in words. */
  readonly label: string;
  readonly files: readonly InspectedFile[];
  readonly records: Records;
  /** The group of these of its files; undefined where there is none. */
  only(isWanted: (file: InspectedFile) => boolean): Group | undefined;
}

export interface Prepared {
  readonly groups: readonly Group[];
  readonly refused: readonly { readonly file: InspectedFile; readonly problem: FileProblem }[];
}

interface ReadyInput extends PrepareInput {
  /** No other file is read with it. */
  readonly isAlone: boolean;
}

/** A file in a form that the engine reads, with what puts it together with others: files of equal keys are read at once. */
type Ready =
  | { readonly problem: FileProblem }
  | {
      readonly key: string;
      readonly readPath: string;
      readonly removed?: RemovedRecords | undefined;
      readonly records: (files: readonly InputFile[]) => Records;
    };

interface Entry {
  readonly file: InspectedFile;
  readonly input: InputFile;
  readonly records: (files: readonly InputFile[]) => Records;
}

export async function prepareFiles(
  input: PrepareInput,
  files: readonly InspectedFile[],
): Promise<Prepared> {
  const refused: { file: InspectedFile; problem: FileProblem }[] = [];
  const byKey = new Map<string, Entry[]>();
  for (const file of files) {
    if (file.inspection.empty) continue;
    const ready = await readyFile({ ...input, isAlone: files.length === 1 }, file);
    if ("problem" in ready) {
      refused.push({ file, problem: ready.problem });
      continue;
    }
    const key = JSON.stringify([input.definition.sources.indexOf(file.source), ready.key]);
    const entry = {
      file,
      input: {
        found: file.found,
        inspection: file.inspection,
        readPath: ready.readPath,
        removed: ready.removed,
      },
      records: ready.records,
    };
    byKey.set(key, [...(byKey.get(key) ?? []), entry]);
  }
  const groups = [...byKey.values()].flatMap((entries) => groupOf(entries) ?? []);
  return { groups, refused };
}

function groupOf(entries: readonly Entry[]): Group | undefined {
  const [first] = entries;
  if (first === undefined) return undefined;
  return {
    label: first.file.label,
    files: entries.map(({ file }) => file),
    records: first.records(entries.map(({ input }) => input)),
    only: (isWanted) => groupOf(entries.filter(({ file }) => isWanted(file))),
  };
}

function readyFile(input: ReadyInput, file: InspectedFile): Promise<Ready> {
  switch (file.source.format) {
    case "csv":
      return readyCsv(input, file, file.source);
    case "parquet":
      return readyParquet(input, file);
    case "ndjson":
      return file.source.options.trailingCommas === true
        ? readyDocument(input, file)
        : readyNdjson(input, file);
    case "json":
    case "xlsx":
      return readyDocument(input, file);
  }
}

async function readyCsv(
  { context, session, folder, definition, read, isAlone }: ReadyInput,
  { found, inspection }: InspectedFile,
  { options }: CsvSource,
): Promise<Ready> {
  const { signal } = context;
  const quote = options.quote ?? '"';
  const delimiter = options.delimiter ?? ",";
  let readPath = found.path;
  let { compression, lineEnd } = inspection;
  if ((options.encoding ?? "utf-8") !== "utf-8") {
    const staged = await stageUtf8(readPath, folder, {
      encoding: options.encoding ?? "utf-8",
      compression,
      signal,
    });
    if (staged.path === undefined)
      return { problem: staged.problem ?? { rule: "file", message: "cannot be decoded" } };
    readPath = staged.path;
    compression = undefined;
    lineEnd = staged.lineEnd;
  }
  if (compression !== undefined) {
    // The engine unpacks by itself, and was once seen to fill all memory while it read several such files.
    readPath = await stageContent(readPath, folder, { compression, signal });
    compression = undefined;
  }
  if (lineEnd === "mixed" || lineEnd === "cr") {
    readPath = await stageLineFeeds(readPath, folder, { quote, delimiter, compression, signal });
    compression = undefined;
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
  const mayBreak = isLarge && (await mayBreakInQuotes(readPath, dialect));
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
  const isPlain = isLarge && !mayBreak && inspection.longLine === undefined;
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

/** Bytes of the longest record that is read, line ends in its quotes included. A smaller file is never read in parts. */
const MOST_LINE_BYTES = 8 * 2 ** 20;
const PLAIN_LINE_BYTES = 2 * 2 ** 20;
/** Surplus fields that the engine may report one by one. */
const MOST_SURPLUS = 1000;

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

/** A column that must be there and is not makes every row wrong: the file is turned away once, and says so. */
function headerProblem(
  names: readonly string[],
  read: readonly ReadColumn[],
  { extra }: IngestDefinition,
  delimiter?: string,
): FileProblem | undefined {
  const missing = read
    .filter(({ path, definition }) => !definition.optional && !names.includes(path))
    .map(({ path }) => path);
  if (missing.length > 0) {
    const other = [";", "\t", "|", ","].find(
      (one) =>
        delimiter !== undefined &&
        one !== delimiter &&
        names.length === 1 &&
        names[0]?.includes(one),
    );
    const message = `has no column ${listed(missing)} in its header; it has ${listed(names)}`;
    const guess =
      other === undefined
        ? nearestColumn(missing, names)
        : `. It looks as if fields were separated by ${JSON.stringify(other)}: set the option delimiter.`;
    return { rule: "file", message: `${message}${guess}`.slice(0, 2000), line: 1 };
  }
  const unknown =
    extra === "reject" ? names.filter((name) => !read.some(({ path }) => path === name)) : [];
  if (unknown.length === 0) return undefined;
  return {
    rule: "file",
    message: `has columns that the contract does not know: ${listed(unknown)}`,
    line: 1,
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The first name that is missing and looks like one that is there. */
function nearestColumn(missing: readonly string[], names: readonly string[]): string {
  for (const name of missing) {
    const nearest = nearestWord(name, names.slice(0, MOST_NEAR_NAMES));
    if (nearest !== undefined)
      return `. Is ${JSON.stringify(nearest)} what ${JSON.stringify(name)} should be read from?`;
  }
  return "";
}

async function readyNdjson(
  { context, session, folder, definition, read }: PrepareInput,
  { found, inspection }: InspectedFile,
): Promise<Ready> {
  let readPath = found.path;
  let { compression } = inspection;
  if (inspection.hasBom) {
    const staged = await stageUtf8(readPath, folder, {
      encoding: "utf-8",
      compression,
      signal: context.signal,
    });
    if (staged.path === undefined)
      return { problem: staged.problem ?? { rule: "file", message: "cannot be decoded" } };
    readPath = staged.path;
    compression = undefined;
  }
  return {
    key: JSON.stringify(["lines", compression]),
    readPath,
    records: (files) =>
      ndjsonRecords({
        engine: session,
        files: files.map((one) => ({ ...one, inspection: { ...one.inspection, compression } })),
        read,
        refuseExtra: definition.extra === "reject",
        isFlat: false,
      }),
  };
}

async function readyDocument(
  { context, session, folder, definition, read }: PrepareInput,
  { found, inspection, source }: InspectedFile,
): Promise<Ready> {
  const { signal } = context;
  const { compression } = inspection;
  const isFlat = source.format === "xlsx";
  const staged = isFlat
    ? await stageWorkbook(session, found.path, folder, { ...source.options, signal })
    : await stageJsonDocument(session, found.path, folder, {
        compression,
        records: source.format === "json" ? source.options.records : undefined,
        enclosingFields: enclosingFields(read),
        signal,
      });
  if (staged.path === undefined)
    return { problem: staged.problem ?? { rule: "file", message: "cannot be read" } };
  const problem = staged.names && headerProblem(staged.names, read, definition);
  if (problem !== undefined) return { problem: { rule: "file", message: problem.message } };
  return {
    key: "staged",
    readPath: staged.path,
    records: (files) =>
      stagedRecords({
        engine: session,
        files,
        read,
        refuseExtra: definition.extra === "reject",
        isFlat,
      }),
  };
}

async function readyParquet(
  { session, read }: PrepareInput,
  { found }: InspectedFile,
): Promise<Ready> {
  const file = `read_parquet(${quotePath(found.path)}, hive_partitioning = false)`;
  const fields = await session.describe(`from ${file}`).catch((error: unknown) => {
    if (!isUnreadable(error)) throw error;
    return `cannot be read: ${error.message.split("\n")[0]}`;
  });
  if (typeof fields === "string") return { problem: { rule: "file", message: fields } };
  const names = fields.map(({ name }) => name);
  const missing = read
    .filter(({ path, definition }) => !definition.optional && !names.includes(path))
    .map(({ path }) => path);
  if (missing.length > 0) {
    const message = `has no column ${listed(missing)}; it has ${listed(names)}`;
    return { problem: { rule: "file", message: `${message}${nearestColumn(missing, names)}` } };
  }
  return {
    key: JSON.stringify(fields),
    readPath: found.path,
    records: (files) => parquetRecords({ files, fields, read }),
  };
}

/** `^.a` asks the nearest enclosing object for `a`, `^.^.b` the next one for `b`. */
function enclosingFields(read: readonly ReadColumn[]): readonly (readonly string[])[] {
  const levels: string[][] = [];
  for (const { path } of read) {
    const depth = (/^(\^\.)+/.exec(path)?.[0].length ?? 0) / 2;
    const field = path.slice(depth * 2).split(".")[0];
    if (depth === 0 || field === undefined) continue;
    while (levels.length < depth) levels.push([]);
    levels[depth - 1]?.push(field);
  }
  return levels;
}
