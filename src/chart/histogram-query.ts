/** The query of a histogram: edges, how many rows lie in each bin, and how many lie in none. */

import { quoteName, quoteText } from "../sql/quote.ts";
import type { HistogramChart } from "./chart.ts";

/** Where no edges are declared: 2 * cbrt(n) bins (Rice's rule), within reason. */
const FEWEST_BINS = 5;
const MOST_BINS = 30;

/**
 * Rows of `part` "bin" with `low`, `high`, `series` and `rows` (every bin for every series, also the
 * empty ones, ascending), and of `part` "below", "above", "null" or "nan" for what is in no bin.
 * `single` is true where each bin holds one whole number only, its lower edge.
 */
export function histogramQuery({ value, by, edges }: HistogramChart, sql: string): string {
  const series =
    by === undefined ? "''" : `coalesce(${quoteName(by)}::varchar, ${quoteText(`no ${by}`)})`;
  return `with given as (
${sql}
), valued as ${edges === undefined ? "materialized " : ""}(
  select ${quoteName(value)}::double as value, ${series} as series from given
), ${edges === undefined ? NICE_EDGES : declaredEdges(edges)}, placed as (
  select series, edges,
    case
      when value is null then 'null'
      when isnan(value) then 'nan'
      when value < coalesce(edges[1], 0) then 'below' -- no edges where no value can be placed
      when value > coalesce(edges[-1], 0) then 'above'
      else 'bin' end as part,
    case when value = edges[-1] then edges[-2] else value end as value -- the last bin holds its upper edge
  from valued left join edges on true
), counted as (
  -- DuckDB's bins are closed on the right and ours on the left, hence the mirror image
  select part, series, count(*) as rows,
    histogram(-value, list_transform(list_reverse(edges[:-2]), edge -> -edge)) filter (part = 'bin') as mirrored
  from placed group by part, series
), bin as (
  select series, unnest(map_entries(mirrored)) as entry from counted where part = 'bin'
)
select part, low, high, single, series, rows::double as rows from (
  select 'bin' as part, -entry.key as low, edges[list_position(edges, -entry.key) + 1] as high, single,
    series, entry.value as rows
  from bin, edges
  union all
  select part, null, null, null, '', sum(rows) from counted where part <> 'bin' group by part
)
order by part, series, low`;
}

function declaredEdges(edges: readonly number[]): string {
  return `edges as (select [${edges.join(", ")}]::double[] as edges, false as single)`;
}

/**
 * Edges that are multiples of 1, 2 or 5 times a power of ten and hold all values within reason. Whole
 * numbers get steps of whole width, and an edge above the greatest, so that it shares its bin with no other.
 */
const NICE_EDGES = `spread as (
  select min(value) as least_value, max(value) as greatest_value, bool_and(value = floor(value)) as whole,
    greatest(${FEWEST_BINS}, least(${MOST_BINS}, ceil(2 * cbrt(count(*))))) as bins
  from valued where abs(value) < 1e300
), rough as (
  -- a step finer than a double's precision would give edges that are equal
  select *, greatest(
    (greatest_value - least_value) / bins,
    case when whole or least_value = greatest_value then 1 else 0 end,
    greatest(abs(least_value), abs(greatest_value)) * 1e-12) as rough
  from spread where least_value is not null
), stepped as (
  select *, 10 ** floor(log10(rough)) as scale,
    scale * case when rough <= scale then 1 when rough <= 2 * scale then 2 when rough <= 5 * scale then 5 else 10 end as step
  from rough
), edges as (
  select whole and step = 1 as single,
    greatest(1, case when whole then floor(greatest_value / step) + 1 else ceil(greatest_value / step) end
      - floor(least_value / step))::bigint as count,
    list_transform(range(count + 1), i ->
      round((floor(least_value / step) + i) * step, greatest(0, -floor(log10(scale)))::int)) as edges
  from stepped
)`;
