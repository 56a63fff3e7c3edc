/**
 * The constraints of a transform's table. A version that is made anew brings them along: its rows are judged by them
 * as by checks, and the commit that puts them in place sets them. Where rows stay, the rows that are there are looked
 * at first, and the constraint comes in a commit of its own.
 */

import type { Snapshot } from "../delta/snapshot.ts";
import { constraintProperties, declaredConditions, sqlOfConstraints } from "../lake/constraint.ts";
import { findReshaping, type Reshaping, reshape } from "../lake/reshape.ts";
import type { StepContext } from "../lake/step.ts";
import type { Field } from "../schema/type.ts";
import type { Transformed } from "./asset.ts";
import { type Check, holds } from "./check.ts";
import type { QueryContext } from "./query.ts";

export interface ShapeToBe {
  /** The columns of the new version, or those of the table where rows stay. */
  readonly fields: readonly Field[];
  readonly isMadeAnew: boolean;
}

/** What has to be done beside the rows; undefined where there is no table yet. */
export async function findTransformShape(
  context: QueryContext,
  { name, definition: { constraints } }: Transformed,
  { fields, isMadeAnew }: ShapeToBe,
): Promise<Reshaping | undefined> {
  const table = await context.lake.find(name);
  if (table === undefined) return undefined;
  const declared = { name, constraints, fields, isMadeAnew, columns: {}, drop: [] };
  return findReshaping(context, table, declared);
}

/** Does it; resolves to the table where it has changed. */
export async function bringTransformToShape(
  context: StepContext,
  asset: Transformed,
  { isMadeAnew }: Pick<ShapeToBe, "isMadeAnew">,
): Promise<Snapshot | undefined> {
  const table = await context.lake.find(asset.name);
  if (table === undefined) return undefined;
  const { constraints, ...definition } = asset.definition;
  // Of a version that is made anew the columns are not known yet, and only what goes matters.
  const gone = Object.entries(constraints).filter(([, one]) => one === "drop");
  const wanted = isMadeAnew ? Object.fromEntries(gone) : constraints;
  const { fields } = table.metadata;
  const shape = await findTransformShape(
    context,
    { ...asset, definition: { ...definition, constraints: wanted } },
    { fields, isMadeAnew },
  );
  const after = shape === undefined ? table : await reshape(context, table, shape);
  return after === table ? undefined : after;
}

/** The constraints as properties of a table with these columns; `before` is the table that is made anew. */
export async function constraintsOf(
  context: QueryContext,
  { name, definition: { constraints } }: Transformed,
  { fields, before }: { readonly fields: readonly Field[]; readonly before: Snapshot | undefined },
): Promise<Record<string, string>> {
  const conditions = await declaredConditions(context, { name, constraints, fields });
  return constraintProperties(conditions, before);
}

/** The constraints as checks, by what a failure says. */
export function constraintChecks({ definition }: Transformed): Record<string, Check> {
  const checks = Object.entries(sqlOfConstraints(definition.constraints)).map(([name, sql]) => [
    `constraint ${name}`,
    holds(sql),
  ]);
  return Object.fromEntries(checks);
}
