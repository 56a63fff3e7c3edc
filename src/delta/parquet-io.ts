/** What the log needs from an engine: reading and writing checkpoints, which are Parquet files. */

/** Statements are DuckDB SQL over files of this machine; the engine socket satisfies this. */
export interface ParquetIo {
  /** Rows with text cells as strings. */
  rows(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  run(statement: string): Promise<void>;
}
