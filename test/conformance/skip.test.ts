/** Leaving out files by what other writers say of them: in no conformance case does a filter lose a row. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Filter, FilterValue } from "../../src/delta/filter.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { type DeltaContext, openScan, openSnapshot, scan } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine, Row } from "../../src/engine/engine.ts";
import type { TableFiles } from "../../src/schema/table-files.ts";
import type { Field } from "../../src/schema/type.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";
import { localStorage } from "../../src/storage/local.ts";
import { CONFORMANCE, listCases } from "./case.ts";

/** Beyond this a case only costs time. */
const MOST_ROWS = 5000;

const cases = listCases().filter(
  ({ expect }) => expect.kind === "rows" && (expect.rows ?? 0) <= MOST_ROWS,
);

test("no filter on any column of a conformance case loses a row", async (context) => {
  if (cases.length === 0) return context.diagnostic(`no cases in ${CONFORMANCE}`);
  let left = 0;
  for (const item of cases) {
    const delta = contextOf(item.folder);
    const snapshot = await openSnapshot(delta, "delta");
    assert.ok(snapshot !== undefined);
    if (snapshot.files.length > 1) left += await checkTable(delta, snapshot, item.name);
  }
  assert.ok(left > 1000, `only ${left} files were left out`);
});

let engine: Engine;
before(async () => {
  engine = await createDuckDB();
});
after(() => engine.close());

function contextOf(folder: string): DeltaContext {
  const clock = { now: () => new Date(), sleep: async () => {} };
  return { storage: localStorage(folder), parquet: engine, clock };
}

/** How many times a file was left out. */
async function checkTable(delta: DeltaContext, snapshot: Snapshot, name: string): Promise<number> {
  const all = await scan(delta, snapshot);
  const columns = snapshot.metadata.fields.filter(isOrdered);
  await engine.run(`CREATE OR REPLACE TEMP TABLE whole AS SELECT * FROM ${engine.relation(all)}`);
  let left = 0;
  for (const { name: column } of columns) {
    const quoted = quoteName(column);
    const [ends] = await engine.rows(
      `SELECT min(${quoted}) AS low, quantile_disc(${quoted}, 0.5) AS middle, max(${quoted}) AS high FROM whole`,
    );
    for (const filter of filtersOf(column, ends)) {
      const chosen = await scan(delta, snapshot, [filter]);
      // Only partition values decide what is read of a checkpoint.
      if (snapshot.metadata.partitionColumns.includes(column)) {
        const opened = await openScan(delta, "delta", [filter]);
        assert.deepEqual(
          pathsOf(opened?.table),
          pathsOf(chosen),
          `${name}: ${conditionOf(filter)}`,
        );
      }
      if (chosen.files.length === all.files.length) continue;
      left += all.files.length - chosen.files.length;
      const where = conditionOf(filter);
      const [counts] = await engine.rows(
        `SELECT (SELECT count(*) FROM whole WHERE ${where}) AS wanted, (SELECT count(*) FROM ${engine.relation(chosen)} WHERE ${where}) AS found`,
      );
      assert.equal(counts?.found, counts?.wanted, `${name}: ${where}`);
    }
  }
  return left;
}

function pathsOf(table: TableFiles | undefined): string[] | undefined {
  return table?.files.map(({ path }) => path).toSorted();
}

function isOrdered({ type }: Field): boolean {
  return typeof type === "string" ? !["binary", "void"].includes(type) : type.kind === "decimal";
}

function filtersOf(column: string, ends: Row | undefined): Filter[] {
  const values = Object.values(ends ?? {}).filter((value) => value !== null) as FilterValue[];
  return [
    { column, op: "is null" },
    { column, op: "is not null" },
    { column, op: "in", values },
    ...values.flatMap((value) =>
      (["=", "<", "<=", ">", ">="] as const).map((op): Filter => ({ column, op, value })),
    ),
  ];
}

function conditionOf(filter: Filter): string {
  const name = quoteName(filter.column);
  const literal = (value: FilterValue) => quoteText(String(value));
  if (filter.op === "in") return `${name} IN (${filter.values.map(literal).join(", ") || "NULL"})`;
  return "value" in filter
    ? `${name} ${filter.op} ${literal(filter.value)}`
    : `${name} ${filter.op}`;
}
