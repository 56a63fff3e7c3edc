/** The conditions of a merge as SQL, and that they can be asked of its rows. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import { viewName } from "../lake/lake.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext } from "../lake/step.ts";
import { dataType } from "../schema/column-type.ts";
import { quoteName } from "../sql/quote.ts";
import { type Rendered, renderSql } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { IngestDefinition, Ingested } from "./asset.ts";

export interface MergeConditions {
  /** Over the columns of a new row: true where it deletes. */
  readonly deletes: string | undefined;
  /** Over `source`, the new row, and `target`: true where the latter gives way. */
  readonly updates: string | undefined;
}

type Context = Pick<StepContext, "param">;

export function renderConditions(
  context: Context,
  { deleteWhere, updateWhere }: Pick<IngestDefinition, "deleteWhere" | "updateWhere">,
): MergeConditions {
  return {
    deletes: deleteWhere && render(context, deleteWhere).text,
    updates: updateWhere && render(context, updateWhere).text,
  };
}

/** Throws `ingest/sql` for a condition that cannot be asked; the session knows the tables in it. */
export async function checkMergeConditions(
  context: Context,
  session: Engine,
  { name, definition }: Ingested,
): Promise<void> {
  const list = Object.entries(definition.columns).map(
    ([column, { type }]) => `null::${duckdbType(dataType(type))} as ${quoteName(column)}`,
  );
  const row = `(select ${list.join(", ")})`;
  const check = async (option: string, sql: Sql | undefined, from: string): Promise<void> => {
    if (sql === undefined) return;
    const rendered = render(context, sql);
    const place = { name: `the option ${option} of ${name}`, code: "ingest/sql", rendered };
    await atItsPlace({ ...place, linesBefore: 1 }, () =>
      session.describe(`select (\n${rendered.text}\n)::boolean from ${from}`),
    );
  };
  await check("deleteWhere", definition.deleteWhere, row);
  await check("updateWhere", definition.updateWhere, `${row} as source, ${row} as target`);
}

function render({ param }: Context, sql: Sql): Rendered {
  return renderSql(sql, {
    table: ({ name }) => viewName(name),
    column: () => {
      throw new MillraceError("A column stands in a condition of write", {
        code: "project/bad-sql-part",
        hint: "Write the name of the column; columns as values belong into clean() and check().",
      });
    },
    param,
  });
}
