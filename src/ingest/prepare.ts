/** Inspected files made ready to be read: headers checked, odd forms staged, and files of one shape put together. */

import { isUnreadable } from "../engine/fault.ts";
import { quotePath } from "../engine/path.ts";
import { stageCommaLines } from "../source/comma-line.ts";
import type { FileProblem } from "../source/file-problem.ts";
import type { NdjsonSource } from "../source/file-source.ts";
import { stageJsonDocument } from "../source/json-document.ts";
import { stageUtf8 } from "../source/staged-text.ts";
import { stageWorkbook } from "../source/workbook.ts";
import type { ReadColumn } from "./condition.ts";
import { headerProblem, listed, nearestColumn, unknownColumns } from "./header-check.ts";
import type { InspectedFile } from "./inspect-files.ts";
import { ndjsonRecords, stagedRecords } from "./json-records.ts";
import { parquetRecords } from "./parquet-records.ts";
import { readyCsv } from "./ready-csv.ts";
import type { PrepareInput, Ready, ReadyInput } from "./ready-file.ts";
import type { InputFile, Records } from "./records.ts";

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
      return readyNdjson(input, file, file.source);
    case "json":
    case "xlsx":
      return readyDocument(input, file);
  }
}

async function readyNdjson(
  { context, session, folder, definition, read }: PrepareInput,
  { found, inspection }: InspectedFile,
  { options }: NdjsonSource,
): Promise<Ready> {
  let readPath = found.path;
  let { compression } = inspection;
  if (options.trailingCommas === true) {
    readPath = await stageCommaLines(readPath, folder, { compression, signal: context.signal });
    compression = undefined;
  } else if (inspection.hasBom) {
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
  { session, definition, read }: PrepareInput,
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
  const unknown = unknownColumns(names, read, definition);
  if (unknown !== undefined) return { problem: unknown };
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
