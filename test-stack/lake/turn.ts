/** One change of a table, as each of three writers makes it and as a plain table in memory does. */

import { join } from "node:path";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import type { Lake } from "../../test/delta/lake.ts";
import { call, merge, write } from "./delta-rs.ts";
import { spark, sparkTable } from "./spark.ts";

/** Rows are queries, conditions and values expressions, in words that every engine has. */
export type Turn =
  | { readonly kind: "append"; readonly rows: string }
  | { readonly kind: "delete"; readonly where: string }
  | { readonly kind: "update"; readonly note: string; readonly where: string }
  | { readonly kind: "merge"; readonly rows: string }
  | { readonly kind: "optimise" };

export interface Place {
  readonly lake: Lake;
  readonly folder: string;
}

export type WriterName = "we" | "delta-rs" | "Spark";

export const WRITERS: Readonly<Record<WriterName, (place: Place, turn: Turn) => Promise<unknown>>> =
  {
    we: async ({ lake, folder }, turn) => {
      const table = await lake.open(folder);
      const engine = await lake.engine.session();
      const context = { delta: lake.context, engine };
      try {
        switch (turn.kind) {
          case "append":
            return await lake.append(table, turn.rows);
          case "delete":
            return await deleteRows(context, table, turn);
          case "update":
            return await updateRows(context, table, {
              set: { note: turn.note },
              where: turn.where,
            });
          case "merge":
            return await mergeRows(context, table, {
              source: `(${turn.rows})`,
              on: "source.id = target.id",
              clauses: [
                { when: "matched", do: "update", set: "all" },
                { when: "not matched", do: "insert", values: "all" },
              ],
            });
          case "optimise":
            return await optimize(context, table);
        }
      } finally {
        engine.close();
      }
    },
    "delta-rs": ({ lake, folder }, turn) => {
      const table = join(lake.root, folder);
      switch (turn.kind) {
        case "append":
          return write(table, turn.rows);
        case "delete":
          return call(table, "delete", { predicate: turn.where });
        case "update":
          return call(table, "update", { updates: { note: turn.note }, predicate: turn.where });
        case "merge":
          return merge(table, {
            query: turn.rows,
            on: "s.id = t.id",
            clauses: [
              ["when_matched_update_all", {}],
              ["when_not_matched_insert_all", {}],
            ],
          });
        case "optimise":
          return call(table, "optimize.compact");
      }
    },
    Spark: ({ lake, folder }, turn) => {
      const table = sparkTable(join(lake.root, folder));
      switch (turn.kind) {
        case "append":
          return spark(`INSERT INTO ${table} ${turn.rows}`);
        case "delete":
          return spark(`DELETE FROM ${table} WHERE ${turn.where}`);
        case "update":
          return spark(`UPDATE ${table} SET note = ${turn.note} WHERE ${turn.where}`);
        case "merge":
          return spark(
            `MERGE INTO ${table} t USING (${turn.rows}) s ON s.id = t.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
          );
        case "optimise":
          return spark(`OPTIMIZE ${table}`);
      }
    },
  };

/** The statements that make the same change in a table of the engine in memory. */
export function inMemory(table: string, turn: Turn): readonly string[] {
  switch (turn.kind) {
    case "append":
      return [`INSERT INTO ${table} ${turn.rows}`];
    case "delete":
      return [`DELETE FROM ${table} WHERE ${turn.where}`];
    case "update":
      return [`UPDATE ${table} SET note = ${turn.note} WHERE ${turn.where}`];
    case "merge":
      return [
        `MERGE INTO ${table} AS t USING (${turn.rows}) AS s ON s.id = t.id WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT`,
      ];
    case "optimise":
      return [];
  }
}
