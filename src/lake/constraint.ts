/**
 * Constraints as a project declares them: conditions that the table itself carries (`delta.constraints.<name>`), so
 * that whoever writes it, with whatever engine, must keep them. One that is declared no more stays, since the table
 * has promised it to all its readers; `"drop"` takes it off.
 */

import { MillraceError } from "../base/error.ts";
import { wrongOption } from "../base/option.ts";
import { constraintKey } from "../delta/alter/dependent.ts";
import { CONSTRAINT_PREFIX } from "../delta/property.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { fromSparkExpression } from "../operation/spark-expression.ts";
import { toSparkExpression } from "../operation/to-spark-expression.ts";
import type { Field } from "../schema/type.ts";
import { type Rendered, renderSql } from "../sql/render.ts";
import { isSql, type Sql } from "../sql/template.ts";
import type { StepContext } from "./step.ts";

export type Constraints = Readonly<Record<string, Sql | "drop">>;

export interface ConstraintChange {
  readonly constraint: string;
  readonly change: "added" | "changed" | "dropped";
  /** As the table has it, in the words of Spark SQL; undefined where it has none. */
  readonly from: string | undefined;
  /** As it is to have it; undefined where it goes. */
  readonly to: string | undefined;
}

export interface DeclaredConstraints {
  /** The table's name. */
  readonly name: string;
  readonly constraints: Constraints;
  /** The columns that are declared. */
  readonly fields: readonly Field[];
}

const WANTED =
  'an object from a name to sql`...` over the columns of one row, or "drop": { positive: sql`amount > 0` }';

/** Throws `project/bad-option` for what is no constraint; what its SQL means is looked at by `declaredConditions`. */
export function checkConstraints(constraints: Constraints | undefined, place: string): Constraints {
  const option = `The option constraints of ${place}`;
  if (constraints === undefined) return Object.freeze({});
  if (typeof constraints !== "object" || constraints === null || Array.isArray(constraints))
    throw wrongOption(option, constraints, WANTED);
  const seen = new Map<string, string>();
  for (const [name, one] of Object.entries(constraints)) {
    if (!isSql(one) && one !== "drop") throw wrongOption(`${option}, "${name}",`, one, WANTED);
    if (name.trim() !== name || name === "" || /[\p{Cc}\p{Cs}]/u.test(name))
      throw wrongOption(
        option,
        { [name]: "..." },
        "named without blanks around: { positive: ... }",
      );
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined)
      throw wrongOption(
        option,
        { [twin]: "...", [name]: "..." },
        "one for each name, in any case of letters",
      );
    seen.set(name.toLowerCase(), name);
  }
  return Object.freeze({ ...constraints });
}

/** The SQL of the constraints that are to hold, by name. */
export function sqlOfConstraints(constraints: Constraints): Record<string, Sql> {
  const kept = Object.entries(constraints).flatMap(([name, one]): [string, Sql][] =>
    one === "drop" ? [] : [[name, one]],
  );
  return Object.fromEntries(kept);
}

/** The text of a constraint for the engine. A table in it is `project/bad-constraint`: one row must be enough. */
function renderConstraint(
  { param }: Pick<StepContext, "param">,
  place: string,
  sql: Sql,
): Rendered {
  const refuse = (what: string): never => {
    throw new MillraceError(`${place} looks into ${what}`, {
      code: "project/bad-constraint",
      hint: "A table can hold a row against itself alone; say it by rules of ingest() or checks of transform().",
    });
  };
  return renderSql(sql, {
    table: ({ name }) => refuse(name),
    column: () => refuse("a column of clean() or check()"),
    param,
  });
}

/** The declared conditions in the words of Spark SQL, by name. Throws where one cannot mean the same to all engines. */
export async function declaredConditions(
  context: Pick<StepContext, "lake" | "param">,
  { name, constraints, fields }: DeclaredConstraints,
): Promise<ReadonlyMap<string, string>> {
  const conditions = new Map<string, string>();
  for (const [constraint, sql] of Object.entries(sqlOfConstraints(constraints))) {
    const place = `The constraint "${constraint}" of ${name}`;
    const { text, origins } = renderConstraint(context, place, sql);
    const origin = origins.find((one) => one !== undefined);
    const at = origin === undefined ? "" : ` at ${origin.file}:${origin.line}`;
    const condition = { name: `${place}${at}`, sql: text, fields };
    conditions.set(constraint, await toSparkExpression(context.lake.engine, condition));
  }
  return conditions;
}

/** Where the table has other constraints than declared. */
export async function constraintChanges(
  context: Pick<StepContext, "lake" | "param">,
  { metadata }: Snapshot,
  declared: DeclaredConstraints,
): Promise<ConstraintChange[]> {
  const conditions = await declaredConditions(context, declared);
  const changes: ConstraintChange[] = [];
  for (const constraint of Object.keys(declared.constraints)) {
    const from = metadata.configuration[constraintKey(metadata, constraint) ?? ""];
    const to = conditions.get(constraint);
    if (to === undefined) {
      if (from !== undefined) changes.push({ constraint, change: "dropped", from, to });
    } else if (from === undefined) {
      changes.push({ constraint, change: "added", from, to });
    } else if (to !== (await sameWords(context.lake.engine, from, declared.fields))) {
      changes.push({ constraint, change: "changed", from, to });
    }
  }
  return changes;
}

/** What the table has, as we would write it: another engine puts blanks and brackets elsewhere. */
async function sameWords(
  engine: Engine,
  expression: string,
  fields: readonly Field[],
): Promise<string> {
  const condition = { name: "a constraint", sql: fromSparkExpression(expression), fields };
  try {
    return await toSparkExpression(engine, condition);
  } catch (error) {
    if (error instanceof MillraceError) return expression;
    throw error;
  }
}

/** As properties of a table that is made, or made anew, with them; `before` has their names in its own case. */
export function constraintProperties(
  conditions: ReadonlyMap<string, string>,
  before: Snapshot | undefined,
): Record<string, string> {
  return Object.fromEntries(
    [...conditions].map(([name, condition]) => [
      (before && constraintKey(before.metadata, name)) ?? keyOf(name),
      condition,
    ]),
  );
}

/** Spark looks for constraints by their names in small letters. */
function keyOf(name: string): string {
  return `${CONSTRAINT_PREFIX}${name.toLowerCase()}`;
}

/** What a person should know of constraints that the table has and nobody declares. */
export function constraintNotes({ metadata }: Snapshot, constraints: Constraints): string[] {
  const declared = new Set(Object.keys(constraints).map((name) => name.toLowerCase()));
  return Object.entries(metadata.configuration).flatMap(([key, condition]) => {
    const name = key.slice(CONSTRAINT_PREFIX.length);
    if (!key.startsWith(CONSTRAINT_PREFIX) || declared.has(name.toLowerCase())) return [];
    return [
      `the table has the constraint ${name} (${condition}), which is not declared: a row that breaks it fails the step`,
    ];
  });
}
