/** A query of the project made ready to run: its tables as views of one session, its errors at their place in the file. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { sqlFaultOf } from "../engine/fault.ts";
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

/** Runs `act`, and tells a failure of the SQL by the file and line in which a person wrote it. */
export async function atItsPlace<T>(
  name: string,
  { text, origins }: Rendered,
  act: () => Promise<T>,
  /** Lines of the statement before the first of the text. */
  linesBefore = 0,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const fault = sqlFaultOf(error);
    if (fault === undefined || !(error instanceof MillraceError)) throw error;
    const line = fault.place === undefined ? undefined : fault.place.line - linesBefore;
    const origin =
      line === undefined ? origins.find((one) => one !== undefined) : origins[line - 1];
    const place = origin === undefined ? "" : ` at ${origin.file}:${origin.line}`;
    const excerpt =
      line === undefined ? "" : `\n  ${text.split("\n")[line - 1]?.trim().slice(0, 200)}`;
    throw new MillraceError(
      `The SQL of ${name} fails${place}: ${fault.message.split("\n\nLINE")[0]}${excerpt}`,
      {
        code: "transform/sql",
        hint: error.hint ?? "Mend the SQL there.",
        cause: error,
      },
    );
  }
}
