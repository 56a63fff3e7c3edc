/** Adding a CHECK constraint to a table, after every row that is there was seen to satisfy it. */

import { MillraceError } from "../base/error.ts";
import { constraintKey } from "../delta/alter/dependent.ts";
import { CONSTRAINT_PREFIX } from "../delta/property.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { scan } from "../delta/table.ts";
import { completeTable } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import { quoteName } from "../sql/quote.ts";
import { untilCommitted } from "./attempt.ts";
import type { TableContext } from "./context.ts";
import { guardOf } from "./guard.ts";
import { fromSparkExpression } from "./spark-expression.ts";

export interface NewConstraint {
  /** Found without regard to case. */
  readonly name: string;
  /** As the log keeps it for all writers: a condition in the words of Spark SQL. A row for which it is null breaks it. */
  readonly expression: string;
  /** True to put it in the place of the one that has the name, where there is one. */
  readonly replaces?: boolean;
  /** Kept under `commitInfo.millrace`. */
  readonly info?: Readonly<Record<string, unknown>>;
}

const ROW = quoteName("row there");
const LONGEST_ROW = 2000;
/** Broken rows that an error shows. */
const SHOWN = 5;

/**
 * Resolves to the table with the constraint. Rows that break it are `operation/rule-broken`, a
 * condition that this engine does not understand is `operation/unknown-rule`; rows that others append
 * meanwhile are looked at before it stands.
 */
export function addConstraint(
  context: TableContext,
  snapshot: Snapshot,
  { name, expression, replaces = false, info }: NewConstraint,
): Promise<Snapshot> {
  return untilCommitted(context, snapshot, [], async (table) => {
    const { metadata } = table;
    if (!replaces) checkName(table, name);
    const taken = constraintKey(metadata, name);
    const configuration = { [taken ?? `${CONSTRAINT_PREFIX}${name}`]: expression };
    await checkConstraint(context, table, { name, expression });
    const content = { ...metadata, configuration: { ...metadata.configuration, ...configuration } };
    return commit(context.delta, table, {
      operation: "ADD CONSTRAINT",
      parameters: { name, expr: expression },
      reads: "whole table",
      becomes: completeTable(content, table),
      ...(info === undefined ? {} : { info }),
    });
  });
}

/**
 * Throws as `addConstraint` does where the table must not have the constraint; its columns may be those that it is
 * to have.
 */
export async function checkConstraint(
  context: TableContext,
  table: Snapshot,
  { name, expression }: NewConstraint,
): Promise<void> {
  const { folder, metadata } = table;
  const configuration = { [`${CONSTRAINT_PREFIX}${name}`]: expression };
  await guardOf(context.engine, { folder, fields: metadata.fields, configuration });
  await checkRows(context, table, { name, expression });
}

function checkName({ folder, metadata }: Snapshot, name: string): void {
  const taken = constraintKey(metadata, name);
  if (taken !== undefined) {
    const had = taken.slice(CONSTRAINT_PREFIX.length);
    throw new MillraceError(
      `The table ${folder} has a CHECK constraint ${had} already: ${metadata.configuration[taken]}`,
      { code: "delta/bad-property", hint: "Drop it first, or choose another name." },
    );
  }
  if (name.trim() !== "") return;
  throw new MillraceError(`The new CHECK constraint of table ${folder} has no name.`, {
    code: "delta/bad-property",
    hint: "Messages name the constraint that a row breaks; give it one.",
  });
}

async function checkRows(
  { delta, engine }: TableContext,
  table: Snapshot,
  { name, expression }: NewConstraint,
): Promise<void> {
  if (table.files.length === 0) return;
  const relation = engine.relation(await scan(delta, table));
  const row = `left(CAST(to_json(${ROW}) AS VARCHAR), ${LONGEST_ROW})`;
  const broken = `${relation} AS ${ROW} WHERE (\n${fromSparkExpression(expression)}\n) IS NOT TRUE`;
  const [found] = await engine.rows(
    `SELECT count(*) AS broken, min(${row}, ${SHOWN}) AS examples FROM ${broken}`,
  );
  const count = BigInt(String(found?.broken ?? 0));
  if (count === 0n) return;
  const shown = (Array.isArray(found?.examples) ? found.examples : []).map((one) => `\n  ${one}`);
  throw new MillraceError(
    `${count} of the rows in table ${table.folder} break the new CHECK constraint ${name} (${expression}), such as${shown.join("")}`,
    {
      code: "operation/rule-broken",
      hint: "Nothing was changed. Mend or delete those rows first.",
    },
  );
}
