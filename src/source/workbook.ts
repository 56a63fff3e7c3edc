/** One sheet of an XLSX workbook taken apart into records: a JSON object per row, the cells as the file types them. */

import { readFile, stat } from "node:fs/promises";
import type { CellValue } from "hucre/xlsx";
import { MillraceError, messageOf } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import type { Staged } from "./json-document.ts";
import { openRecordWriter, type RecordWriter, type StagingEngine } from "./staged-records.ts";
import { checkWorkbook } from "./zip-directory.ts";

export interface WorkbookStaging {
  /** The first sheet unless told. */
  readonly sheet?: string | undefined;
  /** The row of the column names, counted from 1. */
  readonly header?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAX_WORKBOOK_BYTES = 512 * 2 ** 20;
const ROWS_PER_FLUSH = 5000;

/** How the file itself writes cells that hold no value. */
const CELL_ERRORS: ReadonlySet<unknown> = new Set([
  "#N/A",
  "#REF!",
  "#DIV/0!",
  "#VALUE!",
  "#NAME?",
  "#NUM!",
  "#NULL!",
  "#SPILL!",
  "#CALC!",
  "#FIELD!",
  "#BLOCKED!",
  "#UNKNOWN!",
  "#CONNECT!",
  "#BUSY!",
  "#GETTING_DATA",
]);

/**
 * Writes the rows below the header as Parquet into the folder; rows without any value are left out. A
 * cell becomes a JSON number, text or truth value, a date or time its ISO text without a zone, an empty
 * cell null. A row with a cell error (#N/A) or a value beyond the named columns is a problem. A workbook
 * that cannot be read, a missing sheet and a header with an empty or repeated name are problems of the file.
 */
export async function stageWorkbook(
  engine: StagingEngine,
  path: string,
  folder: string,
  { sheet, header = 1, signal }: WorkbookStaging = {},
): Promise<Staged> {
  const writer = await openRecordWriter(engine, folder, 0);
  try {
    const names = await stageRows(writer, path, { sheet, header, signal });
    return { path: await writer.finish(), ...writer.counts, problem: undefined, names };
  } catch (error) {
    await writer.discard();
    signal?.throwIfAborted();
    const message = problemOf(error);
    if (message === undefined) throw error;
    return { path: undefined, records: 0, problems: 0, problem: { rule: "file", message } };
  }
}

interface Asked {
  readonly sheet: string | undefined;
  readonly header: number;
  readonly signal: AbortSignal | undefined;
}

async function stageRows(
  writer: RecordWriter,
  path: string,
  { sheet, header, signal }: Asked,
): Promise<readonly string[]> {
  await checkWorkbook(path);
  const { size } = await stat(path);
  if (size > MAX_WORKBOOK_BYTES)
    throw bad(`has ${size} bytes, over ${MAX_WORKBOOK_BYTES}; deliver CSV instead`);
  const { streamXlsxRows } = await import("hucre/xlsx");
  const bytes = await readFile(path, { signal });
  const sheetName = await chooseSheet(bytes, sheet);
  let names: readonly string[] | undefined;
  let waiting = 0;
  for await (const { index, values } of streamXlsxRows(bytes, { sheet: sheetName })) {
    signal?.throwIfAborted();
    const row = index + 1;
    if (row < header) continue;
    if (row === header) names = readHeader(values, row, sheetName);
    else if (names === undefined) break;
    else if (values.some((value) => value !== null && value !== "")) {
      const about = { place: `${sheetName}!${row}`, line: row, parents: [] };
      writer.add(recordOf(names, values), { ...about, problem: rowProblem(names, values) });
      waiting += 1;
      if (waiting % ROWS_PER_FLUSH === 0) await writer.flush();
    }
  }
  if (names === undefined)
    throw bad(`has no row ${header} with column names in the sheet "${sheetName}"`);
  return names;
}

/** The sheet as asked for, or the first; only the list of sheets is parsed. */
async function chooseSheet(bytes: Uint8Array, sheet: string | undefined): Promise<string> {
  const { readXlsx } = await import("hucre/xlsx");
  const names: string[] = [];
  await readXlsx(bytes, {
    sheets: ({ name }) => {
      names.push(name);
      return false;
    },
  });
  const chosen = sheet ?? names[0];
  if (chosen === undefined) throw bad("has no sheet");
  if (!names.includes(chosen)) throw bad(`has no sheet "${chosen}". ${suggestWord(chosen, names)}`);
  return chosen;
}

function readHeader(values: readonly CellValue[], row: number, sheet: string): string[] {
  const names = values.map((value) => (value === null ? "" : textOf(value)));
  while (names.at(-1)?.trim() === "") names.pop();
  const place = `row ${row} of the sheet "${sheet}"`;
  if (names.length === 0) throw bad(`has no column names in ${place}`);
  const empty = names.findIndex((name) => name.trim() === "");
  if (empty !== -1) throw bad(`has no name for column ${empty + 1} in ${place}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`has two columns "${twice}" in ${place}`);
  return names;
}

function recordOf(names: readonly string[], values: readonly CellValue[]): Buffer {
  const cells = names.map(
    (name, index) => `${JSON.stringify(name)}:${renderCell(values[index] ?? null)}`,
  );
  const surplus = values.slice(names.length).filter((value) => value !== null && value !== "");
  if (surplus.length > 0) cells.push(`"":[${surplus.map(renderCell).join(",")}]`);
  return Buffer.from(`{${cells.join(",")}}`);
}

function rowProblem(names: readonly string[], values: readonly CellValue[]): string | undefined {
  const error = values.findIndex((value) => CELL_ERRORS.has(value));
  if (error !== -1)
    return `the cell of ${JSON.stringify(names[error] ?? `column ${error + 1}`)} is the error ${values[error]}`;
  const surplus = values.findIndex(
    (value, index) => index >= names.length && value !== null && value !== "",
  );
  return surplus === -1 ? undefined : `column ${surplus + 1} has a value but no name`;
}

function renderCell(value: CellValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  return JSON.stringify(textOf(value));
}

/** A cell's date has no zone; midnight is a date, and the day zero of the calendar a time of day. */
function textOf(value: NonNullable<CellValue>): string {
  if (!(value instanceof Date)) return String(value);
  const [day = "", time = ""] = value
    .toISOString()
    .replace(/(?:\.000)?Z$/, "")
    .split("T");
  if (value.getUTCFullYear() < 1900) return time;
  return time === "00:00:00" ? day : `${day}T${time}`;
}

/** What is wrong with the workbook, or undefined where the failure is another. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof MillraceError)
    return error.code === "source/bad-workbook" ? error.message : undefined;
  const isReader =
    error instanceof Error && /^(?:Parse|Zip|Xml|EncryptedFile|Hucre)\w*Error$/.test(error.name);
  return isReader ? `is a damaged workbook: ${messageOf(error)}` : undefined;
}

function bad(message: string): MillraceError {
  return new MillraceError(message, {
    code: "source/bad-workbook",
    hint: "Check the options sheet and header of xlsx(), or open the file and save it again.",
  });
}
