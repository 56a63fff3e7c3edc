/** The same key is one row: good rows that are already in the table, or in the batch, are left out. */

import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { UniqueKey } from "./asset.ts";
import { keepApart } from "./keep-apart.ts";
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

/**
 * Files without the duplicates; of equal keys in the batch the row that sorts first is kept, with a window the earliest.
 * With a window a row is a duplicate where it lies within it of a row that is kept, before or after: so rows that come in
 * the order of their time give the same table however they are cut into batches. A null in the key is never a duplicate.
 */
export async function deduplicate(
  input: DeduplicateInput,
  good: readonly WrittenFile[],
): Promise<WrittenFile[]> {
  const { lake, session, folder, target, unique, partitionBy, againstTable, earlier } = input;
  if (unique === undefined || good.length === 0) return [...good];
  const physical = new Map(target.columns.map(({ name, physicalName }) => [name, physicalName]));
  const columns = target.columns.map(({ physicalName }) => quoteName(physicalName));
  const key = unique.key.map((name) => quoteName(physical.get(name) ?? name));
  const { within } = unique;
  const by = within === undefined ? undefined : quoteName(physical.get(within.by) ?? within.by);
  const window = within === undefined ? "" : `interval ${within.ms} milliseconds`;
  const from = unionOf(good, target);
  /** `columnOf` names a column of the relation that holds the rows of before. */
  const isNotIn = (relation: string, columnOf: (name: string) => string): string => {
    const old = (name: string): string => `old.${quoteName(columnOf(name))}`;
    const isSame = [
      ...unique.key.map((name) => `${old(name)} = batch.${quoteName(physical.get(name) ?? name)}`),
      ...(within === undefined || by === undefined
        ? []
        : [`${old(within.by)} between batch.${by} - ${window} and batch.${by} + ${window}`]),
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
  const fresh = `(select * from ${from} as batch where true${isNew}${isFirst})`;
  const write = {
    folder,
    partitionBy: partitionBy.map((name) => physical.get(name) ?? name),
    ...(target.fieldIds === undefined ? {} : { fieldIds: target.fieldIds }),
  };
  const list = columns.join(", ");
  const logical = new Map(target.columns.map(({ name, physicalName }) => [physicalName, name]));
  const inTable = (file: WrittenFile): WrittenFile => ({
    ...file,
    partitionValues: Object.fromEntries(
      Object.entries(file.partitionValues).map(([name, value]) => [
        logical.get(name) ?? name,
        value,
      ]),
    ),
  });
  if (within !== undefined && by !== undefined) {
    const relation = (files: readonly WrittenFile[]): string => unionOf(files.map(inTable), target);
    const apart = { session, write, rows: fresh, columns, key, by, windowMs: within.ms, relation };
    return (await keepApart(apart)).map(inTable);
  }
  const isKeyed = key.map((column) => `${column} is not null`).join(" and ");
  const files = await session.write(
    `select ${list} from (select *, (${isKeyed}) and row_number() over (partition by ${key.join(", ")} order by ${list}) > 1 as "~repeat" from ${fresh}) where not "~repeat"`,
    write,
  );
  return files.map(inTable);
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
