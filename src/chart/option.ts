/** From a chart and the rows of its query to an ECharts option: plain JSON, the same for a page and a picture. */

import type { EChartsOption } from "echarts";
import type { Chart } from "./chart.ts";
import { DEFAULT_SIZE, type Size } from "./frame.ts";
import { histogramOption } from "./histogram-option.ts";
import { plotOption } from "./plot-option.ts";
import { type ChartRow, readBins, readPoints } from "./point.ts";

export type ChartOption = EChartsOption;

/**
 * The option for the rows that `chartQuery` gave, laid out for a picture of `size`. Throws
 * `chart/too-many-points`, `chart/too-many-series` or `chart/two-values` where the rows are no chart.
 */
export function chartOption(
  chart: Chart,
  rows: readonly ChartRow[],
  size: Size = DEFAULT_SIZE,
): ChartOption {
  const title = chart.title === undefined ? `A ${chart.shape} chart` : `"${chart.title}"`;
  return chart.shape === "histogram"
    ? histogramOption(chart, readBins(title, rows), size)
    : plotOption(chart, readPoints(title, rows), size);
}
