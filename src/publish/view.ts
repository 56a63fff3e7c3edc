/** The SQL of outputs: their tables as views of one session. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { openView, viewName } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { type Rendered, renderSql } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";

/** The SQL of an output in which every table is the view that `openViews` makes. */
export function renderQuery({ param }: Pick<StepContext, "param">, sql: Sql): Rendered {
  return renderSql(sql, {
    table: ({ name }) => viewName(name),
    column: () => {
      throw new MillraceError("A column stands in the SQL of an output", {
        code: "project/bad-sql-part",
        hint: "Write the name of the column; columns as values belong into clean() and check().",
      });
    },
    param,
  });
}

export function render(context: Pick<StepContext, "param">, sql: Sql): string {
  return renderQuery(context, sql).text;
}

/** The newest versions of the tables; throws where one is not there. */
export async function findTables(
  { lake }: Pick<StepContext, "lake">,
  names: readonly string[],
): Promise<Map<string, Snapshot>> {
  const tables = new Map<string, Snapshot>();
  for (const name of names) {
    const snapshot = await lake.find(name);
    if (snapshot === undefined) {
      throw new MillraceError(`${name} is not there yet`, {
        code: "publish/missing-table",
        hint: "Run the step that makes it first: `millrace run` does all steps in their order.",
      });
    }
    tables.set(name, snapshot);
  }
  return tables;
}

export async function openViews(
  { lake }: Pick<StepContext, "lake">,
  session: Engine,
  tables: ReadonlyMap<string, Snapshot>,
): Promise<void> {
  for (const [name, snapshot] of tables) await openView(lake, session, name, snapshot);
}

/** Names the versions shown: `bronze.orders@3`, by the table's id, so that one made anew is another. */
export function versionsOf(tables: ReadonlyMap<string, Snapshot>): string {
  return [...tables]
    .map(([name, { metadata, version }]) => `${name}@${version}/${metadata.id}`)
    .join(" ");
}
