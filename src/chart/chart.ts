/** A chart as data: what a person asks to see, checked once; the same value serves a PNG, an SVG and a page. */

import type { Sql } from "../sql/template.ts";
import {
  checkEdges,
  checkFlag,
  checkKnown,
  checkName,
  checkNames,
  checkQuery,
  checkTitle,
} from "./check.ts";

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

export interface PlotOptions {
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

export interface HistogramOptions {
  readonly from: Sql;
  readonly title?: string;
  readonly value: string;
  readonly by?: string;
  readonly edges?: readonly number[];
}

/** Charts by their shape. Each throws `chart/wrong-option` or `chart/unknown-option` where its options are not as declared. */
export const chart = Object.freeze({
  bar: (how: PlotOptions): PlotChart => plot("bar", how),
  line: (how: PlotOptions): PlotChart => plot("line", how),
  histogram,
});

const PLOT_OPTIONS = ["from", "title", "x", "y", "by", "stacked", "everyDay"];
const HISTOGRAM_OPTIONS = ["from", "title", "value", "by", "edges"];

function plot(shape: PlotChart["shape"], how: PlotOptions): PlotChart {
  const place = `chart.${shape}`;
  checkKnown(place, how, PLOT_OPTIONS);
  return Object.freeze({
    kind: "chart",
    shape,
    from: checkQuery(place, how.from),
    ...optional("title", checkTitle(place, how.title)),
    x: checkName(place, "x", how.x),
    y: checkNames(place, "y", how.y),
    ...optional("by", how.by === undefined ? undefined : checkName(place, "by", how.by)),
    stacked: checkFlag(place, "stacked", how.stacked),
    everyDay: checkFlag(place, "everyDay", how.everyDay),
  });
}

function histogram(how: HistogramOptions): HistogramChart {
  const place = "chart.histogram";
  checkKnown(place, how, HISTOGRAM_OPTIONS);
  return Object.freeze({
    kind: "chart",
    shape: "histogram",
    from: checkQuery(place, how.from),
    ...optional("title", checkTitle(place, how.title)),
    value: checkName(place, "value", how.value),
    ...optional("by", how.by === undefined ? undefined : checkName(place, "by", how.by)),
    ...optional("edges", how.edges === undefined ? undefined : checkEdges(place, how.edges)),
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
