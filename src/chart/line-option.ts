/** The axes and series of line charts. */

import type { EChartsOption, LineSeriesOption } from "echarts";
import { chooseLabels } from "./axis-label.ts";
import type { PlotChart } from "./chart.ts";
import { axisLook, labelLook, type Size } from "./frame.ts";
import { colorOf, lineOf } from "./palette.ts";
import { type AxisPlace, spanText } from "./place.ts";
import { categoryAxis, valueAxis } from "./plot-axis.ts";
import type { TableSeries } from "./plot-table.ts";
import type { PlaceKind } from "./point.ts";
import { axisName } from "./text.ts";

/** With more places than these a line without marks reads better. */
const MOST_MARKS = 31;

/** `kind` is that of the axis: "text" for places side by side. */
export function lineOption(
  chart: PlotChart,
  places: readonly AxisPlace[],
  table: readonly TableSeries[],
  { kind, size }: { readonly kind: PlaceKind; readonly size: Size },
): EChartsOption {
  const marked = places.length <= MOST_MARKS;
  const series = table.map(
    ({ name, values }, index): LineSeriesOption => ({
      type: "line",
      name,
      ...(chart.stacked ? { stack: "all", areaStyle: { opacity: 0.5 } } : {}),
      itemStyle: { color: colorOf(index) },
      lineStyle: { color: colorOf(index), type: lineOf(index), width: 2 },
      symbol: marked ? "circle" : "none",
      symbolSize: 6,
      emphasis: { disabled: true },
      data: kind === "text" ? beside(values, marked) : along(chart, places, values, marked),
    }),
  );
  return {
    xAxis: lineAxis(chart, places, { kind, size }),
    yAxis: valueAxis(chart, table, { lies: false }),
    series,
  };
}

type LineData = NonNullable<LineSeriesOption["data"]>;

/** A line over categories breaks where a value is missing. */
function beside(values: TableSeries["values"], marked: boolean): LineData {
  return values.map((value, index) => {
    if (value == null) return null;
    return marked || !isAlone(values, index) ? value : { value, ...MARK };
  });
}

/**
 * A line over times or numbers breaks where a row has no value, and with `everyDay` at each day
 * without a row; it goes straight on over places where only other series have rows.
 */
function along(
  chart: PlotChart,
  places: readonly AxisPlace[],
  values: TableSeries["values"],
  marked: boolean,
): LineData {
  const points = places
    .map(({ key }, index) => ({ place: Number(key), value: values[index] }))
    .filter(({ value }) => value !== undefined || chart.everyDay);
  const drawn = points.map(({ value }) => value);
  return points.map(({ place, value }, index) => {
    const point: [number, number | null] = [place, value ?? null];
    // ECharts takes null for a gap, which its types do not say.
    const datum = point as [number, number];
    return marked || value == null || !isAlone(drawn, index) ? datum : { value: datum, ...MARK };
  });
}

/** A point between two gaps has no line to show it, so it gets a mark. */
function isAlone(values: TableSeries["values"], index: number): boolean {
  return values[index - 1] == null && values[index + 1] == null;
}

const MARK = { symbol: "circle", symbolSize: 5 } as const;

function lineAxis(
  chart: PlotChart,
  places: readonly AxisPlace[],
  { kind, size }: { readonly kind: PlaceKind; readonly size: Size },
): NonNullable<EChartsOption["xAxis"]> {
  const name = axisName(chart.x);
  const axisLabel = { ...labelLook, hideOverlap: true };
  const splitLine = { show: false };
  if (kind === "text") {
    return categoryAxis(places, name, chooseLabels(places, { size, mayLie: false }));
  }
  if (kind === "number") {
    return { ...axisLook(name), type: "value", scale: true, axisLabel, splitLine };
  }
  return {
    ...axisLook(`${name}, ${spanText(places)}`),
    type: "time",
    axisLabel: { ...axisLabel, formatter: { day: "{d} {MMM}" } },
    splitLine,
  };
}
