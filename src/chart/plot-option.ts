/** Bar and line charts as ECharts options. */

import type { EChartsOption } from "echarts";
import { barOption } from "./bar-option.ts";
import type { PlotChart } from "./chart.ts";
import { emptyFrame, frame, type Size } from "./frame.ts";
import { lineOption } from "./line-option.ts";
import { exactNumber } from "./number.ts";
import { placesOf } from "./place.ts";
import { tabulate } from "./plot-table.ts";
import type { Points } from "./point.ts";
import { axisName } from "./text.ts";

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
      ? barOption(chart, places, table, size)
      : lineOption(chart, places, table, { kind: continuous ? points.kind : "text", size });
  return { ...frame(surroundings), ...drawn };
}

/** What a reader cannot see in the plot. A value that is null is seen: it is a gap. */
function notesOf(chart: PlotChart, { points, notFinite }: Points, continuous: boolean): string[] {
  const placeless = points.filter(({ place }) => place.position === undefined).length;
  const rows = continuous ? placeless / chart.y.length : 0;
  return [
    rows > 0
      ? `Not drawn: ${exactNumber(rows)} ${rows === 1 ? "row" : "rows"} without ${axisName(chart.x)}`
      : "",
    notFinite > 0
      ? `Not drawn: ${exactNumber(notFinite)} ${notFinite === 1 ? "value that is" : "values that are"} infinite or not a number`
      : "",
  ].filter((note) => note !== "");
}
