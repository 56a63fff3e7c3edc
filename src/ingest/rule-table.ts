/** The tables that the rules of a contract look into. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { sqlOfConstraints } from "../lake/constraint.ts";
import { openView } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import type { Column, ColumnDefinition } from "../schema/column.ts";
import { quoteName } from "../sql/quote.ts";
import { tablesOf } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { IngestDefinition, Ingested } from "./asset.ts";

/** All SQL that a person wrote into a contract, and into the way that its table is written. */
export function sqlOfContract(definition: IngestDefinition): Sql[] {
  const { columns, rules, constraints, where, deleteWhere, updateWhere } = definition;
  const inColumns = Object.values(columns).flatMap(sqlOfColumn);
  const ofRows = [...Object.values(rules), ...Object.values(sqlOfConstraints(constraints))];
  const conditions = [where, deleteWhere, updateWhere].filter((one) => one !== undefined);
  return [...inColumns, ...ofRows, ...conditions];
}

/** What clean() and check() give, also of columns inside others. */
function sqlOfColumn({ clean, rules, type }: ColumnDefinition): Sql[] {
  const inside =
    type.kind === "struct" ? Object.values(type.of) : type.kind === "list" ? [type.of] : [];
  return [
    ...clean.map((how) => how(REFERENCE)),
    ...rules.flatMap((rule) => (rule.rule === "check" ? [rule.holds(REFERENCE)] : [])),
    ...inside.flatMap(sqlOfColumn),
  ];
}

const REFERENCE = { kind: "column" } as unknown as Column;

/** Rules may look into other tables; each is seen in the version of now. */
export async function openRuleTables(
  context: StepContext,
  session: Engine,
  { definition, name }: Ingested,
): Promise<void> {
  for (const sql of sqlOfContract(definition)) {
    for (const table of tablesOf(sql)) {
      const snapshot = await context.lake.find(table.name);
      if (snapshot === undefined) {
        throw new MillraceError(`A rule of ${name} needs ${table.name}, which is not there yet`, {
          code: "ingest/missing-table",
          hint: `Add ${quoteName(table.name)} to the assets of the project, so that it is made first.`,
        });
      }
      await openView(context.lake, session, table.name, snapshot);
    }
  }
}
