/** Rows under a table's own names, written as staged files of the table. */

import { physicalValues } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { fieldIds, layoutOf } from "../delta/table-spec.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import type { TableContext } from "./context.ts";

export interface RowWriter {
  readonly context: TableContext;
  readonly snapshot: Snapshot;
  /** An existing folder of this machine. */
  readonly folder: string;
}

export const CHANGE_TYPE = quoteName("_change_type");

interface Written {
  /** Of all the rows, where they are known to be of one partition: then nothing has to be sorted out. */
  readonly partitionValues?: Readonly<Record<string, string | null>> | undefined;
  /** Writes the column `_change_type` of the query too. */
  readonly changeType?: boolean;
}

export async function writeRows(
  { context, snapshot, folder }: RowWriter,
  query: string,
  { partitionValues, changeType = false }: Written = {},
): Promise<WrittenFile[]> {
  const { fields, partitionColumns } = layoutOf(snapshot);
  const voids = new Set(fields.filter(({ type }) => type === "void").map(({ name }) => name));
  const isPartition = (name: string) => partitionColumns.includes(name);
  const columns = physicalValues(snapshot).filter(
    ({ name }) => !voids.has(name) && !(partitionValues !== undefined && isPartition(name)),
  );
  const list = columns.map(
    ({ name, physicalName, value }) => `${value(quoteName(name))} AS ${quoteName(physicalName)}`,
  );
  if (changeType) list.push(CHANGE_TYPE);
  const ids = fieldIds(snapshot);
  const partitionBy =
    partitionValues === undefined
      ? columns.filter(({ name }) => isPartition(name)).map(({ physicalName }) => physicalName)
      : [];
  const files = await context.engine.write(`SELECT ${list.join(", ")} FROM (\n${query}\n)`, {
    folder,
    ...(partitionBy.length === 0 ? {} : { partitionBy }),
    ...(ids === undefined ? {} : { fieldIds: ids }),
  });
  return partitionValues === undefined
    ? files
    : files.map((file) => ({ ...file, partitionValues }));
}
