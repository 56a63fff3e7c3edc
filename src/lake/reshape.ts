/**
 * Bringing a table to its declared shape before rows come into it: columns renamed and dropped, constraints dropped,
 * changed and added, each in a commit of its own under the operation by which Delta's history knows it. No data file
 * is touched. All of it is found allowed before the first commit is made; who is killed in between goes on next time.
 */

import { alterTable, planChanges } from "../delta/alter/alter.ts";
import type { DropColumns, DropConstraint, RenameColumn } from "../delta/alter/table-change.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { addConstraint, checkConstraint } from "../operation/add-constraint.ts";
import type { TableContext } from "../operation/context.ts";
import type { Field } from "../schema/type.ts";
import { columnChanges, type DeclaredColumns } from "./column-change.ts";
import {
  type ConstraintChange,
  constraintChanges,
  type DeclaredConstraints,
} from "./constraint.ts";
import { type WorkContext, withSession } from "./session.ts";
import type { StepContext } from "./step.ts";

export interface Reshaping {
  /** In their order. */
  readonly columns: readonly (RenameColumn | DropColumns)[];
  readonly constraints: readonly ConstraintChange[];
  /** True where constraints that are added or changed come with the rows that replace all. */
  readonly isMadeAnew: boolean;
  /** The columns of the table afterwards. */
  readonly fields: readonly Field[];
}

export interface DeclaredShape extends DeclaredColumns, DeclaredConstraints {
  /** True where all rows are replaced: then columns, and constraints that are to hold, come with the new ones. */
  readonly isMadeAnew: boolean;
}

/** Looks without changing anything; throws where the table cannot become what is declared. */
export async function findReshaping(
  context: Pick<StepContext, "lake" | "param">,
  table: Snapshot,
  declared: DeclaredShape,
): Promise<Reshaping> {
  const { isMadeAnew } = declared;
  const constraints = await constraintChanges(context, table, declared);
  const others = constraints.filter(({ from }) => from !== undefined).map(dropOf);
  const columns = isMadeAnew ? [] : columnChanges(table, declared, others);
  const { fields } = planChanges(table, [...dropsFor({ columns, constraints }), ...columns]);
  return { columns, constraints, isMadeAnew, fields };
}

/** Resolves to the table as it is then. */
export async function reshape(
  context: WorkContext,
  table: Snapshot,
  reshaping: Reshaping,
): Promise<Snapshot> {
  const { columns, constraints, isMadeAnew } = reshaping;
  const drops = dropsFor(reshaping);
  const added = constraints.flatMap(({ constraint: name, to }) =>
    to === undefined || isMadeAnew ? [] : [{ name, expression: to, replaces: true }],
  );
  if (drops.length + columns.length + added.length === 0) return table;
  return withSession(context, async (engine) => {
    const { lake, signal } = context;
    const work: TableContext = { delta: lake.delta, engine, signal };
    const before = [...drops, ...columns];
    if (before.length > 0) {
      const { metadata, fields, protocol } = planChanges(table, before);
      const then = { ...table, protocol, metadata: { ...table.metadata, ...metadata, fields } };
      for (const one of added) await checkConstraint(work, then, one);
    }
    let now = table;
    for (const change of before) now = await alterTable(lake.delta, now, change);
    for (const one of added)
      now = await addConstraint(work, now, { ...one, name: one.name.toLowerCase() });
    return now;
  });
}

/** A constraint that changes goes before the columns do, since it may be said of one by its old name. */
function dropsFor({
  columns,
  constraints,
}: Pick<Reshaping, "columns" | "constraints">): DropConstraint[] {
  return constraints
    .filter(({ change }) => change === "dropped" || (change === "changed" && columns.length > 0))
    .map(dropOf);
}

function dropOf({ constraint: name }: ConstraintChange): DropConstraint {
  return { change: "drop constraint", name };
}
