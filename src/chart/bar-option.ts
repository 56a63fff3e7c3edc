/** The axes and series of bar charts. */

import type { BarSeriesOption, EChartsOption } from "echarts";
import { chooseLabels, type LabelLayout } from "./axis-label.ts";
import type { PlotChart } from "./chart.ts";
import { LABEL_PX, labelLook, plotSize, type Size } from "./frame.ts";
import { roundNumber } from "./number.ts";
import { colorOf } from "./palette.ts";
import type { AxisPlace } from "./place.ts";
import { categoryAxis, valueAxis } from "./plot-axis.ts";
import type { TableSeries } from "./plot-table.ts";
import { axisName, roughWidth } from "./text.ts";

/** Of the room for a place, what its bars fill. */
const FILLED = 0.72;

export function barOption(
  chart: PlotChart,
  places: readonly AxisPlace[],
  table: readonly TableSeries[],
  size: Size,
): EChartsOption {
  const ascends = places.every(({ key }) => typeof key === "number");
  const layout = chooseLabels(places, { size, mayLie: !ascends });
  const categories = categoryAxis(places, axisName(chart.x), layout);
  const values = valueAxis(chart, table, { lies: layout.lies });
  const room = roomOf(layout, places.length * table.length, size);
  const series = table.map(
    ({ name, values }, index): BarSeriesOption => ({
      type: "bar",
      name,
      ...(chart.stacked ? { stack: "all" } : {}),
      itemStyle: { color: colorOf(index) },
      barMaxWidth: 72,
      barCategoryGap: `${Math.round((1 - FILLED) * 100)}%`,
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
  values: TableSeries["values"],
  { lies }: LabelLayout,
  room: number,
): NonNullable<BarSeriesOption["data"]> {
  const texts = values.map((value) => (value == null ? "" : roundNumber(value)));
  const needed = lies ? LABEL_PX + 2 : Math.max(...texts.map((text) => roughWidth(text, LABEL_PX)));
  if (needed > room) return values.map((value) => value ?? null);
  return values.map((value, index) => {
    if (value == null) return null;
    const [high, low] = lies ? (["right", "left"] as const) : (["top", "bottom"] as const);
    const position = value < 0 ? low : high;
    return { value, label: { show: true, position, formatter: texts[index] ?? "", ...labelLook } };
  });
}

/** Pixels from one bar to the next across their direction. */
function roomOf({ lies }: LabelLayout, bars: number, size: Size): number {
  const { width, height } = plotSize(size);
  return ((lies ? height : width) / bars) * FILLED;
}
