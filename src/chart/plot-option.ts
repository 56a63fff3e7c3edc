/** Bar and line charts as ECharts options. */

import type { BarSeriesOption, EChartsOption, LineSeriesOption } from "echarts";
import { MillraceError } from "../base/error.ts";
import { chooseLabels, type LabelLayout } from "./axis-label.ts";
import type { PlotChart } from "./chart.ts";
import { axisLook, emptyFrame, frame, LABEL_PX, labelLook, plotSize, type Size } from "./frame.ts";
import { exactNumber, roundNumber } from "./number.ts";
import { colorOf, lineOf } from "./palette.ts";
import { type AxisPlace, keyOf, type PlaceKey, placesOf, spanText } from "./place.ts";
import type { PlaceKind, Points } from "./point.ts";
import { axisName, roughWidth } from "./text.ts";

/** Of each series, the value at each place of the axis; undefined where it has none. */
type Table = readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];

export function plotOption(chart: PlotChart, points: Points, size: Size): EChartsOption {
  const all = placesOf(points, axisName(chart.x), chart.everyDay);
  const positioned = all.filter(({ key }) => typeof key === "number");
  // An axis of times or numbers needs two places to have a scale, and has no room for rows without one.
  const continuous = chart.shape === "line" && positioned.length > 1;
  const places = continuous ? positioned : all;
  const table = tabulate(chart, points, places);
  const surroundings = {
    title: chart.title,
    notes: notesOf(chart, points, continuous),
    series: table.map(({ name }) => name),
    size,
  };
  if (places.length === 0) return emptyFrame(surroundings);
  const drawn =
    chart.shape === "bar"
      ? bars(chart, places, table, size)
      : lines(chart, places, table, { kind: continuous ? points.kind : "text", size });
  return { ...frame(surroundings), ...drawn };
}

function bars(
  chart: PlotChart,
  places: readonly AxisPlace[],
  table: Table,
  size: Size,
): EChartsOption {
  const ordered = places.every(({ key }) => typeof key === "number");
  const layout = chooseLabels(places, { size, mayLie: !ordered });
  const categories = categoryAxis(places, axisName(chart.x), layout);
  const values = valueAxis(chart, table, { lies: layout.lies });
  const room = barRoom(layout, places.length, chart.stacked ? 1 : table.length, size);
  const series = table.map(
    ({ name, values }, index): BarSeriesOption => ({
      type: "bar",
      name,
      ...(chart.stacked ? { stack: "all" } : {}),
      itemStyle: { color: colorOf(index) },
      barMaxWidth: 72,
      ...(places.length > 1 ? { barCategoryGap: "28%" } : {}),
      emphasis: { disabled: true },
      data: chart.stacked ? values.map((value) => value ?? null) : labelled(values, layout, room),
    }),
  );
  return layout.lies
    ? { xAxis: values, yAxis: { ...categories, inverse: true }, series }
    : { xAxis: categories, yAxis: values, series };
}

/** Bars with their values written at their ends, if all of them have room. */
function labelled(
  values: readonly (number | undefined)[],
  { lies }: LabelLayout,
  room: number,
): NonNullable<BarSeriesOption["data"]> {
  const texts = values.map((value) => (value === undefined ? "" : roundNumber(value)));
  const needed = lies ? LABEL_PX + 2 : Math.max(...texts.map((text) => roughWidth(text, LABEL_PX)));
  if (needed > room) return values.map((value) => value ?? null);
  return values.map((value, index) => {
    if (value === undefined) return null;
    const [high, low] = lies ? (["right", "left"] as const) : (["top", "bottom"] as const);
    const position = value < 0 ? low : high;
    return { value, label: { show: true, position, formatter: texts[index] ?? "", ...labelLook } };
  });
}

/** Pixels for each bar across its direction, its gap included. */
function barRoom({ lies }: LabelLayout, places: number, bars: number, size: Size): number {
  const { width, height } = plotSize(size);
  return (lies ? height : width) / places / (1 + 0.6 * (bars - 1) + (bars > 1 ? 0.4 : 0));
}

function lines(
  chart: PlotChart,
  places: readonly AxisPlace[],
  table: Table,
  { kind, size }: { readonly kind: PlaceKind; readonly size: Size },
): EChartsOption {
  const continuous = kind !== "text";
  const marked = places.length <= 31;
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
      connectNulls: !chart.everyDay,
      data: lineData(values, places, { continuous, connected: !chart.everyDay, marked }),
    }),
  );
  return {
    xAxis: lineAxis(chart, places, { kind, size }),
    yAxis: valueAxis(chart, table, { lies: false }),
    series,
  };
}

/** A point between two gaps has no line to show it, so it gets a mark. */
function lineData(
  values: readonly (number | undefined)[],
  places: readonly AxisPlace[],
  { continuous, connected, marked }: { continuous: boolean; connected: boolean; marked: boolean },
): NonNullable<LineSeriesOption["data"]> {
  const count = values.filter((value) => value !== undefined).length;
  return values.map((value, index) => {
    const datum = continuous ? [Number(places[index]?.key), value ?? null] : (value ?? null);
    const alone = connected
      ? count === 1
      : values[index - 1] === undefined && values[index + 1] === undefined;
    if (marked || value === undefined || !alone) return datum;
    return { value: datum, symbol: "circle", symbolSize: 5 } as { value: number };
  }) as NonNullable<LineSeriesOption["data"]>;
}

function lineAxis(
  chart: PlotChart,
  places: readonly AxisPlace[],
  { kind, size }: { readonly kind: PlaceKind; readonly size: Size },
): NonNullable<EChartsOption["xAxis"]> {
  const name = axisName(chart.x);
  const axisLabel = { ...labelLook, hideOverlap: true };
  const splitLine = { show: false };
  if (kind === "number")
    return { ...axisLook(name), type: "value", scale: true, axisLabel, splitLine };
  if (kind === "text")
    return categoryAxis(places, name, chooseLabels(places, { size, mayLie: false }));
  return {
    ...axisLook(`${name}, ${spanText(places)}`),
    type: "time",
    axisLabel: { ...axisLabel, formatter: { day: "{d} {MMM}" } },
    splitLine,
  };
}

function categoryAxis(places: readonly AxisPlace[], name: string, { look }: LabelLayout) {
  return {
    ...axisLook(name),
    type: "category" as const,
    data: places.map(({ label }) => label),
    axisTick: { show: false },
    axisLabel: { ...labelLook, ...look },
  };
}

function valueAxis(chart: PlotChart, table: Table, { lies }: { readonly lies: boolean }) {
  const values = table.flatMap((series) => series.values.filter((value) => value !== undefined));
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A bar's length is its value, so zero belongs to it; a line far from zero would be a flat one.
  const isFar = low < high && (low > high / 2 || high < low / 2);
  return {
    ...axisLook(chart.y.length === 1 ? axisName(chart.y[0] ?? "") : ""),
    type: "value" as const,
    scale: chart.shape === "line" && !chart.stacked && isFar,
    // Room for the values written at the left ends of lying bars, beside the names of their places.
    ...(lies && low < 0 ? { boundaryGap: ["8%", 0] as [string, number] } : {}),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: labelLook,
  };
}

function tabulate(
  chart: PlotChart,
  { points, series }: Points,
  places: readonly AxisPlace[],
): Table {
  const found = new Map(series.map((name) => [name, new Map<PlaceKey, number | undefined>()]));
  for (const point of points) {
    const values = found.get(point.series);
    if (values?.has(keyOf(point))) throw twoValues(chart, point.series, places, keyOf(point));
    values?.set(keyOf(point), point.value);
  }
  const names = chart.by === undefined ? series.map(axisName) : series;
  const areApart = new Set(names).size === names.length;
  return series.map((name, index) => ({
    name: areApart ? (names[index] ?? name) : name,
    values: places.map(({ key }) => found.get(name)?.get(key)),
  }));
}

function twoValues(
  chart: PlotChart,
  series: string,
  places: readonly AxisPlace[],
  key: PlaceKey,
): MillraceError {
  const place = places.find((one) => one.key === key)?.label ?? `no ${chart.x}`;
  const title = chart.title === undefined ? `A ${chart.shape} chart` : `"${chart.title}"`;
  return new MillraceError(`${title} has two values of "${series}" at ${chart.x} ${place}`, {
    code: "chart/two-values",
    hint: `Group by ${[chart.x, ...(chart.by === undefined ? [] : [chart.by])].join(", ")} in its query${
      chart.by === undefined ? ", or name the column that tells the rows apart in by" : ""
    }.`,
  });
}

function notesOf(chart: PlotChart, { points, notFinite }: Points, continuous: boolean): string[] {
  const placeless = points.filter(({ place }) => place.position === undefined);
  const rows = continuous ? placeless.length / chart.y.length : 0;
  return [
    rows > 0 ? `${rowsText(rows)} without ${axisName(chart.x)} not drawn` : "",
    notFinite > 0
      ? `${rowsText(notFinite)} with an infinite value or none that is a number not drawn`
      : "",
  ].filter((note) => note !== "");
}

function rowsText(count: number): string {
  return count === 1 ? "1 row" : `${exactNumber(count)} rows`;
}
