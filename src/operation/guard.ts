/** What a table demands of every row that is added to it, put into the query that makes the rows. */

import { MillraceError, messageOf } from "../base/error.ts";
import { rulesOf, type TableRule } from "../delta/table-rule.ts";
import type { Engine } from "../engine/engine.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import { duckdbType } from "../engine/type.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { requiredValues } from "./required-value.ts";
import { fromSparkExpression } from "./spark-expression.ts";

export interface GuardedTable {
  readonly folder: string;
  readonly fields: readonly Field[];
  readonly configuration: Readonly<Record<string, string>>;
}

/** A condition beyond the table's own, which must be true: null breaks it as false does. */
export interface Demand {
  /** As messages name it. */
  readonly name: string;
  readonly condition: string;
}

export interface Guard {
  /** The rules of the table that a wrapped query keeps: for `Change.kept`. */
  readonly kept: readonly string[];
  /** The query, over the table's own names, so that it fails at a row that breaks a rule. */
  wrap(query: string): string;
  /** Runs `act`, which runs wrapped queries; a broken rule becomes `operation/rule-broken`, which shows the row. */
  watch<T>(act: () => Promise<T>): Promise<T>;
}

const ROW = quoteName("new row");
const MARK = "millrace rule";
const LONGEST_ROW = 2000;

/**
 * NOT NULL at every level, CHECK constraints, invariants and generated columns. Identity columns are
 * left to the commit, which refuses them. A condition that the engine does not understand is
 * `operation/unknown-rule`.
 */
export async function guardOf(
  engine: Engine,
  table: GuardedTable,
  demands: readonly Demand[] = [],
): Promise<Guard> {
  const rules = rulesOf(table.fields, table.configuration).filter(
    ({ kind }) => kind !== "identity",
  );
  const stated = rules.map((rule) => ({ name: rule.name, condition: conditionOf(rule) }));
  await checkUnderstood(engine, table, stated);
  const broken = [
    ...requiredValues(table.fields).map(({ name, isMissing }) => ({
      name: `NOT NULL of column ${name}`,
      isBroken: isMissing,
    })),
    ...[...stated, ...demands].map(({ name, condition }) => ({
      name,
      isBroken: `(${condition}) IS NOT TRUE`,
    })),
  ];
  return {
    kept: rules.map(({ name }) => name),
    wrap: (query) => (broken.length === 0 ? query : guarded(query, broken)),
    watch: async (act) => {
      try {
        return await act();
      } catch (error) {
        throw brokenRule(error, table, broken) ?? error;
      }
    },
  };
}

interface Breach {
  readonly name: string;
  /** True of a row that breaks the rule. */
  readonly isBroken: string;
}

function guarded(query: string, broken: readonly Breach[]): string {
  const cases = broken.map(
    ({ isBroken }, index) =>
      `WHEN ${isBroken} THEN CAST(error(${quoteText(`${MARK} ${index}: `)} || left(CAST(to_json(${ROW}) AS VARCHAR), ${LONGEST_ROW})) AS BOOLEAN)`,
  );
  return `SELECT * FROM (\n${query}\n) AS ${ROW} WHERE CASE ${cases.join(" ")} ELSE true END`;
}

function conditionOf({ kind, expression, column = [] }: TableRule): string {
  const condition = fromSparkExpression(expression);
  if (kind !== "generated") return `\n${condition}\n`;
  return `${column.map(quoteName).join(".")} IS NOT DISTINCT FROM (\n${condition}\n)`;
}

async function checkUnderstood(
  engine: Engine,
  { folder, fields }: GuardedTable,
  demands: readonly Demand[],
): Promise<void> {
  const row = fields
    .map(({ name, type }) => `CAST(NULL AS ${duckdbType(type)}) AS ${quoteName(name)}`)
    .join(", ");
  for (const { name, condition } of demands) {
    try {
      await engine.describe(`SELECT CAST((${condition}) AS BOOLEAN) FROM (SELECT ${row})`);
    } catch (error) {
      throw new MillraceError(
        `The ${name} of table ${folder} cannot be checked here: ${messageOf(error)}`,
        {
          code: "operation/unknown-rule",
          hint: "Write the table with the engine that made the rule, or state the rule in plain SQL.",
          cause: error,
        },
      );
    }
  }
}

function brokenRule(
  error: unknown,
  { folder }: GuardedTable,
  broken: readonly Breach[],
): MillraceError | undefined {
  const message = sqlFaultOf(error)?.message;
  const [, index = "", row = ""] = /millrace rule (\d+): ([\s\S]*)/.exec(message ?? "") ?? [];
  const rule = broken[Number(index)];
  if (index === "" || rule === undefined) return undefined;
  return new MillraceError(`A new row of table ${folder} breaks its ${rule.name}: ${row}`, {
    code: "operation/rule-broken",
    hint: "Nothing was written. Leave such rows out, mend them, or take the rule off the table.",
    cause: error,
  });
}
