/** A table version as data files: all that an engine needs to read it, and all that it gives back after writing one. */

import type { DataType, Field } from "./type.ts";

/** What to read: the files of one table version, already chosen by partition and statistics. */
export interface TableFiles {
  /** The logical columns, in the table's order. */
  readonly fields: readonly Field[];
  readonly files: readonly ScanFile[];
  /** How the columns of the table find those of a file: by name, or by Parquet field id. */
  readonly mapping: "none" | "name" | "id";
}

export interface ScanFile {
  /** Absolute path on local disk (objects in a store are fetched first). */
  readonly path: string;
  /** Value of each partition column by its logical name, as the log's text; `null` is null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** How many rows the file holds, where the log says so; lets an engine put the smaller side of a join first. */
  readonly rows?: bigint;
  /** True where the log shows that every column of the table stands in the file, under its own name. */
  readonly isComplete?: boolean;
  /** Positions of deleted rows in the file, ascending, or undefined where none is deleted. */
  readonly deletedRows?: BigUint64Array;
  /** Positions of the only rows to read, ascending, none of them deleted; all rows where undefined. */
  readonly onlyRows?: BigUint64Array;
}

/** One Parquet file that an engine wrote, with its statistics. */
export interface WrittenFile {
  /** Absolute path on local disk. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly rows: bigint;
  /** Value of each partition column by its logical name, as the log's text. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Statistics of each leaf column, by its path of physical names. */
  readonly columns: readonly ColumnStatistics[];
}

export interface ColumnStatistics {
  readonly path: readonly string[];
  readonly type: DataType;
  readonly nullCount: bigint | undefined;
  /** Text of the exact smallest and largest value as the engine prints it (timestamps in UTC), undefined where unknown. */
  readonly min: string | undefined;
  readonly max: string | undefined;
  readonly hasNan: boolean;
}
