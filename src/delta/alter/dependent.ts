/** What in a table depends on a column, so that it cannot be renamed, dropped or given another type. */

import { MillraceError } from "../../base/error.ts";
import { CONSTRAINT_PREFIX } from "../property.ts";
import { rulesOf } from "../table-rule.ts";
import type { TableContent } from "../table-spec.ts";
import type { ColumnPath } from "./table-change.ts";

/** Throws `delta/column-in-use` where a rule of the table names the column. `act` ends the sentence: "renamed". */
export function checkNoRuleUses(table: TableContent, column: ColumnPath, act: string): void {
  const users = rulesOf(table.fields, table.configuration).filter(
    (rule) => sharesPath(rule.column, column) || namesColumn(rule.expression, column),
  );
  if (users.length === 0) return;
  throw inUse(column, act, `the ${users.map(({ name }) => name).join(" and the ")} uses it`, [
    ...users.flatMap(({ kind, name }) =>
      kind === "constraint" ? [`Drop the ${name} first, and add it again afterwards.`] : [],
    ),
    "Change the rule with the engine that made it.",
  ]);
}

/** Throws `delta/column-in-use` where the table is partitioned by the column. */
export function checkNoPartition(table: TableContent, column: ColumnPath, act: string): void {
  const [name = ""] = column;
  const isPartition = table.partitionColumns.some(
    (partition) => partition.toLowerCase() === name.toLowerCase(),
  );
  if (isPartition) {
    throw inUse(column, act, "the table is partitioned by it", [
      "Make a new table with the other columns.",
    ]);
  }
}

/** The name under which a table keeps a constraint, whatever the case it was asked for in. */
export function constraintKey(
  table: Pick<TableContent, "configuration">,
  name: string,
): string | undefined {
  const wanted = `${CONSTRAINT_PREFIX}${name}`.toLowerCase();
  return Object.keys(table.configuration).find((key) => key.toLowerCase() === wanted);
}

function sharesPath(rule: ColumnPath | undefined, column: ColumnPath): boolean {
  return rule !== undefined && column.every((name, index) => sameName(name, rule[index] ?? ""));
}

/**
 * True where a name in the expression could be the column's or one around it. A field and a column
 * of the same name are not told apart, which refuses too much rather than too little.
 */
function namesColumn(expression: string, column: ColumnPath): boolean {
  const names = namesIn(expression);
  return names.has((column.at(-1) ?? "").toLowerCase());
}

/** Names may stand bare, in backticks, or, as some writers have it, in the quotes that Spark takes for a text. */
function namesIn(expression: string): ReadonlySet<string> {
  const piece =
    /'(?:[^'\\]|\\[\s\S])*'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([\p{L}_][\p{L}\p{N}_]*)/gu;
  const found = [...expression.matchAll(piece)].map(
    ([, double, tick, plain]) =>
      double?.replaceAll('""', '"') ?? tick?.replaceAll("``", "`") ?? plain ?? "",
  );
  return new Set(found.map((name) => name.toLowerCase()));
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function inUse(
  column: ColumnPath,
  act: string,
  why: string,
  [hint = ""]: readonly string[],
): MillraceError {
  return new MillraceError(`The column "${column.join(".")}" cannot be ${act}: ${why}.`, {
    code: "delta/column-in-use",
    hint,
  });
}
