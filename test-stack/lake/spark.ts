/** Spark as tests use it: statements in its SQL. */

import { ask } from "./ask.ts";

const PLACE = "MILLRACE_STACK_SPARK";

/** Runs a statement; resolves to its rows. */
export async function spark(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await ask(PLACE, { sql })) as readonly Readonly<Record<string, unknown>>[];
}

/** Writes the rows of a query into Parquet files of the folder `to`; resolves to their schema. */
export function sparkInto(to: string, sql: string): Promise<unknown> {
  return ask(PLACE, { sql, to });
}

/** A table's folder as it stands in Spark's SQL. */
export function sparkTable(folder: string): string {
  return `delta.\`${folder.replaceAll("`", "``")}\``;
}
