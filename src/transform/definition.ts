/** What a transform is made by, as a number in its table's log: it changes with everything that decides the rows. */

import { createHash } from "node:crypto";
import type { Snapshot } from "../delta/snapshot.ts";
import { sqlOfConstraints } from "../lake/constraint.ts";
import { fieldOf } from "../schema/column-type.ts";
import { tablesOf } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { Transformed } from "./asset.ts";
import { type QueryContext, renderQuery } from "./query.ts";

export const DEFINITION_APP = "millrace/definition";

export interface Transaction {
  readonly appId: string;
  readonly version: bigint;
}

/** What a version was made of, for the commit that makes it. */
export function madeOf(
  context: QueryContext,
  asset: Transformed,
  inputs: ReadonlyMap<string, Snapshot>,
): Transaction[] {
  return [
    { appId: DEFINITION_APP, version: definitionNumber(context, asset) },
    ...[...inputs.values()].map((input) => ({
      appId: inputApp(input),
      version: BigInt(input.version),
    })),
  ];
}

export function inputApp({ metadata }: Snapshot): string {
  return `input/${metadata.id}`;
}

/** The query, and the conditions of checks, constraints and the way of writing. */
export function sqlOfTransform({ definition }: Transformed): Sql[] {
  const related = Object.values(definition.checks).flatMap((check): Sql[] => {
    if (check.test === "holds") return [check.condition];
    return check.test === "related"
      ? [{ kind: "sql", body: { texts: ["", ""], parts: [check.to], origin: undefined } }]
      : [];
  });
  const { query, replaceWhere, deleteWhere, constraints } = definition;
  const own = [replaceWhere, deleteWhere].filter((one) => one !== undefined);
  return [query.duckdb, ...own, ...Object.values(sqlOfConstraints(constraints)), ...related];
}

/** The tables that the query or a check reads, each once. */
export function inputNames(asset: Transformed): string[] {
  return [
    ...new Set(sqlOfTransform(asset).flatMap((sql) => tablesOf(sql).map(({ name }) => name))),
  ];
}

/** A number of 62 bits, for a Delta transaction. */
export function definitionNumber(context: QueryContext, { definition }: Transformed): bigint {
  const { query, checks, columns, partitionBy, write, merge } = definition;
  const own = [definition.replaceWhere, definition.deleteWhere].flatMap((sql) =>
    sql === undefined ? [] : [renderQuery(context, sql).text],
  );
  const conditions = Object.entries(checks).map(([meaning, check]) => {
    if (check.test === "holds")
      return [meaning, check.severity, renderQuery(context, check.condition).text];
    return [meaning, check.test === "related" ? { ...check, to: check.to.name } : check];
  });
  const shape = Object.entries(columns ?? {}).map(([name, one]) => [
    fieldOf(name, one),
    one.optional,
  ]);
  const text = JSON.stringify([
    renderQuery(context, query.duckdb).text,
    conditions,
    shape,
    partitionBy,
    ...(write === "overwrite" ? [] : [write, merge, ...own]),
  ]);
  return createHash("sha256").update(text).digest().readBigUInt64BE() >> 2n;
}
