/** Statistics of a new data file as the log's text: true bounds, or none at all. */

import { exactNumber, renderJson } from "../base/json.ts";
import type { ColumnStatistics, WrittenFile } from "../schema/table-files.ts";
import type { DataType, Field } from "../schema/type.ts";
import { boundsOf, hasBounds } from "./bound.ts";
import { parseColumnList } from "./column-list.ts";
import { physicalName } from "./column-mapping.ts";
import type { Layout } from "./table-spec.ts";

interface Leaf {
  /** Physical names. */
  readonly path: readonly string[];
  readonly type: DataType;
}

interface Tree {
  [name: string]: Tree | unknown;
}

/**
 * `numRecords`, `nullCount`, and smallest and largest values of the leaf columns.
 *
 * Where one column's bounds cannot be told, the file gets none, and no empty objects for them either:
 * a widely used reader takes a column that lacks bounds in objects that are there for one without
 * matching rows.
 */
export function renderStatistics(file: WrittenFile, layout: Layout): string {
  const columns = new Map(file.columns.map((column) => [key(column.path), column]));
  const [nullCount, minValues, maxValues] = [emptyTree(), emptyTree(), emptyTree()];
  let bounded = true;
  for (const { path, type } of indexedLeaves(layout)) {
    const column = columns.get(key(path));
    if (column?.nullCount !== undefined) put(nullCount, path, column.nullCount);
    if (!hasBounds(type) || isAllNull(column, file.rows)) continue;
    const bounds = column === undefined ? undefined : boundsOf(type, column);
    if (bounds === undefined) {
      bounded = false;
      continue;
    }
    put(minValues, path, bounds.min);
    put(maxValues, path, bounds.max);
  }
  return renderJson({
    numRecords: file.rows,
    ...(bounded && Object.keys(minValues).length > 0 ? { minValues, maxValues } : {}),
    nullCount,
  });
}

/** Leaves that get statistics: all, or as many or those that the table's properties name. */
function indexedLeaves({ fields, partitionColumns, configuration, mode }: Layout): Leaf[] {
  const data = fields.filter((field) => !partitionColumns.includes(field.name));
  const leaves = data.flatMap((field) => leavesOf(field, [], mode));
  const named = parseColumnList(configuration["delta.dataSkippingStatsColumns"] ?? "") ?? [];
  if (named.length > 0) {
    return leaves.filter(({ logical }) => named.some((column) => begins(logical, column)));
  }
  const count = Number(configuration["delta.dataSkippingNumIndexedCols"] ?? -1);
  return count < 0 ? leaves : leaves.slice(0, count);
}

function leavesOf(
  field: Field,
  parents: readonly Field[],
  mode: Layout["mode"],
): (Leaf & { readonly logical: readonly string[] })[] {
  const chain = [...parents, field];
  if (typeof field.type !== "string" && field.type.kind === "struct") {
    return field.type.fields.flatMap((inner) => leavesOf(inner, chain, mode));
  }
  return [
    {
      path: chain.map((each) => physicalName(each, mode)),
      logical: chain.map((each) => each.name),
      type: field.type,
    },
  ];
}

function begins(path: readonly string[], column: readonly string[]): boolean {
  return column.every((name, index) => name.toLowerCase() === path[index]?.toLowerCase());
}

function isAllNull(column: ColumnStatistics | undefined, rows: bigint): boolean {
  return column?.nullCount !== undefined && column.nullCount === rows;
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const name of path.slice(0, -1)) {
    at[name] ??= emptyTree();
    at = at[name] as Tree;
  }
  at[path.at(-1) ?? ""] = typeof value === "bigint" ? exactNumber(String(value)) : value;
}

/** Without a prototype any name can be a column's. */
function emptyTree(): Tree {
  return Object.create(null);
}

function key(path: readonly string[]): string {
  return path.join("\0");
}
