/** What a change of rows is about, before it is made: how many rows, and whether its SQL can be run at all. */

import { MillraceError } from "../base/error.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import { duckdbType } from "../engine/type.ts";
import { type Assignments, checkAssignments } from "./assignment.ts";
import { columnsNamed, conditionsOf, filtersOf } from "./condition.ts";
import type { TableContext } from "./context.ts";
import { filesMatching, openTarget } from "./target.ts";

export interface MeantRows {
  /** SQL over the columns of the table; null is not true. */
  readonly where: string;
  /** New values of columns, which are only checked. */
  readonly set?: Assignments;
}

/** Reads no more files than the change would. */
export async function countMeant(
  context: TableContext,
  snapshot: Snapshot,
  { where, set = {} }: MeantRows,
): Promise<number> {
  const { engine } = context;
  const { folder, metadata } = snapshot;
  const values = checkAssignments(metadata.fields, folder, set);
  return inItsWords(snapshot, async () => {
    const conditions = await conditionsOf(engine, where);
    const filters = filtersOf(conditions, columnsNamed(metadata.fields, "target"));
    const { relation } = await openTarget(context, snapshot, filesMatching(snapshot, filters));
    const casts = metadata.fields.flatMap(({ name, type }) =>
      values[name] === undefined ? [] : [`CAST((\n${values[name]}\n) AS ${duckdbType(type)})`],
    );
    const from = `FROM ${relation} AS target WHERE (\n${where}\n)`;
    await engine.describe(`SELECT ${["1", ...casts].join(", ")} ${from}`);
    const [row] = await engine.rows(`SELECT count(*) AS n ${from}`);
    return Number(row?.n ?? 0);
  });
}

/** Runs `act`; what the engine says of its SQL becomes `operation/bad-sql`. */
export async function inItsWords<T>({ folder }: Snapshot, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const fault = sqlFaultOf(error);
    if (fault === undefined || !(error instanceof MillraceError)) throw error;
    throw new MillraceError(
      `The SQL cannot be run on the table ${folder}: ${fault.message.split("\n\nLINE")[0]}`,
      {
        code: "operation/bad-sql",
        hint: error.hint ?? "Nothing was changed. Write conditions and values over its columns.",
        cause: error,
      },
    );
  }
}
