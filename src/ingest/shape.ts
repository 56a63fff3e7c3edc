/** The shape that a contract gives its table: columns and constraints, apart from any row. */

import type { Snapshot } from "../delta/snapshot.ts";
import { declaredConditions } from "../lake/constraint.ts";
import { type DeclaredShape, findReshaping, type Reshaping, reshape } from "../lake/reshape.ts";
import type { StepContext } from "../lake/step.ts";
import { fieldOf } from "../schema/column-type.ts";
import { evolve } from "../schema/evolution.ts";
import type { Ingested } from "./asset.ts";
import { checkCompatible } from "./target.ts";

type ShapeContext = Pick<StepContext, "lake" | "param">;

/** What has to be done before rows come in; undefined where there is no table yet. */
export async function findShape(
  context: ShapeContext,
  asset: Ingested,
): Promise<Reshaping | undefined> {
  const table = await context.lake.find(asset.name);
  return table === undefined ? undefined : findReshaping(context, table, declaredShape(asset));
}

/** Does it; resolves to the table where it has changed, and to undefined elsewhere. */
export async function bringToShape(
  context: StepContext,
  asset: Ingested,
): Promise<Snapshot | undefined> {
  const table = await context.lake.find(asset.name);
  if (table === undefined) return undefined;
  const declared = declaredShape(asset);
  const reshaping = await findReshaping(context, table, declared);
  // A rename that the load would refuse afterwards must not be half of the way.
  if (reshaping.columns.length > 0)
    checkCompatible(asset.name, evolve(reshaping.fields, declared.fields, { inside: true }));
  const after = await reshape(context, table, reshaping);
  return after === table ? undefined : after;
}

/** The constraints of a table that is made now, in the words of Spark SQL. */
export function conditionsOf(
  context: ShapeContext,
  asset: Ingested,
): Promise<ReadonlyMap<string, string>> {
  return declaredConditions(context, declaredShape(asset));
}

function declaredShape({ name, definition }: Ingested): DeclaredShape {
  const { columns, drop, constraints, write } = definition;
  const fields = Object.entries(columns).map(([column, one]) => fieldOf(column, one));
  return { name, columns, drop, constraints, fields, isMadeAnew: write === "overwrite" };
}
