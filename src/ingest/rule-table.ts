/** The tables that the rules of a contract look into. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { openView } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { quoteName } from "../sql/quote.ts";
import { tablesOf } from "../sql/render.ts";
import type { Ingested } from "./asset.ts";

/** Rules may look into other tables; each is seen in the version of now. */
export async function openRuleTables(
  context: StepContext,
  session: Engine,
  { definition, name }: Ingested,
): Promise<void> {
  for (const sql of [
    ...Object.values(definition.rules),
    ...(definition.where === undefined ? [] : [definition.where]),
  ]) {
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
