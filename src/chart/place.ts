/** The places along a plot's axis: which there are, in which order, and what is written at them. */

import { MillraceError } from "../base/error.ts";
import { placeNumber } from "./number.ts";
import { DAY_MS, type Point, type Points } from "./point.ts";
import { MOST_POINTS } from "./query.ts";

/** A number where the place has a position (a time in milliseconds, a number), else a text of its own. */
export type PlaceKey = number | string;

export interface AxisPlace {
  readonly key: PlaceKey;
  readonly label: string;
}

const NOWHERE = "nowhere";

export function keyOf({ place }: Point): PlaceKey {
  return place.position ?? (place.text === undefined ? NOWHERE : `at ${place.text}`);
}

/** Each place once. Text stands in the order of the query; times and numbers ascend; rows without a place come last. */
export function placesOf(points: Points, x: string, everyDay: boolean): readonly AxisPlace[] {
  const labels = new Map<PlaceKey, string>();
  for (const point of points.points) {
    const key = keyOf(point);
    if (!labels.has(key)) labels.set(key, labelOf(point, points, x));
  }
  if (everyDay) addEveryDay(labels, points, x);
  const places = [...labels].map(([key, label]) => ({ key, label }));
  if (points.kind === "text") return places;
  return places.toSorted((a, b) => position(a) - position(b));
}

function position({ key }: AxisPlace): number {
  return typeof key === "number" ? key : Number.POSITIVE_INFINITY;
}

function labelOf({ place }: Point, { kind, days }: Points, x: string): string {
  const { position, text } = place;
  if (position === undefined) return text ?? `no ${x}`;
  if (kind === "number") return placeNumber(position);
  if (days) return dayText(position);
  return new Date(position)
    .toISOString()
    .replace("T", " ")
    .replace(/(:00)?\.000Z$|Z$/, "");
}

/** Adds the days between the first and the last that no point lies in. */
function addEveryDay(labels: Map<PlaceKey, string>, { kind }: Points, x: string): void {
  if (kind !== "time" && labels.size > 0) {
    throw new MillraceError(`everyDay needs dates along the axis, and "${x}" holds ${kind}s`, {
      code: "chart/no-dates",
      hint: `Cast ${x} to date in the query, or leave everyDay out.`,
    });
  }
  const days = new Set([...labels.keys()].filter(isNumber).map((ms) => Math.floor(ms / DAY_MS)));
  const first = Math.min(...days);
  const last = Math.max(...days);
  if (last - first >= MOST_POINTS) {
    const span = `${dayText(first * DAY_MS)} to ${dayText(last * DAY_MS)}`;
    throw new MillraceError(`"${x}" goes from ${span}, too many days to draw each`, {
      code: "chart/too-many-points",
      hint: "Choose a shorter span in the query (one of the two may be a wrong date), or leave everyDay out.",
    });
  }
  for (let day = first + 1; day < last; day++) {
    if (!days.has(day)) labels.set(day * DAY_MS, dayText(day * DAY_MS));
  }
}

/** The first and the last day on an axis of times, for its name: the labels along it hold no year. */
export function spanText(places: readonly AxisPlace[]): string {
  const days = places
    .map(({ key }) => key)
    .filter(isNumber)
    .map(dayText);
  const [first = "", last = ""] = [days[0], days.at(-1)];
  return first === last ? first : `${first} to ${last}`;
}

function isNumber(key: PlaceKey): key is number {
  return typeof key === "number";
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
