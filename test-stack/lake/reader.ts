/** The engines that read Delta tables beside us, each through its own code. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ask } from "./ask.ts";
import { sparkInto, sparkTable } from "./spark.ts";

export interface Query {
  /** Absolute path of the table. */
  readonly table: string;
  /** What rows must satisfy; the engine may leave out files by it. */
  readonly where?: string;
  readonly version?: number;
}

/** Writes the rows as Parquet to the path `to`; resolves to a glob of the files. */
type Read = (query: Query, to: string) => Promise<string>;

export type ReaderName = "delta-rs" | "delta-rs through pyarrow" | "DuckDB" | "Spark";

export const READERS: Readonly<Record<ReaderName, Read>> = {
  "delta-rs": deltaRs("datafusion"),
  "delta-rs through pyarrow": deltaRs("pyarrow"),
  DuckDB: async (query, to) => {
    // By a path with letters beyond Latin it looks for files in the folder above the table.
    const table = pathToFileURL(query.table).href;
    await ask("MILLRACE_STACK_DUCKDB_DELTA", { ...query, table, to });
    return to;
  },
  Spark: async ({ table, where, version }, to) => {
    const at = version === undefined ? "" : ` VERSION AS OF ${version}`;
    const condition = where === undefined ? "" : ` WHERE ${where}`;
    await sparkInto(to, `SELECT * FROM ${sparkTable(table)}${at}${condition}`);
    return join(to, "*.parquet");
  },
};

function deltaRs(by: "datafusion" | "pyarrow"): Read {
  return async (query, to) => {
    await ask("MILLRACE_STACK_DELTA_RS", { verb: "read", by, ...query, to });
    return to;
  };
}
