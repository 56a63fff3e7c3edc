/** Rows of the model as queries and as files of the real table. */

import { physicalSelect } from "../../../src/delta/physical-select.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import { fieldIds, physicalColumns } from "../../../src/delta/table-spec.ts";
import { type Change, commit } from "../../../src/delta/write.ts";
import { duckdbType } from "../../../src/engine/type.ts";
import { guardOf } from "../../../src/operation/guard.ts";
import type { Field } from "../../../src/schema/type.ts";
import { quoteName, quoteText } from "../../../src/sql/quote.ts";
import { valueFor } from "./expected.ts";
import type { AddedType, Row } from "./operation.ts";
import type { Place } from "./table.ts";

/** The first three columns of the rows, by the names that they bear now, as what stands in FROM. */
export function relationOf(rows: readonly Row[], nameOfV: string): string {
  return `(${queryOf(rows, nameOfV, [])})`;
}

/** Stages the rows, if any, with values for every column of the table, and commits them with the change. */
export async function write(
  { context, engine }: Place,
  base: Snapshot,
  rows: readonly Row[],
  change: Change,
): Promise<Snapshot> {
  if (rows.length === 0) return commit(context, base, change);
  const staging = await context.storage.openStaging();
  try {
    const [, v, , ...added] = base.metadata.fields;
    const guard = await guardOf(engine, { folder: base.folder, ...base.metadata });
    const query = guard.wrap(queryOf(rows, v?.name ?? "", added));
    const ids = fieldIds(base);
    const add = await guard.watch(() =>
      engine.write(physicalSelect(query, base), {
        folder: staging.folder,
        partitionBy: physicalColumns(base)
          .filter(({ name }) => name === "k")
          .map(({ physicalName }) => physicalName),
        ...(ids === undefined ? {} : { fieldIds: ids }),
      }),
    );
    return await commit(context, base, { ...change, add, kept: guard.kept });
  } finally {
    await staging.close();
  }
}

function queryOf(rows: readonly Row[], nameOfV: string, added: readonly Field[]): string {
  const selects = rows.map((row) => {
    const cells = [
      `${row.id}::BIGINT AS id`,
      `${row.v}::BIGINT AS ${quoteName(nameOfV)}`,
      `${row.k === null ? "NULL" : quoteText(row.k)}::VARCHAR AS k`,
      ...added.map(({ name, type }) => {
        const value = valueFor(row, type as AddedType);
        const text = typeof value === "string" ? quoteText(value) : value;
        return `CAST(${text} AS ${duckdbType(type)}) AS ${quoteName(name)}`;
      }),
    ];
    return `SELECT ${cells.join(", ")}`;
  });
  return selects.join(" UNION ALL ");
}
