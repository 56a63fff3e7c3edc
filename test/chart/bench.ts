/** Charts drawn over a real DuckDB, which is gone after the tests of a file. */

import { after } from "node:test";
import type { Chart } from "../../src/chart/chart.ts";
import { type ChartOption, chartOption } from "../../src/chart/option.ts";
import type { ChartRow } from "../../src/chart/point.ts";
import { chartQuery } from "../../src/chart/query.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { sql } from "../../src/sql/template.ts";

/** What a chart of these tests names as its query; the text is given apart, as a run gives it. */
export const from = sql`from anything`;

let opening: Promise<Engine> | undefined;
after(async () => (await opening)?.close());

/** The rows that are drawn for the query `text`. */
export async function rowsOf(chart: Chart, text: string): Promise<readonly ChartRow[]> {
  opening ??= createDuckDB();
  return (await opening).rows(chartQuery(chart, text));
}

export async function optionOf(chart: Chart, text: string): Promise<ChartOption> {
  return chartOption(chart, await rowsOf(chart, text));
}

/** A part of an option by its path, as JSON has it. */
export function part(option: ChartOption, path: string): unknown {
  let at: unknown = JSON.parse(JSON.stringify(option));
  for (const key of path.split(".")) {
    at = typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined;
  }
  return at;
}
