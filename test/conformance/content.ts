/** Comparing a table version with the rows it should hold. */

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import type { TableFiles } from "../../src/schema/table-files.ts";
import type { DataType } from "../../src/schema/type.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";

/** Fails unless the relation has the table's types and, without regard to order, the rows in the Parquet files of `folder`. */
export async function assertSameRows(
  engine: Engine,
  table: TableFiles,
  { folder, except = [] }: { folder: string; except?: readonly string[] },
): Promise<void> {
  const relation = engine.relation(table);
  const found = await engine.describe(`SELECT * FROM ${relation}`);
  const shape = (fields: readonly { name: string; type: DataType }[]) =>
    fields.map(({ name, type }) => `${name}: ${JSON.stringify(plain(type))}`);
  assert.deepEqual(shape(found), shape(table.fields));
  const paths = globSync("**/*.parquet", { cwd: folder }).map((path) => join(folder, path));
  if (paths.length === 0) {
    const [row] = await engine.rows(`SELECT count(*) AS n FROM ${relation}`);
    assert.equal(row?.n, 0n);
    return;
  }
  const expected = `read_parquet([${paths.map(quoteText).join(", ")}], hive_partitioning = false)`;
  const names = (
    await engine.rows(`SELECT column_name AS name FROM (DESCRIBE SELECT * FROM ${expected})`)
  ).map((row) => String(row.name));
  const lower = names.map((name) => name.toLowerCase()).toSorted();
  const own = table.fields.map(({ name }) => name.toLowerCase()).toSorted();
  assert.deepEqual(lower, own);
  const compared = table.fields.filter(({ name }) => !except.includes(name));
  const types = new Map(
    (
      await engine.rows(
        `SELECT column_name AS name, column_type AS type FROM (DESCRIBE SELECT * FROM ${relation})`,
      )
    ).map((row) => [String(row.name), String(row.type)]),
  );
  const wanted = compared.map(
    ({ name }) => `CAST(${quoteName(name)} AS ${types.get(name)}) AS ${quoteName(name)}`,
  );
  const given = compared.map(({ name }) => quoteName(name));
  const left = `SELECT ${given.join(", ")} FROM ${relation}`;
  const right = `SELECT ${wanted.join(", ")} FROM ${expected}`;
  const surplus = await engine.rows(`(${left}) EXCEPT ALL (${right}) LIMIT 3`);
  const missing = await engine.rows(`(${right}) EXCEPT ALL (${left}) LIMIT 3`);
  assert.deepEqual({ surplus, missing }, { surplus: [], missing: [] });
}

/** A type without what a query cannot show: nullability and column metadata. */
function plain(type: DataType): unknown {
  if (typeof type === "string") return type === "void" ? "integer" : type;
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "array":
      return [plain(type.element)];
    case "map":
      return { key: plain(type.key), value: plain(type.value) };
    case "struct":
      return type.fields.map((field) => [field.name, plain(field.type)]);
  }
}
