/** What a merge does with rows: clauses as a person writes them, checked, and as SQL. */

import { MillraceError } from "../base/error.ts";
import { duckdbType } from "../engine/type.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { type Assignments, checkAssignments } from "./assignment.ts";
import type { Clause } from "./edit.ts";

/**
 * Conditions and values are SQL over `target` and `source`. Of the clauses for one situation the
 * first whose condition is true applies to a row; one without a condition applies always. `"all"`
 * gives every column of the table that of the source with its name.
 */
export type MergeClause =
  | {
      readonly when: "matched";
      readonly do: "update";
      readonly set: Assignments | "all";
      readonly condition?: string;
    }
  | { readonly when: "matched"; readonly do: "delete"; readonly condition?: string }
  | {
      readonly when: "not matched";
      readonly do: "insert";
      /** Columns that are left out are null. */
      readonly values: Assignments | "all";
      readonly condition?: string;
    }
  | {
      readonly when: "not matched by source";
      readonly do: "update";
      readonly set: Assignments;
      readonly condition?: string;
    }
  | {
      readonly when: "not matched by source";
      readonly do: "delete";
      readonly condition?: string;
    };

type When = MergeClause["when"];

/** A clause with all its values told. */
export interface CheckedClause {
  readonly when: When;
  readonly do: "update" | "delete" | "insert";
  readonly condition: string | undefined;
  readonly values: Assignments;
}

interface Sides {
  readonly table: string;
  readonly fields: readonly Field[];
  readonly source: readonly Field[];
}

/** Throws `operation/bad-merge` where a clause can never apply or there is none, and where `"all"` lacks a column. */
export function checkClauses(clauses: readonly MergeClause[], sides: Sides): CheckedClause[] {
  if (clauses.length === 0) {
    throw badMerge(
      `The merge into table ${sides.table} has no clause.`,
      "Say what happens to rows that match, and to those that do not.",
    );
  }
  for (const [index, { when, condition }] of clauses.entries()) {
    const later = clauses.slice(index + 1).some((clause) => clause.when === when);
    if (condition === undefined && later) {
      throw badMerge(
        `In the merge into table ${sides.table} a clause for rows that are ${when} has no condition, so those after it never apply.`,
        "Give it a condition, or put it last.",
      );
    }
  }
  return clauses.map((clause) => ({
    when: clause.when,
    do: clause.do,
    condition: clause.condition,
    values: valuesOf(clause, sides),
  }));
}

function valuesOf(clause: MergeClause, { table, fields, source }: Sides): Assignments {
  if (clause.do === "delete") return {};
  const given = clause.do === "insert" ? clause.values : clause.set;
  if (given !== "all") return checkAssignments(fields, table, given);
  const known = new Map(source.map(({ name }) => [name.toLowerCase(), name]));
  const missing = fields.filter(({ name }) => !known.has(name.toLowerCase()));
  if (missing.length > 0) {
    throw badMerge(
      `The source of the merge into table ${table} has no column ${missing.map(({ name }) => `"${name}"`).join(", ")}, and "all" asks for every column.`,
      "Add it to the source, or name the columns that get a value.",
    );
  }
  return Object.fromEntries(
    fields.map(({ name }) => [name, `source.${quoteName(known.get(name.toLowerCase()) ?? name)}`]),
  );
}

/** The clauses that change rows of the target, in the order of their numbers: first those of matched rows. */
export function editClauses(clauses: readonly CheckedClause[]): {
  readonly matched: readonly CheckedClause[];
  readonly unmatched: readonly CheckedClause[];
  readonly edits: readonly Clause[];
} {
  const matched = clauses.filter(({ when }) => when === "matched");
  const unmatched = clauses.filter(({ when }) => when === "not matched by source");
  const edits = [...matched, ...unmatched].map(
    ({ do: act, values }): Clause => ({
      kind: act === "delete" ? "delete" : "update",
      assigns: new Set(Object.keys(values)),
    }),
  );
  return { matched, unmatched, edits };
}

/** The number of the first clause that applies, counted from `from`; null where none does. */
export function clauseNumber(clauses: readonly CheckedClause[], from = 0): string {
  if (clauses.length === 0) return "CAST(NULL AS INTEGER)";
  const cases = clauses.map(
    ({ condition }, index) =>
      `WHEN ${condition === undefined ? "true" : `(\n${condition}\n)`} THEN ${from + index}`,
  );
  return `CASE ${cases.join(" ")} END`;
}

/** For each column that a clause gives a value, that value by the number of the clause. */
export function assignedColumns(
  fields: readonly Field[],
  clauses: readonly CheckedClause[],
  clause: string,
): { readonly name: string; readonly value: string }[] {
  return fields.flatMap(({ name, type }) => {
    const cases = clauses.flatMap(({ values }, number) => {
      const value = values[name];
      return value === undefined
        ? []
        : [`WHEN ${number} THEN CAST((\n${value}\n) AS ${duckdbType(type)})`];
    });
    return cases.length === 0 ? [] : [{ name, value: `CASE ${clause} ${cases.join(" ")} END` }];
  });
}

function badMerge(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "operation/bad-merge", hint });
}
