/**
 * One pass over the records of some files: typed, cleaned, checked and split by the engine into good rows and bad
 * ones. Only where the contract asks for the line of every row are the records numbered first.
 */

import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PhysicalValue } from "../delta/physical-select.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { createLineSet } from "../source/line-set.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { CLASS_VALUES, type Contract } from "./contract.ts";
import type { Records } from "./records.ts";

/** Bad rows that JavaScript looks at together to number them. */
const ROWS_AT_ONCE = 100_000;
const CLASS = "~class";
const CARRIED = "~carried";

export interface SplitInput {
  readonly engine: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly contract: Contract;
  readonly records: Records;
  readonly columns: readonly PhysicalValue[];
  /** Logical names. */
  readonly partitionBy: readonly string[];
  readonly fieldIds: Readonly<Record<string, unknown>> | undefined;
  /** True where the contract asks for the line of every row. */
  readonly numbered: boolean;
  /** SQL of what a column holds that no column of the contract makes, by logical name. */
  readonly extra: ReadonlyMap<string, string>;
}

export interface Split {
  /** Files of good rows in the table's own layout. */
  readonly good: readonly WrittenFile[];
  /** The relation of bad rows, each with `~carried`; undefined where there is none. */
  readonly bad: string | undefined;
  readonly goodRows: number;
  readonly badRows: number;
  readonly filteredRows: number;
}

/** Of no record. */
export const NO_ROWS: Split = {
  good: [],
  bad: undefined,
  goodRows: 0,
  badRows: 0,
  filteredRows: 0,
};

export async function splitRecords(input: SplitInput): Promise<Split> {
  const { contract, records, columns } = input;
  const raw =
    input.numbered && records.needsLines ? records.again(await numberAll(input)) : records.raw;
  const list = columnList(input);
  const layout = layoutOf(input);
  const write = writer(input);
  if (contract.takesAll(raw)) {
    const all = await write(`select ${list} from (${contract.judge(raw)})`, layout);
    return { ...NO_ROWS, ...goodFiles(all, columns) };
  }
  const [judged, carried] = records.areMostlyBad
    ? [contract.judgeWithReasons(raw), withReasons(records.carried)]
    : [contract.judge(raw), records.carried];
  const written = await write(
    `select ${list}, case when ${quoteName(CLASS)} = ${CLASS_VALUES.BAD} then ${carried} end as "~carried", ${quoteName(CLASS)} from (${judged})`,
    [...layout, CLASS],
  );
  const ofClass = (value: number): WrittenFile[] =>
    written.filter(({ partitionValues }) => partitionValues[CLASS] === String(value));
  const bad = ofClass(CLASS_VALUES.BAD);
  const good = ofClass(CLASS_VALUES.GOOD);
  return {
    ...goodFiles(
      // Null in each of these rows, and no column of the table.
      good.map((file) => ({
        ...file,
        columns: file.columns.filter(({ path }) => path[0] !== CARRIED),
      })),
      columns,
    ),
    bad:
      bad.length === 0
        ? undefined
        : `(select "~carried" from read_parquet([${pathsOf(bad)}], hive_partitioning = false))`,
    badRows: rowsOf(bad),
    filteredRows: rowsOf(ofClass(CLASS_VALUES.FILTERED)),
  };
}

function withReasons(carried: string): string {
  return `struct_insert(${carried}, reasons := "~reasons")`;
}

/** What a table's own columns are made of, over the typed columns of the contract. */
export function columnList({ columns, extra }: Pick<SplitInput, "columns" | "extra">): string {
  return columns
    .map(
      ({ name, physicalName, value }) =>
        `${value(extra.get(name) ?? quoteName(name))} as ${quoteName(physicalName)}`,
    )
    .join(", ");
}

/** Physical names. */
export function layoutOf({
  columns,
  partitionBy,
}: Pick<SplitInput, "columns" | "partitionBy">): string[] {
  const physical = new Map(columns.map(({ name, physicalName }) => [name, physicalName]));
  return partitionBy.map((name) => physical.get(name) ?? name);
}

/** Writes the rows of a query into files of the table. */
export function writer({
  engine,
  folder,
  fieldIds,
}: Pick<SplitInput, "engine" | "folder" | "fieldIds">) {
  return (query: string, partitionBy: readonly string[]): Promise<WrittenFile[]> =>
    engine.write(query, {
      folder,
      partitionBy,
      ...(fieldIds === undefined ? {} : { fieldIds }),
    });
}

/** Written files as files of the table, and how many rows they hold. */
export function goodFiles(
  files: readonly WrittenFile[],
  columns: readonly PhysicalValue[],
): Pick<Split, "good" | "goodRows"> {
  const good = files.map((file) => ({ ...file, partitionValues: logicalValues(file, columns) }));
  return { good, goodRows: rowsOf(good) };
}

/** The relation with the line of every carried row; rows that cannot be found in their file keep a null line. */
export async function numberRows(
  { engine, folder, records }: Pick<SplitInput, "engine" | "folder" | "records">,
  relation: string,
): Promise<string> {
  const staged = await engine.write(
    `select "~carried", row_number() over () as "~row" from ${relation} where "~carried".raw is not null`,
    { folder },
  );
  if (staged.length === 0) return `(select ${withLine("null")} from ${relation} where false)`;
  const target = join(folder, `lines-${randomUUID()}.ndjson`);
  await writeFile(target, "", { flag: "wx" });
  const from = `read_parquet([${pathsOf(staged)}])`;
  for (const { readPath, lineOf = (line: number) => line } of records.files) {
    const isOfFile = `"~carried".file = ${quoteText(readPath)}`;
    // Records that are alike get a line each, also where they are looked for one after another.
    const taken = createLineSet();
    for (let after = 0; ; ) {
      const rows = await engine.rows(
        `select "~row", to_json("~carried".raw)::varchar as raw from ${from} where ${isOfFile} and "~row" > ${after} order by "~row" limit ${ROWS_AT_ONCE}`,
      );
      if (rows.length === 0) break;
      const lines = await records.lines(
        readPath,
        // A list costs the driver ten times what its text does.
        rows.map(({ raw }) => JSON.parse(String(raw)) as unknown),
        taken,
      );
      for (const line of lines) if (line !== undefined) taken.add(line);
      const texts = rows.map((row, index) => {
        const line = lines[index];
        return `{"row":${row["~row"]},"line":${line === undefined ? "null" : lineOf(line)}}\n`;
      });
      await writeFile(target, texts.join(""), { flag: "a" });
      after = Number(rows.at(-1)?.["~row"]);
      if (rows.length < ROWS_AT_ONCE) break;
    }
  }
  const numbers = `read_json(${quotePath(target)}, format = 'newline_delimited', columns = {row: 'BIGINT', line: 'BIGINT'})`;
  return `(select ${withLine("n.line")} from ${from} r left join ${numbers} n on n.row = r."~row")`;
}

/** Every record first as a row that is carried, then numbered; what cannot be read at all stays without a record. */
async function numberAll(input: SplitInput): Promise<string> {
  const { engine, folder, records } = input;
  const staged = await engine.write(
    `select ${records.carried} as "~carried" from ${records.raw.relation}`,
    { folder },
  );
  if (staged.length === 0)
    return `(select ${withLine("null")} from (select ${records.carried} as "~carried" from ${records.raw.relation} where false))`;
  const all = `read_parquet([${pathsOf(staged)}])`;
  const numbered = await numberRows(input, all);
  return `(from ${numbered} union all by name select ${withLine("null")} from ${all} where "~carried".raw is null)`;
}

function withLine(line: string): string {
  return `struct_insert("~carried", line := (${line})::bigint) as "~carried"`;
}

function logicalValues(
  { partitionValues }: WrittenFile,
  columns: readonly PhysicalValue[],
): Record<string, string | null> {
  const names = new Map(columns.map(({ name, physicalName }) => [physicalName, name]));
  const kept = Object.entries(partitionValues).filter(([name]) => name !== CLASS);
  return Object.fromEntries(kept.map(([name, value]) => [names.get(name) ?? name, value]));
}

/** How many rows they hold together. */
export function rowsOf(files: readonly WrittenFile[]): number {
  return files.reduce((sum, { rows }) => sum + Number(rows), 0);
}

function pathsOf(files: readonly WrittenFile[]): string {
  return files.map(({ path }) => quotePath(path)).join(", ");
}
