/** What must hold of a table before a new version of it is committed, as a person declares it. */

import { MillraceError } from "../base/error.ts";
import { anything, checkOptions, kindOf, oneOf } from "../base/option.ts";
import type { Table } from "../schema/table.ts";
import type { Sql, TableReference } from "../sql/template.ts";

type Severity = "error" | "warning";
export interface CheckOptions {
  /** An error leaves the old version in place; a warning is shown and recorded. Error unless told. */
  readonly severity?: Severity;
}

interface Checked {
  readonly kind: "check";
  readonly severity: Severity;
}

/** Told apart by `test`. */
export type Check =
  | (Checked & { readonly test: "unique" | "not null"; readonly columns: readonly string[] })
  | (Checked & {
      readonly test: "accepted";
      readonly column: string;
      readonly values: readonly (string | number)[];
    })
  | (Checked & {
      readonly test: "related";
      readonly column: string;
      readonly to: TableReference;
      readonly key: string;
    })
  | (Checked & {
      readonly test: "row count";
      readonly min: number | undefined;
      readonly max: number | undefined;
    })
  | (Checked & { readonly test: "holds"; readonly condition: Sql });

/** No two rows share the same values of these columns; rows with a null among them are not compared. */
export function unique(columns: string | readonly string[], how: CheckOptions = {}): Check {
  return Object.freeze({
    ...severityOf("unique", how),
    test: "unique",
    columns: listed("unique", columns),
  });
}

/** None of these columns is null. */
export function notNull(columns: string | readonly string[], how: CheckOptions = {}): Check {
  return Object.freeze({
    ...severityOf("notNull", how),
    test: "not null",
    columns: listed("notNull", columns),
  });
}

/** The column holds nothing but these values, or null. */
export function accepted(
  column: string,
  values: readonly (string | number)[],
  how: CheckOptions = {},
): Check {
  return Object.freeze({
    ...severityOf("accepted", how),
    test: "accepted",
    column,
    values: Object.freeze([...values]),
  });
}

/** Every value of the column is a key of the other table, or null. */
export function related(column: string, to: Table, key: string, how: CheckOptions = {}): Check {
  if (kindOf(to) !== "table") {
    throw new MillraceError(`related("${column}", ...) needs the table that holds the key`, {
      code: "project/bad-option",
      hint: 'Give the table value itself: related("item_id", items, "item_id").',
    });
  }
  return Object.freeze({ ...severityOf("related", how), test: "related", column, to, key });
}

/** So many rows and no fewer or more. */
export function rowCount(
  how: { readonly min?: number; readonly max?: number } & CheckOptions,
): Check {
  const { min, max, severity } = checkOptions("rowCount()", how, {
    min: anything,
    max: anything,
    severity: oneOf("error", "warning"),
  });
  return Object.freeze({
    ...severityOf("rowCount", severity === undefined ? {} : { severity }),
    test: "row count",
    min,
    max,
  });
}

/** The condition is true of every row; null is not true. */
export function holds(condition: Sql, how: CheckOptions = {}): Check {
  return Object.freeze({ ...severityOf("holds", how), test: "holds", condition });
}

function severityOf(name: string, how: CheckOptions): Checked {
  const { severity } = checkOptions(`${name}()`, how, { severity: oneOf("error", "warning") });
  return { kind: "check", severity: severity ?? "error" };
}

function listed(name: string, columns: string | readonly string[]): readonly string[] {
  const list = typeof columns === "string" ? [columns] : [...columns];
  if (list.length > 0) return Object.freeze(list);
  throw new MillraceError(`${name}([]) names no column`, {
    code: "project/bad-option",
    hint: `Name one column or several: ${name}("id"), ${name}(["day", "shop"]).`,
  });
}
