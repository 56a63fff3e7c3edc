/** A table made of tables by SQL, as a person declares it. */

import { MillraceError } from "../base/error.ts";
import { anything, checkOptions, kindOf, made, textList, wrongOption } from "../base/option.ts";
import { suggestWord } from "../base/suggest.ts";
import { type Constraints, checkConstraints } from "../lake/constraint.ts";
import { checkTableProperties, type TableProperties } from "../lake/property.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { ColumnDefinition, Columns, RowOf } from "../schema/column.ts";
import { checkTableName, type Name, type Table } from "../schema/table.ts";
import {
  type CheckedTransformWrite,
  checkTransformWrite,
  columnsOfWrite,
  type TransformWrite,
} from "../schema/write.ts";
import { isSql, type Sql } from "../sql/template.ts";
import type { Check } from "./check.ts";

/** One transform in the words of each engine. */
export interface Dialects {
  readonly duckdb: Sql;
  readonly spark: Sql;
}

type ColumnName<C extends Columns> = [C] extends [never] ? string : Name<C>;

export interface TransformOptions<C extends Columns> {
  /** Declared, the shape is checked before anything is written and rows are typed; left out, it is what the SQL gives. */
  readonly columns?: C;
  /**
   * `overwrite`, unless told, makes the table anew. `append` adds what new rows of the inputs give, `merge` computes
   * the keys again that changed rows have; both make the table anew wherever that would give another result.
   * `replaceWhere` and `overwrite partitions` replace the part of the table that the query is about, and keep the rest.
   */
  readonly write?: TransformWrite<ColumnName<C>>;
  /** What must hold of a new version before it is committed; the key says what is meant. */
  readonly checks?: Readonly<Record<string, Check>>;
  readonly partitionBy?: readonly ColumnName<C>[];
  /**
   * What the table itself promises of each row, to whoever writes it: `{ positive: sql\`amount > 0\` }`; checked as
   * checks are, and null breaks it too. One that is declared no more stays; `"drop"` takes it off.
   */
  readonly constraints?: Constraints;
  /** Of the Delta table: `{ "delta.enableChangeDataFeed": "true" }`. */
  readonly properties?: TableProperties;
  readonly schedule?: Schedule;
}

/** What `transform` checked once. */
interface TransformDefinition extends CheckedTransformWrite {
  readonly query: Dialects;
  readonly columns: Readonly<Record<string, ColumnDefinition>> | undefined;
  readonly checks: Readonly<Record<string, Check>>;
  readonly partitionBy: readonly string[];
  readonly constraints: Constraints;
  readonly properties: TableProperties;
  readonly schedule: Schedule | undefined;
}

/** A table that a query makes, whenever what it reads or says has changed. */
export interface Transformed<R = Record<string, unknown>> extends Table<R> {
  readonly step: "transform";
  readonly definition: TransformDefinition;
}

export function transform<const C extends Columns = never>(
  name: string,
  query: Sql | Dialects,
  how: TransformOptions<C> = {},
): Transformed<[C] extends [never] ? Record<string, unknown> : RowOf<C>> {
  checkTableName(name, "A table");
  const place = `transform("${name}")`;
  const options = checkOptions<TransformOptions<C>>(place, how, {
    columns: anything,
    write: anything,
    checks: checkChecks,
    partitionBy: textList,
    constraints: anything,
    properties: anything,
    schedule: made(["schedule"], 'cron("0 * * * *") or every("5 min")'),
  });
  const columns =
    options.columns === undefined ? undefined : declaredColumns(options.columns, place);
  const written = checkTransformWrite(options.write, place);
  for (const column of options.partitionBy ?? [])
    checkKnown(column, columns, `${place} is partitioned by`);
  for (const column of columnsOfWrite(written))
    checkKnown(column, columns, `The option write of ${place} names`);
  if (written.write === "overwrite partitions" && (options.partitionBy ?? []).length === 0) {
    const wanted = 'something else without partitions: say partitionBy: ["day"] too';
    throw wrongOption(`The option write of ${place}`, written.write, wanted);
  }
  const definition: TransformDefinition = Object.freeze({
    query: dialectsOf(query, place),
    columns,
    ...written,
    checks: Object.freeze({ ...options.checks }),
    partitionBy: options.partitionBy ?? [],
    constraints: checkConstraints(options.constraints, place),
    properties: checkTableProperties(options.properties, place),
    schedule: options.schedule,
  });
  return Object.freeze({ kind: "table", step: "transform", name, definition });
}

export function isTransformed(value: unknown): value is Transformed {
  return (
    kindOf(value) === "table" &&
    "step" in (value as object) &&
    (value as Transformed).step === "transform"
  );
}

function checkKnown(
  column: string,
  columns: Readonly<Record<string, unknown>> | undefined,
  what: string,
): void {
  if (columns === undefined || Object.hasOwn(columns, column)) return;
  throw new MillraceError(`${what} "${column}", which is no column`, {
    code: "project/unknown-column",
    hint: suggestWord(column, Object.keys(columns)),
  });
}

function dialectsOf(query: Sql | Dialects, place: string): Dialects {
  if (isSql(query)) return { duckdb: query, spark: query };
  if (typeof query === "object" && query !== null && isSql(query.duckdb) && isSql(query.spark))
    return query;
  throw wrongOption(
    `The query of ${place}`,
    query,
    'sql`...`, sqlFile("name.sql", { ... }) or { duckdb: sql`...`, spark: sql`...` }',
  );
}

function declaredColumns(
  columns: Columns,
  place: string,
): Readonly<Record<string, ColumnDefinition>> {
  const entries = Object.entries(columns);
  const wrong = entries.find(([, column]) => kindOf(column) !== "column");
  if (entries.length === 0 || wrong !== undefined) {
    throw wrongOption(
      `The column "${wrong?.[0] ?? ""}" of ${place}`,
      wrong?.[1],
      "a column such as text() or integer()",
    );
  }
  return Object.freeze(
    Object.fromEntries(entries.map(([name, { definition }]) => [name, definition])),
  );
}

function checkChecks(checks: unknown, name: string): void {
  const isGood =
    typeof checks === "object" &&
    checks !== null &&
    Object.values(checks).every((one) => kindOf(one) === "check");
  if (!isGood)
    throw wrongOption(
      name,
      checks,
      'an object from a meaning to a check: { "ids are unique": unique("id") }',
    );
}
