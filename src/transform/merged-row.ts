/** One row for each key of a table that is merged: which one it is, and that it is one. */

import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import type { Engine } from "../engine/engine.ts";
import type { Field } from "../schema/type.ts";
import type { MergeKey } from "../schema/write.ts";
import { quoteName } from "../sql/quote.ts";
import type { Transformed } from "./asset.ts";

/** Keys that an error shows. */
const SHOWN = 5;

export interface SettledQuery {
  readonly query: string;
  /** Before the first line of what was settled. */
  readonly linesBefore: number;
}

export interface Settling {
  readonly merge: MergeKey | undefined;
  /** Rows for which this is true are left out once it is known which are the newest. */
  readonly deleteWhere: string | undefined;
}

/** The query with the newest row of each key alone; of rows that are equally new the greatest by its other columns. */
export function settled(
  query: string,
  { merge, deleteWhere }: Settling,
  fields: readonly Field[],
): SettledQuery {
  const newest = newestOf(query, merge, fields);
  return deleteWhere === undefined
    ? newest
    : {
        query: `select * from (\n${newest.query}\n) where (\n${deleteWhere}\n) is not true`,
        linesBefore: newest.linesBefore + 1,
      };
}

function newestOf(
  query: string,
  merge: MergeKey | undefined,
  fields: readonly Field[],
): SettledQuery {
  if (merge?.newest === undefined) return { query, linesBefore: 0 };
  const others = fields.filter(({ name }) => name !== merge.newest && !merge.key.includes(name));
  const order = [merge.newest, ...others.map(({ name }) => name)]
    .map((name) => `${quoteName(name)} desc nulls last`)
    .join(", ");
  const key = merge.key.map(quoteName).join(", ");
  return {
    query: `select * from (\n${query}\n) qualify row_number() over (partition by ${key} order by ${order}) = 1`,
    linesBefore: 1,
  };
}

/** Throws `transform/key-twice` where two rows share the key that the table is merged by. */
export async function checkKeys(
  session: Engine,
  { name, definition: { merge } }: Transformed,
  relation: string,
): Promise<void> {
  if (merge === undefined) return;
  const key = merge.key.map(quoteName).join(", ");
  const rows = await session.rows(
    `select ${key}, count(*) as rows from ${relation} group by ${key} having count(*) > 1 limit ${SHOWN}`,
  );
  if (rows.length === 0) return;
  const shown = rows.map((row) => `\n  ${renderJson(row).slice(0, 300)}`).join("");
  throw new MillraceError(
    `${name} is merged by ${merge.key.join(", ")}, and its query gives several rows for a key:${shown}`,
    {
      code: "transform/key-twice",
      hint: `Nothing was written. Give one row for each key, such as by qualify row_number() over (partition by ${key} order by ...) = 1, or say newest: "..." beside the key.`,
    },
  );
}
