/**
 * Which conditions every row satisfies that a query takes from one of its tables, so that files without such rows need
 * not be opened. Known are those of a WHERE right above the table: it stands alone in FROM, or in inner joins, or to
 * the left of a left join, where a row that fails the condition of its own makes no row of the result and none null.
 * A sample would be drawn from other rows, and renamed columns would be taken for others: nothing is known there.
 */

import type { Filter } from "../delta/filter.ts";
import { isNode, type SyntaxNode } from "../engine/syntax-tree.ts";
import { type ColumnFinder, columnsNamed, conjuncts, filtersOf } from "../operation/condition.ts";
import type { Field } from "../schema/type.ts";

/** The filters on a table's files, once its columns are known. */
export type RowFilters = (fields: readonly Field[]) => readonly Filter[];

/** By the nodes of tables in the FROM of a SELECT, not of those inside of it; only where something is known. */
export function rowFiltersIn(select: SyntaxNode): ReadonlyMap<SyntaxNode, RowFilters> {
  const { where_clause: where, from_table: from } = select;
  if (!isNode(where) || !isNode(from) || isNode(select.sample)) return new Map();
  const conditions = conjuncts(where);
  const isAlone = from.type !== "JOIN";
  return new Map(
    tablesOf(from).map((table) => [
      table,
      (fields) => filtersOf(conditions, finderOf(table, fields, isAlone)),
    ]),
  );
}

/** Tables of whose rows each that fails the WHERE is without effect. */
function tablesOf(from: SyntaxNode): SyntaxNode[] {
  if (isNode(from.sample)) return [];
  switch (from.type) {
    case "BASE_TABLE":
    case "TABLE_FUNCTION":
      return Array.isArray(from.column_name_alias) && from.column_name_alias.length > 0
        ? []
        : [from];
    case "JOIN": {
      const { left, right, join_type: kind, ref_type: how } = from;
      const isPlain = how === "REGULAR" || how === "CROSS";
      if (!isPlain || !isNode(left) || !isNode(right)) return [];
      if (kind === "INNER") return [...tablesOf(left), ...tablesOf(right)];
      return kind === "LEFT" ? tablesOf(left) : [];
    }
    default:
      return [];
  }
}

/** Beside other tables a bare name may be the column of another one. */
function finderOf(table: SyntaxNode, fields: readonly Field[], isAlone: boolean): ColumnFinder {
  const alias = aliasOf(table).toLowerCase();
  const find = columnsNamed(fields, alias);
  // A column of the table's own name may be meant, with a member inside.
  const hasTwin = fields.some(({ name }) => name.toLowerCase() === alias);
  return (name) => {
    if (name.length === 1) return isAlone ? find(name) : undefined;
    return hasTwin ? undefined : find(name);
  };
}

function aliasOf({ alias, table_name: table, function: call }: SyntaxNode): string {
  if (typeof alias === "string" && alias !== "") return alias;
  return String(table ?? (isNode(call) ? call.function_name : ""));
}
