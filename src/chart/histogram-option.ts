/** Histograms as ECharts options. */

import type { BarSeriesOption, EChartsOption } from "echarts";
import { chooseLabels } from "./axis-label.ts";
import type { HistogramChart } from "./chart.ts";
import { axisLook, emptyFrame, frame, LABEL_PX, labelLook, plotSize, type Size } from "./frame.ts";
import { exactNumber, placeNumber, roundNumber } from "./number.ts";
import { colorOf } from "./palette.ts";
import type { Bin, Bins } from "./point.ts";
import { axisName, legendNames, roughWidth } from "./text.ts";

const MOST_TICKS = 12;

/**
 * Bins of one width stand on an axis of numbers. Bins of different widths stand side by side, each
 * with its range below it: drawn to scale, the wide ones would look fuller than they are.
 */
export function histogramOption(chart: HistogramChart, counted: Bins, size: Size): EChartsOption {
  const names = legendNames(counted.series);
  const surroundings = {
    title: chart.title,
    notes: notesOf(chart, counted),
    series: chart.by === undefined ? [] : names,
    size,
  };
  const ranges = counted.bins.filter(({ series }) => series === counted.series[0]);
  if (ranges.length === 0) return emptyFrame(surroundings);
  return {
    ...frame(surroundings),
    xAxis: axisOf(chart, counted, ranges, size),
    yAxis: {
      ...axisLook("rows"),
      type: "value",
      minInterval: 1,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: labelLook,
    },
    series: counted.series.map((name, index) => ({
      ...barsOf(
        counted.bins.filter(({ series }) => series === name),
        counted.series.length === 1,
        size,
      ),
      name: chart.by === undefined ? "rows" : (names[index] ?? name),
      itemStyle: { color: colorOf(index) },
    })),
  };
}

function barsOf(bins: readonly Bin[], labelled: boolean, size: Size): BarSeriesOption {
  const texts = bins.map(({ rows }) => roundNumber(rows));
  const slot = plotSize(size).width / bins.length;
  const fits = labelled && texts.every((text) => roughWidth(text, LABEL_PX) + 2 <= slot);
  return {
    type: "bar",
    stack: "all",
    barWidth: "96%",
    emphasis: { disabled: true },
    data: bins.map(({ rows }, index) =>
      fits && rows > 0
        ? {
            value: rows,
            label: { show: true, position: "top", formatter: texts[index] ?? "", ...labelLook },
          }
        : rows,
    ),
  };
}

function axisOf(
  chart: HistogramChart,
  { single }: Bins,
  ranges: readonly Bin[],
  size: Size,
): NonNullable<EChartsOption["xAxis"]> {
  const name = axisName(chart.value);
  const labels = ranges.map((bin) => (single ? placeNumber(bin.low) : rangeText(bin)));
  if (single || !haveOneWidth(ranges)) {
    const places = labels.map((label) => ({ key: label, label }));
    const { look } = chooseLabels(places, { size, mayLie: false });
    const axisLabel = { ...labelLook, ...look };
    return {
      ...axisLook(name),
      type: "category",
      data: labels,
      axisTick: { show: false },
      axisLabel,
    };
  }
  const edges = [...ranges.map(({ low }) => low), ranges.at(-1)?.high ?? 0];
  const every = Math.ceil(ranges.length / MOST_TICKS);
  const ticks = edges.filter((_, index) => index % every === 0);
  const scale = {
    ...axisLook(name),
    type: "value",
    position: "bottom",
    min: edges[0] ?? 0,
    max: edges.at(-1) ?? 1,
    splitLine: { show: false },
    axisLine: { show: true, onZero: false },
    axisTick: { show: true, customValues: ticks },
    axisLabel: { ...labelLook, customValues: ticks, hideOverlap: true },
  } as const;
  // The bars stand on an axis of categories that is not shown, exactly between the ticks of the one that is.
  return [{ type: "category", data: labels, show: false }, scale];
}

function haveOneWidth(bins: readonly Bin[]): boolean {
  const width = (bins[0]?.high ?? 0) - (bins[0]?.low ?? 0);
  return bins.every(({ low, high }) => Math.abs(high - low - width) <= width * 1e-6);
}

function rangeText({ low, high }: Bin): string {
  return `${placeNumber(low)} – ${placeNumber(high)}`;
}

function notesOf(chart: HistogramChart, { bins, left }: Bins): string[] {
  const low = bins[0]?.low ?? chart.edges?.[0];
  const high = bins.at(-1)?.high ?? chart.edges?.at(-1);
  const parts: readonly (readonly [number, string])[] = [
    [left.below, low === undefined ? "infinitely small" : `below ${placeNumber(low)}`],
    [left.above, high === undefined ? "infinitely large" : `above ${placeNumber(high)}`],
    [left.nan, "not a number"],
    [left.null, `without ${axisName(chart.value)}`],
  ];
  const texts = parts
    .filter(([rows]) => rows > 0)
    .map(([rows, what]) => `${exactNumber(rows)} ${what}`);
  if (texts.length === 0) return [];
  const total = left.below + left.above + left.nan + left.null;
  return [`Not drawn: ${exactNumber(total)} ${total === 1 ? "row" : "rows"} (${texts.join(", ")})`];
}
