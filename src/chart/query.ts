/** From a chart's query to the small one whose rows are drawn: all that counts and groups is done by the engine. */

import { quoteName, quoteText } from "../sql/quote.ts";
import type { Chart, PlotChart } from "./chart.ts";
import { histogramQuery } from "./histogram-query.ts";

/** A picture with more points than pixels shows nothing; a page would have to send them all. */
export const MOST_POINTS = 5000;

/**
 * DuckDB SQL over `sql`, the text of the chart's own query. Its rows are what `chartOption` takes;
 * it gives one row more than `MOST_POINTS` at most, by which `chartOption` knows that there are too many.
 */
export function chartQuery(chart: Chart, sql: string): string {
  const query = chart.shape === "histogram" ? histogramQuery(chart, sql) : plotQuery(chart, sql);
  return `${query}\nlimit ${MOST_POINTS + 1}`;
}

/**
 * One row for each point: where it stands as text, as a number and as milliseconds since 1970 (UTC),
 * whichever its type has; the series; the value. In the order of the chart's query.
 */
function plotQuery({ x, y, by }: PlotChart, sql: string): string {
  const points = y.map((column) => {
    const series =
      by === undefined ? quoteText(column) : seriesName(by, y.length > 1 ? column : undefined);
    return `{series: ${series}, value: ${quoteName(column)}::double}`;
  });
  return `with given as (
${sql}
), placed as (
  select ${quoteName(x)} as place, row_number() over () as ordinal, unnest([${points.join(", ")}]) as point
  from given
)
select
  place::varchar as place,
  typeof(place) as place_type,
  try_cast(place::varchar as double) as place_number,
  case when typeof(place) = 'TIMESTAMP WITH TIME ZONE'
    then epoch_ms(try_cast(place::varchar as timestamptz))
    else epoch_ms(try_cast(place::varchar as timestamp)) end::double as place_ms,
  point.series,
  point.value
from placed
order by ordinal`;
}

function seriesName(by: string, column: string | undefined): string {
  const name = `coalesce(${quoteName(by)}::varchar, ${quoteText(`no ${by}`)})`;
  return column === undefined ? name : `${name} || ${quoteText(` · ${column}`)}`;
}
