/** The columns by which a merge matches rows, as far as its condition says so plainly. */

import type { Filter, FilterValue } from "../delta/filter.ts";
import type { Engine } from "../engine/engine.ts";
import { isNode, type SyntaxNode } from "../engine/syntax-tree.ts";
import { renderType } from "../schema/evolution.ts";
import type { DataType, Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { type ColumnFinder, columnsNamed, filtersOf, nameIn } from "./condition.ts";
import type { MergeSource } from "./merge-source.ts";

/** Rows match only where these are equal. */
export interface KeyPair {
  readonly target: Field;
  readonly source: Field;
}

/** So many ranges stand for the keys of a source. */
const RANGES = 64;
/** A larger source is not sorted for its ranges: it is likely to touch every file. */
const MOST_ROWS_TO_SORT = 5_000_000;

/** Names without a side count where only that side has them. */
export function sidesOf(
  fields: readonly Field[],
  source: readonly Field[],
): { readonly target: ColumnFinder; readonly source: ColumnFinder } {
  const only = (mine: readonly Field[], others: readonly Field[], alias: string): ColumnFinder => {
    const find = columnsNamed(mine, alias);
    const other = new Set(others.map(({ name }) => name.toLowerCase()));
    return (name) =>
      name.length === 1 && other.has((name[0] ?? "").toLowerCase()) ? undefined : find(name);
  };
  return { target: only(fields, source, "target"), source: only(source, fields, "source") };
}

export function keyPairs(
  conditions: readonly SyntaxNode[],
  sides: ReturnType<typeof sidesOf>,
): KeyPair[] {
  return conditions.flatMap(({ type, left, right }) => {
    if (type !== "COMPARE_EQUAL" || !isNode(left) || !isNode(right)) return [];
    const pairOf = (one: SyntaxNode, other: SyntaxNode): KeyPair[] => {
      const [mine, theirs] = [nameIn(one), nameIn(other)];
      const target = mine && sides.target(mine);
      const source = theirs && sides.source(theirs);
      return target === undefined || source === undefined ? [] : [{ target, source }];
    };
    return [...pairOf(left, right), ...pairOf(right, left)].slice(0, 1);
  });
}

/** What every row of the target that can match satisfies: the ranges of the source's keys, and what the condition says of it alone. */
export async function matchFilters(
  engine: Engine,
  source: MergeSource,
  { conditions, fields }: { conditions: readonly SyntaxNode[]; fields: readonly Field[] },
): Promise<Filter[]> {
  const sides = sidesOf(fields, source.fields);
  const filters = filtersOf(conditions, sides.target);
  for (const pair of keyPairs(conditions, sides)) {
    if (!isOrderedAlike(pair.target.type, pair.source.type)) continue;
    const ranges = await rangesOf(engine, source, pair.source.name);
    filters.push({ column: pair.target.name, op: "between", ranges });
  }
  return filters;
}

async function rangesOf(
  engine: Engine,
  { relation, rows }: MergeSource,
  name: string,
): Promise<(readonly [FilterValue, FilterValue])[]> {
  const column = quoteName(name);
  const buckets = rows > MOST_ROWS_TO_SORT ? 1 : RANGES;
  const bucket = buckets === 1 ? "1" : `ntile(${buckets}) OVER (ORDER BY ${column})`;
  const found = await engine.rows(
    `SELECT min(key) AS low, max(key) AS high FROM (SELECT ${column} AS key, ${bucket} AS bucket FROM ${relation} WHERE ${column} IS NOT NULL) GROUP BY bucket`,
  );
  return found.flatMap(({ low, high }) =>
    isValue(low) && isValue(high) ? [[low, high] as const] : [],
  );
}

function isValue(cell: unknown): cell is FilterValue {
  return ["string", "number", "bigint", "boolean"].includes(typeof cell);
}

const WHOLE: readonly DataType[] = ["byte", "short", "integer", "long"];

/** True where the engine compares both as the log does: neither is brought to a type of another order. */
function isOrderedAlike(target: DataType, source: DataType): boolean {
  const isExact = (type: DataType) =>
    WHOLE.includes(type) || (typeof type !== "string" && type.kind === "decimal");
  if (isExact(target) && isExact(source)) return true;
  const isPlain =
    typeof target === "string" && !["float", "double", "binary", "void"].includes(target);
  return isPlain && renderType(target) === renderType(source);
}
