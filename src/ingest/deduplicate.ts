/** The same key is one row: good rows that are already in the table, or in the batch, are left out. */

import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { UniqueKey } from "./asset.ts";
import type { Target } from "./target.ts";

export interface DeduplicateInput {
  readonly lake: Lake;
  readonly session: Engine;
  readonly folder: string;
  readonly target: Target;
  /** Undefined: nothing is a duplicate. */
  readonly unique: UniqueKey | undefined;
  readonly partitionBy: readonly string[];
  /** False where the table is replaced, so that its old rows play no part. */
  readonly againstTable: boolean;
  /** Files of the same commit that are free of duplicates already. */
  readonly earlier: readonly WrittenFile[];
}

/** Files without the duplicates; of equal keys in the batch the row that sorts first is kept. A null in the key is never a duplicate. */
export async function deduplicate(
  input: DeduplicateInput,
  good: readonly WrittenFile[],
): Promise<WrittenFile[]> {
  const { lake, session, folder, target, unique, partitionBy, againstTable, earlier } = input;
  if (unique === undefined || good.length === 0) return [...good];
  const physical = new Map(target.columns.map(({ name, physicalName }) => [name, physicalName]));
  const columns = target.columns.map(({ physicalName }) => quoteName(physicalName));
  const key = unique.key.map((name) => quoteName(physical.get(name) ?? name));
  const by =
    unique.within === undefined
      ? undefined
      : quoteName(physical.get(unique.within.by) ?? unique.within.by);
  const window = unique.within === undefined ? "" : `interval ${unique.within.ms} milliseconds`;
  const isKeyed = key.map((column) => `${column} is not null`).join(" and ");
  const order = [...(by === undefined ? [] : [by]), ...columns].join(", ");
  const isRepeat =
    by === undefined
      ? `row_number() over (partition by ${key.join(", ")} order by ${order}) > 1`
      : `coalesce(${by} - lag(${by}) over (partition by ${key.join(", ")} order by ${order}) <= ${window}, false)`;
  const from = unionOf(good, target);
  /** `columnOf` names a column of the relation that holds the rows of before. */
  const isNotIn = (relation: string, columnOf: (name: string) => string): string => {
    const old = (name: string): string => `old.${quoteName(columnOf(name))}`;
    const isSame = [
      ...unique.key.map((name) => `${old(name)} = batch.${quoteName(physical.get(name) ?? name)}`),
      ...(unique.within === undefined || by === undefined
        ? []
        : [`${old(unique.within.by)} between batch.${by} - ${window} and batch.${by} + ${window}`]),
    ];
    return ` and not exists (select 1 from ${relation} as old where ${isSame.join(" and ")})`;
  };
  const isNew =
    target.snapshot === undefined || !againstTable
      ? ""
      : isNotIn(await relationOf(lake, target.snapshot), (name) => name);
  const isFirst =
    earlier.length === 0
      ? ""
      : isNotIn(unionOf(earlier, target), (name) => physical.get(name) ?? name);
  const query = `select ${columns.join(", ")} from (select *, (${isKeyed}) and ${isRepeat} as "~repeat" from ${from}) as batch
    where not "~repeat"${isNew}${isFirst}`;
  const files = await session.write(query, {
    folder,
    partitionBy: partitionBy.map((name) => physical.get(name) ?? name),
    ...(target.fieldIds === undefined ? {} : { fieldIds: target.fieldIds }),
  });
  const logical = new Map(target.columns.map(({ name, physicalName }) => [physicalName, name]));
  return files.map((file) => ({
    ...file,
    partitionValues: Object.fromEntries(
      Object.entries(file.partitionValues).map(([name, value]) => [
        logical.get(name) ?? name,
        value,
      ]),
    ),
  }));
}

/** The written files as one relation of physical columns; partition values stand beside the files. */
function unionOf(files: readonly WrittenFile[], { columns, fields }: Target): string {
  const types = new Map(fields.map((field) => [field.name, field.type]));
  const groups = Map.groupBy(files, ({ partitionValues }) => JSON.stringify(partitionValues));
  const parts = [...groups.values()].map((group) => {
    const values = group[0]?.partitionValues ?? {};
    const list = columns.map(({ name, physicalName }) => {
      if (!Object.hasOwn(values, name)) return quoteName(physicalName);
      const value = values[name];
      return `cast(${value === null || value === undefined ? "null" : quoteText(value)} as ${duckdbType(types.get(name) ?? "string")}) as ${quoteName(physicalName)}`;
    });
    return `select ${list.join(", ")} from read_parquet([${group.map(({ path }) => quotePath(path)).join(", ")}], hive_partitioning = false)`;
  });
  return `(${parts.join(" union all ")})`;
}
