/** Writing the rows of some files of a table into new ones, the same rows, none more and none less. */

import { physicalValues } from "../delta/physical-select.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { scan } from "../delta/table.ts";
import { fieldIds } from "../delta/table-spec.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName } from "../sql/quote.ts";
import type { Bin } from "./bin.ts";
import type { TableContext } from "./context.ts";
import { slicesOf, type ZOrder } from "./z-order.ts";

/** A bin with the staged files that hold its rows. */
export interface Rewritten {
  readonly bin: Bin;
  readonly files: readonly WrittenFile[];
}

interface How {
  /** An existing folder of this machine. */
  readonly folder: string;
  readonly targetBytes: number;
  readonly zOrder: ZOrder | undefined;
}

/** Reads the bin through its deletion vectors. What is written belongs to the partition of the bin. */
export async function rewriteBin(
  context: TableContext,
  snapshot: Snapshot,
  bin: Bin,
  { folder, targetBytes, zOrder }: How,
): Promise<Rewritten> {
  const { engine, delta } = context;
  const relation = engine.relation(await scan(delta, { ...snapshot, files: bin.files }));
  const { partitionColumns } = snapshot.metadata;
  const columns = physicalValues(snapshot)
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(({ name, physicalName, value }) => ({
      name,
      sql: `${value(quoteName(name))} AS ${quoteName(physicalName)}`,
    }));
  const list = columns.map(({ sql }) => sql).join(", ");
  const slices =
    zOrder && (await slicesOf(engine, relation, { values: zOrder.values, bin, targetBytes }));
  const ids = fieldIds(snapshot);
  const written = await engine.write(
    slices === undefined
      ? `SELECT ${list} FROM ${relation}`
      : `SELECT ${list}, ${slices.slice} FROM (${slices.query}) ORDER BY ${slices.place}`,
    {
      folder,
      ...(slices === undefined ? {} : { partitionBy: [slices.column] }),
      ...(ids === undefined ? {} : { fieldIds: ids }),
    },
  );
  const files = written.map((file) => ({ ...file, partitionValues: bin.partitionValues }));
  await checkSameRows(context, snapshot, relation, files);
  return { bin, files };
}

/** A row lost here would be lost for good, so the engine is asked twice. */
async function checkSameRows(
  { engine }: TableContext,
  { folder }: Snapshot,
  relation: string,
  files: readonly WrittenFile[],
): Promise<void> {
  const [counted] = await engine.rows(`SELECT count(*) AS n FROM ${relation}`);
  const written = files.reduce((sum, { rows }) => sum + rows, 0n);
  if (counted?.n === written) return;
  throw new Error(`Bug: ${written} rows of ${folder} were written where ${counted?.n} were read`);
}
