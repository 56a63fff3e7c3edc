/** A chart as data: what a person asks to see, checked once; the same value serves a PNG, an SVG and a page. */

import { checkOptions, text, truth } from "../base/option.ts";
import type { Sql } from "../sql/template.ts";
import { columns, edges, query, required } from "./option-check.ts";

export type Chart = PlotChart | HistogramChart;

/** Values over places on an axis: one series for each column of `y`, for each value of `by`. */
export interface PlotChart {
  readonly kind: "chart";
  readonly shape: "bar" | "line";
  readonly from: Sql;
  readonly title?: string;
  readonly x: string;
  readonly y: readonly string[];
  readonly by?: string;
  readonly stacked: boolean;
  /** A day between the first and the last that has no row keeps its place, empty. */
  readonly everyDay: boolean;
}

/** How many rows lie between edges; a bin holds its lower edge, and the last one its upper edge too. */
export interface HistogramChart {
  readonly kind: "chart";
  readonly shape: "histogram";
  readonly from: Sql;
  readonly title?: string;
  readonly value: string;
  readonly by?: string;
  /** Ascending; left out, round edges are chosen from the values. */
  readonly edges?: readonly number[];
}

interface PlotOptions {
  readonly from: Sql;
  readonly title?: string;
  /** The column along the axis: text, numbers, dates or timestamps. */
  readonly x: string;
  /** The column or columns with the values. */
  readonly y: string | readonly string[];
  /** A column whose every value becomes a series of its own. */
  readonly by?: string;
  readonly stacked?: boolean;
  readonly everyDay?: boolean;
}

interface HistogramOptions {
  readonly from: Sql;
  readonly title?: string;
  readonly value: string;
  readonly by?: string;
  readonly edges?: readonly number[];
}

/** Charts by their shape. Each throws `project/bad-option` or `project/unknown-option` where its options are not as declared. */
export const chart = Object.freeze({
  bar: (how: PlotOptions): PlotChart => plot("bar", how),
  line: (how: PlotOptions): PlotChart => plot("line", how),
  histogram,
});

function plot(shape: PlotChart["shape"], how: PlotOptions): PlotChart {
  const builder = `chart.${shape}()`;
  const options = checkOptions(builder, how, {
    from: query,
    title: text,
    x: text,
    y: columns,
    by: text,
    stacked: truth,
    everyDay: truth,
  });
  required(builder, options, { from: "sql`select ...`", x: A_COLUMN, y: A_COLUMN });
  const { y, stacked = false, everyDay = false } = options;
  const list = Object.freeze(typeof y === "string" ? [y] : [...y]);
  return Object.freeze({ kind: "chart", shape, ...options, y: list, stacked, everyDay });
}

function histogram(how: HistogramOptions): HistogramChart {
  const builder = "chart.histogram()";
  const options = checkOptions(builder, how, {
    from: query,
    title: text,
    value: text,
    by: text,
    edges,
  });
  required(builder, options, { from: "sql`select ...`", value: A_COLUMN });
  return Object.freeze({ kind: "chart", shape: "histogram", ...options });
}

const A_COLUMN = "the name of a column of the query";
