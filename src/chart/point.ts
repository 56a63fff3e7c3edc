/** The rows of a chart's query as points and bins, and the limits of what can be drawn. */

import { MillraceError } from "../base/error.ts";
import { MOST_SERIES } from "./palette.ts";
import { MOST_POINTS } from "./query.ts";
import { cleanText } from "./text.ts";

/** One row of the result of `chartQuery`, as the engine gives it. */
export type ChartRow = Readonly<Record<string, unknown>>;

/** Where a point stands: its text, and a number to sort and place it by where its type has one. */
interface Place {
  readonly text: string | undefined;
  readonly position: number | undefined;
}

export interface Point {
  readonly place: Place;
  readonly series: string;
  /** Undefined where the row has none, or none that is finite. */
  readonly value: number | undefined;
}

export type PlaceKind = "time" | "number" | "text";

export interface Points {
  readonly kind: PlaceKind;
  /** True where a place is a whole day. */
  readonly days: boolean;
  readonly points: readonly Point[];
  /** Names of the series in order of appearance. */
  readonly series: readonly string[];
  /** How many values were NaN or infinite. */
  readonly notFinite: number;
}

export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly series: string;
  readonly rows: number;
}

export interface Bins {
  readonly bins: readonly Bin[];
  readonly series: readonly string[];
  /** True where each bin holds one whole number. */
  readonly single: boolean;
  readonly left: Readonly<Record<"below" | "above" | "null" | "nan", number>>;
}

export function readPoints(title: string, rows: readonly ChartRow[]): Points {
  checkCount(title, rows);
  const type = rows[0] === undefined ? "" : String(rows[0].place_type);
  const kind = kindOf(type);
  let notFinite = 0;
  const points = rows.map((row) => {
    const value = numberOf(row, "value");
    if (value !== undefined && !Number.isFinite(value)) notFinite += 1;
    const text = row.place === null ? undefined : cleanText(String(row.place));
    const position = numberOf(row, kind === "time" ? "place_ms" : "place_number");
    return {
      place: {
        text,
        position: kind === "text" || !Number.isFinite(position) ? undefined : position,
      },
      series: cleanText(String(row.series)),
      value: Number.isFinite(value) ? value : undefined,
    };
  });
  const series = checkSeries(title, points);
  const days = kind === "time" && points.every(({ place }) => (place.position ?? 0) % DAY_MS === 0);
  return { kind, days, points, series, notFinite };
}

export function readBins(title: string, rows: readonly ChartRow[]): Bins {
  checkCount(title, rows);
  const ofPart = (part: string): readonly ChartRow[] => rows.filter((row) => row.part === part);
  const count = (part: string): number => numberOf(ofPart(part)[0] ?? {}, "rows") ?? 0;
  const bins = ofPart("bin").map((row) => ({
    low: numberOf(row, "low") ?? Number.NaN,
    high: numberOf(row, "high") ?? Number.NaN,
    series: cleanText(String(row.series)),
    rows: numberOf(row, "rows") ?? 0,
  }));
  const left = {
    below: count("below"),
    above: count("above"),
    null: count("null"),
    nan: count("nan"),
  };
  return {
    bins,
    series: checkSeries(title, bins),
    single: rows.some((row) => row.single === true),
    left,
  };
}

export const DAY_MS = 24 * 60 * 60 * 1000;

function checkCount(title: string, rows: readonly ChartRow[]): void {
  if (rows.length <= MOST_POINTS) return;
  throw new MillraceError(
    `${title} has more than ${MOST_POINTS} points, too many to draw or to read`,
    {
      code: "chart/too-many-points",
      hint: "Aggregate in its query (group by day, by month, the top twenty ...), or use chart.histogram.",
    },
  );
}

function checkSeries(
  title: string,
  rows: readonly { readonly series: string }[],
): readonly string[] {
  const series = [...new Set(rows.map((row) => row.series))];
  if (series.length <= MOST_SERIES) return series;
  throw new MillraceError(
    `${title} has ${series.length} series, of which ${MOST_SERIES} can be told apart`,
    {
      code: "chart/too-many-series",
      hint: "Keep the largest in its query and add up the others, or draw a chart for each.",
    },
  );
}

function kindOf(type: string): PlaceKind {
  if (/^(DATE|TIMESTAMP)/.test(type)) return "time";
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT|DOUBLE|FLOAT|DECIMAL)/.test(type) ? "number" : "text";
}

/** Cells are numbers or bigints by the engine's contract; what is drawn needs no more digits than a number has. */
function numberOf(row: ChartRow, name: string): number | undefined {
  const cell = row[name];
  return typeof cell === "number" || typeof cell === "bigint" ? Number(cell) : undefined;
}
