/** The points of a plot as a table: a row for each series, a cell for each place of the axis. */

import { MillraceError } from "../base/error.ts";
import type { PlotChart } from "./chart.ts";
import { type AxisPlace, keyOf, type PlaceKey } from "./place.ts";
import type { Points } from "./point.ts";
import { axisName, legendNames } from "./text.ts";

/** A value; null where the row has none that can be drawn; undefined where there is no row. */
type TableCell = number | null | undefined;

export interface TableSeries {
  readonly name: string;
  /** One for each place. */
  readonly values: readonly TableCell[];
}

/** Throws `chart/two-values` where a series has two rows at a place. */
export function tabulate(
  chart: PlotChart,
  { points, series }: Points,
  places: readonly AxisPlace[],
): readonly TableSeries[] {
  const labels = new Map(places.map(({ key, label }) => [key, label]));
  const found = new Map(series.map((name) => [name, new Map<PlaceKey, number | null>()]));
  for (const point of points) {
    const key = keyOf(point);
    const label = labels.get(key);
    if (label === undefined) continue;
    const values = found.get(point.series);
    if (values?.has(key)) throw twoValues(chart, point.series, label);
    values?.set(key, point.value ?? null);
  }
  const titles = chart.by === undefined ? series.map(axisName) : series;
  const names = legendNames(new Set(titles).size === titles.length ? titles : series);
  return series.map((name, index) => ({
    name: names[index] ?? name,
    values: places.map(({ key }) => found.get(name)?.get(key)),
  }));
}

function twoValues(chart: PlotChart, series: string, place: string): MillraceError {
  const title = chart.title === undefined ? `A ${chart.shape} chart` : `"${chart.title}"`;
  const hint =
    chart.by === undefined
      ? `Group by ${chart.x} in its query, or name the column that tells the rows apart in by.`
      : `Group by ${chart.x}, ${chart.by} in its query.`;
  return new MillraceError(`${title} has two values of "${series}" at ${chart.x} ${place}`, {
    code: "chart/two-values",
    hint,
  });
}
