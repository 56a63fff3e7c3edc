/** The SQL of a contract tried on no rows, so that a plan finds what is wrong with it. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import { duckdbType } from "../engine/type.ts";
import { viewName } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import type { Column, ColumnType, Plain } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { renderSql } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { Ingested } from "./asset.ts";
import { plainLiteral } from "./condition.ts";
import { checkMergeConditions } from "./merge-condition.ts";

const REFERENCE = { kind: "column" } as unknown as Column;

/** Throws `ingest/sql` with the file and line of the first rule, clean or check that cannot run. The session knows the tables. */
export async function checkRules(
  context: Pick<StepContext, "param">,
  session: Engine,
  asset: Ingested,
): Promise<void> {
  const { param } = context;
  const { name, definition } = asset;
  const columns = Object.entries(definition.columns);
  const relation = `(select ${columns.map(([column, { type }]) => `null::${duckdbType(dataType(type))} as ${quoteName(column)}`).join(", ")} where false)`;
  const tryOut = async (
    what: string,
    sql: Sql,
    value: string,
    isCondition: boolean,
  ): Promise<void> => {
    const { text, origins } = renderSql(sql, {
      table: (table) => viewName(table.name),
      column: () => value,
      param,
    });
    try {
      await session.describe(
        `select ${isCondition ? `((\n${text}\n))::boolean` : `(\n${text}\n)::varchar`} as value from ${relation}`,
      );
    } catch (error) {
      const fault = sqlFaultOf(error);
      if (fault === undefined || !(error instanceof MillraceError)) throw error;
      const line = fault.place === undefined ? 0 : fault.place.line - 2;
      const origin = origins[Math.max(0, line)] ?? origins[0];
      const place = origin === undefined ? "" : ` at ${origin.file}:${origin.line}`;
      throw new MillraceError(
        `The SQL of ${what} of ${name} fails${place}: ${fault.message.split("\n\nLINE")[0]}`,
        {
          code: "ingest/sql",
          hint: error.hint ?? "Mend the SQL there.",
          cause: error,
        },
      );
    }
  };
  for (const [column, { clean, rules, type }] of columns) {
    for (const how of clean)
      await tryOut(`clean() of column "${column}"`, how(REFERENCE), "null::varchar", false);
    for (const rule of rules) {
      if (rule.rule === "check")
        await tryOut(
          `check() of column "${column}"`,
          rule.holds(REFERENCE),
          quoteName(column),
          true,
        );
      if (rule.rule === "pattern") await checkPattern(session, name, column, rule.pattern);
      if (rule.rule === "one of")
        await checkPlain(session, `${name}, column "${column}"`, rule.values, type);
      if (rule.rule === "range")
        await checkPlain(session, `${name}, column "${column}"`, [rule.low, rule.high], type);
    }
  }
  for (const [message, rule] of Object.entries(definition.rules))
    await tryOut(`the rule "${message}"`, rule, "null", true);
  if (definition.where !== undefined) await tryOut("where", definition.where, "null", true);
  await checkMergeConditions(context, session, asset);
}

/** Values that a column is compared with must be of its own type. */
async function checkPlain(
  session: Engine,
  place: string,
  values: readonly Plain[],
  type: ColumnType,
): Promise<void> {
  const to = duckdbType(dataType(type));
  for (const value of values) {
    try {
      await session.rows(`select ${plainLiteral(value, type.kind)}::${to}`);
    } catch (cause) {
      throw new MillraceError(
        `${place} is compared with ${JSON.stringify(String(value))}, which is no ${type.kind}`,
        {
          code: "ingest/bad-value",
          hint: "Give oneOf() and between() values of the column's own type: dates as 2024-12-31.",
          cause,
        },
      );
    }
  }
}

async function checkPattern(
  session: Engine,
  name: string,
  column: string,
  pattern: string,
): Promise<void> {
  try {
    await session.rows(`select regexp_full_match('', ${quoteText(pattern)})`);
  } catch (cause) {
    const reason = sqlFaultOf(cause)?.message ?? String(cause);
    throw new MillraceError(
      `The pattern of column "${column}" of ${name} is no regular expression: ${reason}`,
      {
        code: "ingest/bad-pattern",
        hint: "Patterns are RE2: no look-ahead, no back-references.",
        cause,
      },
    );
  }
}
