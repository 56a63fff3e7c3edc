/** Choosing the files of some partitions by a condition in SQL. */

import { MillraceError, messageOf } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { physicalName } from "../delta/column-mapping.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import { partitionLiteral } from "../engine/partition-value.ts";
import { duckdbType } from "../engine/type.ts";
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
  const rows = partitions.map(({ partitionValues }, index) => {
    const literals = columns.map((field) => {
      const text = partitionValues[physicalName(field, mode)] ?? null;
      return `CAST(${partitionLiteral(text, field.type)} AS ${duckdbType(field.type)})`;
    });
    return `(${[index, ...literals].join(", ")})`;
  });
  const names = [PLACE, ...columns.map(({ name }) => quoteName(name))];
  try {
    const found = await engine.rows(
      `SELECT ${PLACE} AS place FROM (VALUES ${rows.join(", ")}) AS partitions(${names.join(", ")}) WHERE (\n${where}\n)`,
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

function notPartitioned({ folder }: Snapshot, where: string): MillraceError {
  return new MillraceError(
    `The condition ${JSON.stringify(where)} asks for partitions, and ${folder} has none.`,
    { code: "operation/bad-partition-filter", hint: "Leave the condition out." },
  );
}
