/** The checks of a table run on a new version before it is committed. */

import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import { suggestWord } from "../base/suggest.ts";
import type { Engine, Row } from "../engine/engine.ts";
import { viewName } from "../lake/lake.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext } from "../lake/step.ts";
import { literal } from "../sql/literal.ts";
import { quoteName } from "../sql/quote.ts";
import type { Check } from "./check.ts";
import { renderQuery } from "./query.ts";

/** Offending rows that are shown. */
const SHOWN = 5;

export interface FailedCheck {
  readonly meaning: string;
  readonly severity: Check["severity"];
  readonly message: string;
}

export interface CheckInput {
  readonly context: Pick<StepContext, "param">;
  readonly session: Engine;
  readonly table: string;
  /** The new version, as it can stand in FROM. */
  readonly relation: string;
  readonly columns: readonly string[];
  readonly checks: Readonly<Record<string, Check>>;
}

/** All checks that do not hold, in the order of the project. */
export async function testChecks(input: CheckInput): Promise<FailedCheck[]> {
  const failed: FailedCheck[] = [];
  for (const [meaning, check] of Object.entries(input.checks)) {
    const message = await offence(input, meaning, check);
    if (message !== undefined) failed.push({ meaning, severity: check.severity, message });
  }
  return failed;
}

/** What is wrong, or undefined where the check holds. */
async function offence(
  input: CheckInput,
  meaning: string,
  check: Check,
): Promise<string | undefined> {
  const { session, relation, columns, context } = input;
  if (check.test === "row count") {
    const [row] = await session.rows(`select count(*) as n from ${relation}`);
    const count = Number(row?.n ?? 0);
    if (check.min !== undefined && count < check.min)
      return `it has ${count} rows and must have at least ${check.min}`;
    return check.max !== undefined && count > check.max
      ? `it has ${count} rows and must have at most ${check.max}`
      : undefined;
  }
  const place = `the check "${meaning}" of ${input.table}`;
  for (const column of columnsOf(check)) checkColumn(column, columns, place);
  if (check.test === "related") {
    const keys = await session.describe(`from ${viewName(check.to.name)}`);
    const names = keys.map(({ name }) => name);
    checkColumn(check.key, names, `${place} in ${check.to.name}`);
  }
  const query = offendersOf(input, check);
  const run = async (): Promise<{ rows: Row[]; count: number }> => {
    const rows = await session.rows(`select * from (${query}) limit ${SHOWN}`);
    if (rows.length === 0) return { rows, count: 0 };
    const [total] = await session.rows(`select count(*) as n from (${query})`);
    return { rows, count: Number(total?.n ?? 0) };
  };
  const { rows, count } =
    check.test === "holds"
      ? await atItsPlace(
          {
            name: place,
            code: "transform/sql",
            rendered: renderQuery(context, check.condition),
            linesBefore: 1,
          },
          run,
        )
      : await run();
  if (count === 0) return undefined;
  const shown = rows.map((row) => `\n    ${renderJson(row).slice(0, 300)}`).join("");
  return `${countOf(check, count)}, such as${shown}`;
}

function countOf({ test }: Check, count: number): string {
  if (test === "unique")
    return count === 1 ? "1 key stands more than once" : `${count} keys stand more than once`;
  return count === 1 ? "1 row offends" : `${count} rows offend`;
}

function checkColumn(column: string, columns: readonly string[], place: string): void {
  if (columns.some((known) => known.toLowerCase() === column.toLowerCase())) return;
  throw new MillraceError(`There is no column "${column}" for ${place}`, {
    code: "transform/check-column",
    hint: suggestWord(column, columns),
  });
}

function columnsOf(check: Check): readonly string[] {
  if (check.test === "unique" || check.test === "not null") return check.columns;
  return check.test === "accepted" || check.test === "related" ? [check.column] : [];
}

function offendersOf(
  { relation, context }: CheckInput,
  check: Exclude<Check, { test: "row count" }>,
): string {
  switch (check.test) {
    case "unique": {
      const list = check.columns.map(quoteName).join(", ");
      const present = check.columns
        .map((column) => `${quoteName(column)} is not null`)
        .join(" and ");
      return `select ${list}, count(*) as rows from ${relation} where ${present} group by ${list} having count(*) > 1`;
    }
    case "not null":
      return `select * from ${relation} where ${check.columns.map((column) => `${quoteName(column)} is null`).join(" or ")}`;
    case "accepted":
      return `select * from ${relation} where ${quoteName(check.column)} not in (${check.values.map(literal).join(", ")})`;
    case "related": {
      const column = quoteName(check.column);
      return `select t.* from ${relation} t where t.${column} is not null and not exists (select 1 from ${viewName(check.to.name)} k where k.${quoteName(check.key)} = t.${column})`;
    }
    case "holds":
      return `select * from ${relation} where not coalesce((\n${renderQuery(context, check.condition).text}\n), false)`;
  }
}
