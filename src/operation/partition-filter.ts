/** Choosing the files of some partitions by a condition in SQL. */

import { MillraceError, messageOf } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { physicalName } from "../delta/column-mapping.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import { partitionLiteral } from "../engine/partition-value.ts";
import { duckdbType } from "../engine/type.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { partitionsOf } from "./bin.ts";

const PLACE = quoteName("millrace partition");

/**
 * The files of partitions for which the condition is true. It is DuckDB's SQL over the partition
 * columns; anything else in it is `operation/bad-partition-filter`.
 */
export async function filterPartitions(
  engine: Engine,
  snapshot: Snapshot,
  where: string,
): Promise<AddFile[]> {
  const { fields, partitionColumns, mode } = layoutOf(snapshot);
  const columns = fields.filter(({ name }) => partitionColumns.includes(name));
  const partitions = partitionsOf(snapshot.files);
  if (columns.length === 0) throw notPartitioned(snapshot, where);
  if (partitions.length === 0) return [];
  const values = partitions.map(({ partitionValues }) =>
    columns.map((field) => partitionValues[physicalName(field, mode)] ?? null),
  );
  try {
    const found = await engine.rows(
      `SELECT ${PLACE} AS place FROM ${relationOfPartitions(columns, values)} AS partitions WHERE (\n${where}\n)`,
    );
    return found.flatMap(({ place }) => partitions[Number(place)]?.files ?? []);
  } catch (error) {
    throw new MillraceError(
      `The condition ${JSON.stringify(where)} does not choose partitions of ${snapshot.folder}: ${messageOf(error)}`,
      {
        code: "operation/bad-partition-filter",
        hint: `Compare partition columns only: ${partitionColumns.join(", ")}.`,
        cause: error,
      },
    );
  }
}

/** The files of partitions that one of `values` names, which hold a text of the log for each partition column in the table's order. */
export async function filesInPartitions(
  engine: Engine,
  snapshot: Snapshot,
  values: readonly (readonly (string | null)[])[],
): Promise<AddFile[]> {
  const { fields, partitionColumns, mode } = layoutOf(snapshot);
  const columns = fields.filter(({ name }) => partitionColumns.includes(name));
  const partitions = partitionsOf(snapshot.files);
  if (partitions.length === 0 || values.length === 0) return [];
  const own = partitions.map(({ partitionValues }) =>
    columns.map((field) => partitionValues[physicalName(field, mode)] ?? null),
  );
  // Writers have several texts for one value, so values are compared.
  const isSame = columns.map(
    ({ name }) => `old.${quoteName(name)} IS NOT DISTINCT FROM new.${quoteName(name)}`,
  );
  const found = await engine.rows(
    `SELECT DISTINCT old.${PLACE} AS place FROM ${relationOfPartitions(columns, own)} AS old JOIN ${relationOfPartitions(columns, values)} AS new ON ${isSame.join(" AND ")} ORDER BY ALL`,
  );
  return found.flatMap(({ place }) => partitions[Number(place)]?.files ?? []);
}

/** Partitions as rows: `PLACE` in the list, and the values of the partition columns. */
function relationOfPartitions(
  columns: readonly Field[],
  partitions: readonly (readonly (string | null)[])[],
): string {
  const rows = partitions.map((values, index) => {
    const literals = columns.map(
      ({ type }, place) =>
        `CAST(${partitionLiteral(values[place] ?? null, type)} AS ${duckdbType(type)})`,
    );
    return `(${[index, ...literals].join(", ")})`;
  });
  const names = [PLACE, ...columns.map(({ name }) => quoteName(name))];
  return `(SELECT * FROM (VALUES ${rows.join(", ")}) AS listed(${names.join(", ")}))`;
}

function notPartitioned({ folder }: Snapshot, where: string): MillraceError {
  return new MillraceError(
    `The condition ${JSON.stringify(where)} asks for partitions, and ${folder} has none.`,
    { code: "operation/bad-partition-filter", hint: "Leave the condition out." },
  );
}
