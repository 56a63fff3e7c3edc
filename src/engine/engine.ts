/** The engine socket: what runs SQL over table files and writes new ones. */

import type { ChunkField, RowChunk } from "../schema/row-chunk.ts";
import type { TableFiles, WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";

/**
 * A cell as an engine gives it to JavaScript: 64-bit whole numbers are `bigint`, decimals, dates and
 * local timestamps are text, instants are text with `Z`, binary is `Uint8Array`, nested values are
 * arrays and plain objects, a map is an array of `{ key, value }`.
 */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Cell[]
  | { readonly [name: string]: Cell };
export type Row = Readonly<Record<string, Cell>>;

interface Capabilities {
  /** The words its SQL is written in. */
  readonly dialect: "duckdb" | "spark";
  /** True where it reads and writes files of this machine. */
  readonly localFiles: boolean;
}

export interface WriteOptions {
  /** An existing folder; files are written below it under names that nobody used before. */
  readonly folder: string;
  /** Begins each file name. */
  readonly prefix?: string;
  /** Physical names of the columns whose values go into the log and not into the file. */
  readonly partitionBy?: readonly string[];
  /** Parquet field ids by physical column name; only for tables with column mapping. */
  readonly fieldIds?: Readonly<Record<string, unknown>>;
}

export interface RelationOptions {
  /** Adds the columns `POSITION_COLUMNS`: the number given here to the file of a row, by the file's place, and the row's position in it. */
  readonly fileNumbers?: readonly number[];
}

/** What the position of a row is called; no column of a table is. */
export const POSITION_COLUMNS = { file: "~file", row: "~row" } as const;

export interface Progress {
  readonly fraction: number | undefined;
  readonly rows: bigint;
}

/** Whole numbers below 2^53 that statements of any session of the engine write down. */
export interface Notes {
  /** SQL of a condition that is false of every row that it is asked of, and notes the number that the SQL here gives. */
  write(number: string): string;
  /** What was noted so far, rising. */
  read(): Promise<Float64Array>;
  /** Throws all away. */
  close(): Promise<void>;
}

export interface FeedInput {
  readonly fields: readonly ChunkField[];
  /**
   * The next rows, a column for each field; undefined at the end. The engine's threads are numbered from 0, and each
   * asks until it gets none. What it throws ends the statement.
   */
  next(thread: number): RowChunk | undefined;
  /** How much of the rows has been taken, from 0 to 1; left out where nobody knows. */
  fraction?(): number;
}

/** Rows that come from JavaScript, once. */
export interface Feed {
  /** Stands in FROM of one statement of any session of the engine. */
  readonly relation: string;
  close(): void;
}

/** One connection: statements run one after another. `session` opens another for parallel work. */
export interface Engine {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Runs a statement for its effect. */
  run(statement: string): Promise<void>;
  /** The rows of a query that is known to be small. */
  rows(query: string): Promise<Row[]>;
  /** Rows in pieces, for results of any size; the generator holds one piece at a time. No other statement runs on the session meanwhile. */
  stream(query: string): AsyncGenerator<Row[]>;
  /** The columns a query would give, without running it. */
  describe(query: string): Promise<Field[]>;
  /** A table version as something that can stand in FROM. */
  relation(files: TableFiles, options?: RelationOptions): string;
  /** Runs a query into Parquet files with statistics; no row, no file. */
  write(query: string, options: WriteOptions): Promise<WrittenFile[]>;
  openNotes(): Promise<Notes>;
  openFeed(input: FeedInput): Feed;
  /** Ends the running statement, which then throws `engine/interrupted`. */
  interrupt(): void;
  progress(): Progress;
  session(): Promise<Engine>;
  close(): void;
}
