/** A small table and the operations on it, for tests of changes of rows. */

import type { TestContext } from "node:test";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { rulesOf } from "../../src/delta/table-rule.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";

export const FIELDS = [column("id", "long"), column("v", "string"), column("p", "string")];
export const VECTORS = { "delta.enableDeletionVectors": "true" };
export const FEED = { "delta.enableChangeDataFeed": "true" };

export interface Bench {
  readonly lake: Lake;
  readonly context: TableContext;
}

export async function openBench(t: TestContext): Promise<Bench> {
  const lake = await openLake();
  t.after(() => lake.close());
  return { lake, context: { delta: lake.context, engine: lake.engine } };
}

/** `files` files of ten rows each: ids from 0 on, `v` of `v0` and so on, `p` of the file. */
export async function tenEach(
  { lake }: Bench,
  files: number,
  spec: Partial<TableSpec> = {},
): Promise<Snapshot> {
  let table = await lake.create("t", { fields: FIELDS, ...spec });
  const { fields, configuration } = table.metadata;
  const kept = rulesOf(fields, configuration).map(({ name }) => name);
  for (let file = 0; file < files; file += 1) {
    table = await lake.append(
      table,
      `SELECT CAST(range AS BIGINT) AS id, 'v' || range AS v, 'p${file}' AS p FROM range(${file * 10}, ${file * 10 + 10})`,
      { kept },
    );
  }
  return table;
}

export const idsOf = async ({ lake }: Bench, table: Snapshot): Promise<number[]> =>
  (await lake.rows(table, "id")).map(({ id }) => Number(id));
