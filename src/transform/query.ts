/** A query of the project made ready to run: its tables as views of one session. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { openView, viewName } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { type Rendered, renderSql, tablesOf } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";

export type QueryContext = Pick<StepContext, "lake" | "param">;

/** The text of a query in which every table is the view that `openTables` makes. */
export function renderQuery({ param }: Pick<StepContext, "param">, sql: Sql): Rendered {
  return renderSql(sql, {
    table: ({ name }) => viewName(name),
    column: () => {
      throw new MillraceError("A column stands in the SQL of a transform", {
        code: "project/bad-sql-part",
        hint: "Write the name of the column; columns as values belong into clean() and check().",
      });
    },
    param,
  });
}

/** Makes the newest version of every table of the queries known to the session; throws where one is not there. */
export async function openTables(
  { lake }: Pick<StepContext, "lake">,
  session: Engine,
  queries: readonly Sql[],
): Promise<Map<string, Snapshot>> {
  const tables = new Map<string, Snapshot>();
  for (const { name } of queries.flatMap(tablesOf)) {
    if (tables.has(name)) continue;
    const snapshot = await lake.find(name);
    if (snapshot === undefined) {
      throw new MillraceError(`${name} is not there yet`, {
        code: "transform/missing-table",
        hint: "Run the step that makes it first: `millrace run` does all steps in their order.",
      });
    }
    await openView(lake, session, name, snapshot);
    tables.set(name, snapshot);
  }
  return tables;
}
