/** delta-rs as tests use it. Rows come from queries in DuckDB's SQL, conditions are DataFusion's. */

import { ask } from "./ask.ts";

const PLACE = "MILLRACE_STACK_DELTA_RS";

/** Keywords of `write_deltalake`; `transactions` are versions by application. */
interface WriteOptions {
  readonly mode?: "append" | "overwrite";
  readonly partition_by?: readonly string[];
  readonly schema_mode?: "merge" | "overwrite";
  readonly predicate?: string;
  readonly configuration?: Readonly<Record<string, string>>;
  readonly transactions?: Readonly<Record<string, number>>;
}

/** A method of TableMerger and its keywords; `s` is the source, `t` the table. */
export type MergeClause = readonly [method: string, options: Readonly<Record<string, unknown>>];

export function write(table: string, query: string, options: WriteOptions = {}): Promise<unknown> {
  return ask(PLACE, { verb: "write", table, query, options: { mode: "append", ...options } });
}

/** Calls a method of DeltaTable by its dotted name. */
export function call(
  table: string,
  method: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return ask(PLACE, { verb: "call", table, method, options });
}

export function merge(
  table: string,
  { query, on, clauses }: { query: string; on: string; clauses: readonly MergeClause[] },
): Promise<unknown> {
  return ask(PLACE, { verb: "merge", table, query, on, clauses });
}

/** Makes a table of the Parquet files of a folder. */
export function convert(table: string): Promise<unknown> {
  return ask(PLACE, { verb: "convert", table });
}

/** Writes the change data of versions into the Parquet file `to`. */
export function changes(
  table: string,
  { first, last, to }: { first: number; last: number; to: string },
): Promise<unknown> {
  return ask(PLACE, { verb: "changes", table, first, last, to });
}
