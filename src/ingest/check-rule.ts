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
  const values: Value[] = [];
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
      if (rule.rule === "pattern") values.push(patternValue(name, column, rule.pattern));
      if (rule.rule === "one of")
        values.push(...plainValues(`${name}, column "${column}"`, rule.values, type));
      if (rule.rule === "range")
        values.push(...plainValues(`${name}, column "${column}"`, [rule.low, rule.high], type));
    }
  }
  await checkValues(session, values);
  for (const [message, rule] of Object.entries(definition.rules))
    await tryOut(`the rule "${message}"`, rule, "null", true);
  if (definition.where !== undefined) await tryOut("where", definition.where, "null", true);
  await checkMergeConditions(context, session, asset);
}

/** SQL of a value, and what is wrong with the project where the engine does not take it. */
interface Value {
  sql(): string;
  wrong(cause: unknown): MillraceError;
}

/** All at once, since a statement costs more than many values; throws of the first that is wrong. */
async function checkValues(session: Engine, values: readonly Value[]): Promise<void> {
  if (values.length === 0) return;
  try {
    await session.rows(`select ${values.map(({ sql }) => sql()).join(", ")}`);
  } catch (error) {
    for (const { sql, wrong } of values) {
      try {
        await session.rows(`select ${sql()}`);
      } catch (cause) {
        throw wrong(cause);
      }
    }
    throw error;
  }
}

/** Values that a column is compared with must be of its own type. */
function plainValues(place: string, values: readonly Plain[], type: ColumnType): Value[] {
  const to = duckdbType(dataType(type));
  return values.map((value) => ({
    sql: () => `${plainLiteral(value, type.kind)}::${to}`,
    wrong: (cause) =>
      new MillraceError(
        `${place} is compared with ${JSON.stringify(String(value))}, which is no ${type.kind}`,
        {
          code: "ingest/bad-value",
          hint: "Give oneOf() and between() values of the column's own type: dates as 2024-12-31.",
          cause,
        },
      ),
  }));
}

function patternValue(name: string, column: string, pattern: string): Value {
  return {
    sql: () => `regexp_full_match('', ${quoteText(pattern)})`,
    wrong(cause) {
      const reason = sqlFaultOf(cause)?.message ?? String(cause);
      return new MillraceError(
        `The pattern of column "${column}" of ${name} is no regular expression: ${reason}`,
        {
          code: "ingest/bad-pattern",
          hint: "Patterns are RE2: no look-ahead, no back-references.",
          cause,
        },
      );
    },
  };
}
