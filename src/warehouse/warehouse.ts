/** The warehouse socket: where finished tables are loaded for people and programs outside. */

import type { Field } from "../schema/type.ts";

/** What a warehouse needs of the engine that holds the rows; an `Engine` has it. */
export interface RowSource {
  /** The rows of a statement whose result is small. */
  rows(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The columns that a query would give. */
  describe(query: string): Promise<readonly Field[]>;
}

/** A column of the query, and what it is called outside. */
export interface OutputColumn {
  readonly name: string;
  readonly title: string;
}

/** What to load: one SELECT in DuckDB's words, whose order of rows is kept where it says ORDER BY. */
export interface Output {
  /** What it is called there: of a file without its ending. */
  readonly name: string;
  readonly query: string;
  /** In order; left out, all columns of the query as they are. */
  readonly columns?: readonly OutputColumn[];
}

/** What is there afterwards. */
export interface Written {
  /** Where it lies, for a person: a file's absolute path. */
  readonly path: string;
  readonly rows: bigint;
  readonly sizeBytes: number;
  /** Of the bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** Failures are MillraceErrors `warehouse/...`, or the engine's own where the query is at fault. */
export interface Warehouse {
  /** Loads the output whole or not at all: until then, and after a failure, the one before stays. */
  write(output: Output, source: RowSource): Promise<Written>;
}
