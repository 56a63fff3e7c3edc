/** The tables of a lake, each with what its newest version is. */

import { messageOf } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import { type Lake, listTables } from "../lake/lake.ts";
import { renderType } from "../schema/evolution.ts";

export interface TableSummary {
  readonly table: string;
  readonly version: number;
  /** Undefined where a writer left the counts out. */
  readonly rows: bigint | undefined;
  readonly files: number;
  readonly size: number;
  readonly changed: Date;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** A table that is there and cannot be read. */
export interface BrokenTable {
  readonly table: string;
  readonly error: string;
}

const AT_ONCE = 16;

/** By name; one table that cannot be read hides no other. */
export async function readTables(lake: Lake): Promise<(TableSummary | BrokenTable)[]> {
  const found = await mapInOrder(await listTables(lake), AT_ONCE, (table) => read(lake, table));
  return found.flatMap((one) => (one === undefined ? [] : [one]));
}

async function read(lake: Lake, table: string): Promise<TableSummary | BrokenTable | undefined> {
  try {
    const snapshot = await lake.find(table);
    if (snapshot === undefined) return undefined;
    const { version, rows, files, sizeBytes, timestamp, metadata } = snapshot;
    const columns = metadata.fields.map(({ name, type }) => ({ name, type: renderType(type) }));
    return {
      table,
      version,
      rows,
      files: files.length,
      size: sizeBytes,
      changed: timestamp,
      columns,
    };
  } catch (error) {
    return { table, error: messageOf(error) };
  }
}
