/** The axes of bar and line charts. */

import type { LabelLayout } from "./axis-label.ts";
import type { PlotChart } from "./chart.ts";
import { axisLook, labelLook } from "./frame.ts";
import type { AxisPlace } from "./place.ts";
import type { TableSeries } from "./plot-table.ts";
import { axisName } from "./text.ts";

export function categoryAxis(places: readonly AxisPlace[], name: string, { look }: LabelLayout) {
  return {
    ...axisLook(name),
    type: "category" as const,
    data: places.map(({ label }) => label),
    axisTick: { show: false },
    axisLabel: { ...labelLook, ...look },
  };
}

export function valueAxis(
  chart: PlotChart,
  table: readonly TableSeries[],
  { lies }: { readonly lies: boolean },
) {
  const values = table.flatMap((series) => series.values.filter((value) => value != null));
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
