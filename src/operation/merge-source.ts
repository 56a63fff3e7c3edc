/** The source of a merge, staged once: whatever it reads, it is the same rows from then on. */

import type { Engine } from "../engine/engine.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { stagedRelation } from "./edit.ts";

/** Numbers the rows of a source. */
export const SOURCE = quoteName("~source");

export interface MergeSource {
  /** Stands in FROM: the columns of the source and `SOURCE`. */
  readonly relation: string;
  readonly fields: readonly Field[];
  readonly rows: number;
}

/** `relation` stands in FROM on this session. */
export async function stageSource(
  engine: Engine,
  relation: string,
  folder: string,
): Promise<MergeSource> {
  const fields = await engine.describe(`SELECT * FROM ${relation}`);
  const files = await engine.write(
    `SELECT *, row_number() OVER () AS ${SOURCE} FROM ${relation} AS source`,
    { folder },
  );
  const rows = files.reduce((sum, file) => sum + Number(file.rows), 0);
  const nulls = fields.map(({ name, type }) => [quoteName(name), type] as const);
  const staged = stagedRelation(files);
  if (staged === undefined) {
    return {
      relation: `(SELECT *, CAST(0 AS BIGINT) AS ${SOURCE} FROM ${relation} AS source WHERE false)`,
      fields,
      rows,
    };
  }
  // A column that is only ever null is not in the files.
  const voids = nulls.filter(([, type]) => type === "void").map(([name]) => `NULL AS ${name}`);
  return { relation: `(SELECT ${["*", ...voids].join(", ")} FROM ${staged})`, fields, rows };
}
