/** What a kind of table is: how it is made, and what any reader must find in it. */

import type { Lake } from "../test/delta/lake.ts";
import type { ReaderName } from "./lake/reader.ts";

export interface TableKind {
  /** Completes the sentence "... reads NAME". */
  readonly name: string;
  /** Makes the table in a folder of the lake where nothing is yet. */
  make(lake: Lake, folder: string): Promise<unknown>;
  /** A query in DuckDB's SQL with the table's columns, types and rows. */
  readonly rows: string;
  /** Conditions in SQL that all readers share; each may let them leave out files. */
  readonly filters?: readonly string[];
  readonly limits?: Limits;
}

/** What readers cannot do by their own limits: the failure that must then be seen, so that a limit that is gone is noticed. */
export type Limits = Readonly<Partial<Record<ReaderName, RegExp>>>;
