/** The conditions in the way that a transform writes: that they can be asked of its columns, and that its rows are within them. */

import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import type { Rendered } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { Transformed } from "./asset.ts";
import { type QueryContext, renderQuery } from "./query.ts";

/** Rows that an error shows. */
const SHOWN = 5;

/** Throws `transform/sql` for a condition that cannot be asked of rows with these columns. */
export async function checkWriteConditions(
  context: QueryContext,
  session: Engine,
  { name, definition }: Transformed,
  fields: readonly Field[],
): Promise<void> {
  const row = fields.map((field) => `null::${duckdbType(field.type)} as ${quoteName(field.name)}`);
  const check = async (option: string, sql: Sql | undefined): Promise<void> => {
    if (sql === undefined) return;
    const rendered = renderQuery(context, sql);
    const place = { name: placeOf(option, name), code: "transform/sql", rendered, linesBefore: 1 };
    const query = `select (\n${rendered.text}\n)::boolean from (select ${row.join(", ")})`;
    await atItsPlace(place, () => session.describe(query));
  };
  await check("replaceWhere", definition.replaceWhere);
  await check("deleteWhere", definition.deleteWhere);
}

/** Throws `transform/outside` where a row of the relation is not within the condition, and shows such rows. */
export async function checkWithin(
  session: Engine,
  { name }: Transformed,
  { condition, relation }: { readonly condition: Rendered; readonly relation: string },
): Promise<void> {
  const outside = `from ${relation} where (\n${condition.text}\n) is not true`;
  const place = { name: placeOf("replaceWhere", name), code: "transform/sql", rendered: condition };
  const rows = await atItsPlace({ ...place, linesBefore: 1 }, () =>
    session.rows(`select * ${outside} limit ${SHOWN}`),
  );
  if (rows.length === 0) return;
  const [found] = await session.rows(`select count(*) as n ${outside}`);
  const count = Number(found?.n ?? rows.length);
  const shown = rows.map((row) => `\n  ${renderJson(row).slice(0, 300)}`).join("");
  throw new MillraceError(
    `The query of ${name} gives ${count === 1 ? "a row" : `${count} rows`} outside of what it replaces (${condition.text.trim()}), such as${shown}`,
    {
      code: "transform/outside",
      hint: "Nothing was written. Give the query the condition of replaceWhere too; a row for which it is null is outside.",
    },
  );
}

function placeOf(option: string, name: string): string {
  return `the option ${option} of ${name}`;
}
