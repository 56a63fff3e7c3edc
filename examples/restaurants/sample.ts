/** Writes the sample: a dump of made-up restaurants and a workbook of countries, from a fixed seed, with every trap of the job in them. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeXlsx } from "hucre/xlsx";

export interface Restaurant {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly country: number;
  readonly cuisines: string;
  readonly rating: number | string;
  readonly text: string;
  readonly votes: number;
  readonly events?: readonly RestaurantEvent[];
}

export interface RestaurantEvent {
  readonly id: number;
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly photos: readonly string[];
}

/** Stands in every record of the dump, and nowhere else ever. */
export const API_KEY = "5eed5eed5eed5eed5eed5eed5eed5eed";

/** The workbook below its titles; the spelling is as people get it. */
export const COUNTRIES: readonly (readonly [code: number, country: string])[] = [
  [1, "India"],
  [30, "Brazil"],
  [94, "Indonesia"],
  [162, "Phillipines"],
  [184, "Singapore"],
  [214, "UAE"],
];

/** A page of the dump; an answer with a message stands where the service refused one. */
export type Page = readonly Restaurant[] | { readonly refused: string };

const PHOTO = "https://photos.example/";
const CHAIN_EVENT: RestaurantEvent = {
  id: 332_001,
  title: "Quiz Night",
  from: "2019-04-10",
  to: "2019-04-10",
  photos: [`${PHOTO}quiz.jpg`, `${PHOTO}quiz-2.jpg`],
};
const BRANCH: Restaurant = place(18_000_101, "Harbour House East", 4.2, "Very Good", {
  events: [CHAIN_EVENT],
});

const TRAPS: readonly Restaurant[] = [
  BRANCH,
  place(18_000_102, "Harbour House West", 4.1, "Very Good", { events: [CHAIN_EVENT] }),
  place(18_000_103, "Line Break Inn", 3.8, "Good", {
    events: [
      event(332_002, "Rock\nWednesdays !!\n\n\n", "2019-03-06", "2019-08-28"),
      event(332_003, "Ends on the first ", "2019-03-20", "2019-04-01"),
      event(332_004, "Over the day before", "2019-03-01", "2019-03-31"),
    ],
  }),
  place(18_000_104, "  Blank Corner ", 4.6, "Excellent", {
    events: [
      event(332_005, " Starts on the last", "2019-04-30", "2019-05-02"),
      event(332_006, "Begins the day after", "2019-05-01", "2019-05-01"),
    ],
  }),
  place(18_000_105, "Café Zürich \u{1f35c}", 4.9, "Excellent", { city: "São Paulo", country: 30 }),
  place(18_000_106, "Without Photos", 3.5, "Good", {
    events: [{ ...event(332_007, "Dark Dinner", "2019-04-05", "2019-04-07"), photos: [] }],
  }),
  place(18_000_107, "Not Yet Rated", 0, "Not rated", { votes: 2 }),
  place(18_000_108, "Poor Relations", 2.2, "Poor", {}),
  place(18_000_109, "Eccellente Roma", 4.5, "Eccellente", { country: 184, city: "Singapore" }),
  place(18_000_110, "Muito Bom Grill", 4.4, "Muito Bom", { country: 30, city: "Brasília" }),
  place(18_000_111, "Skvělá Hospoda", 3.9, "Skvělá volba", { country: 214, city: "Dubai" }),
  place(18_000_112, "Terbaik Warung", 4.7, "Terbaik", { country: 94, city: "Jakarta" }),
  place(18_000_113, "Island Grill", 2.9, "Average", { country: 162, city: "Manila" }),
  place(18_000_114, "Nowhere Bar", 4.8, "Excellent", { country: 17, city: "Dummy" }),
  place(18_000_115, "Nobody's Kitchen", 4.0, "Muy Bueno", { country: 17, city: "Dummy" }),
  place(18_000_116, "Unreadable Stars", "four", "Good", {}),
];

const FILL = 14;
const WORDS: readonly (readonly [text: string, low: number, high: number])[] = [
  ["Excellent", 4.5, 4.9],
  ["Very Good", 4, 4.4],
  ["Good", 3.5, 3.9],
  ["Average", 2.5, 3.4],
];

/** The dump: two pages are empty, one is refused, and one page begins with the last restaurant of the page before. */
export function pages(): readonly Page[] {
  const random = randomNumbers(20190401);
  const filled = Array.from({ length: FILL }, (_, index) => filler(index, random));
  return [
    [...TRAPS.slice(1, 8), BRANCH],
    [],
    [BRANCH, ...TRAPS.slice(8)],
    { refused: "You have used up your calls for today" },
    filled,
    [],
  ];
}

/** The text of the dump: UTF-8 in one line, numbers now as numbers and now as strings. */
export function dump(): string {
  const texts = pages().map((page, index) => {
    if ("refused" in page) return { code: 440, status: "Forbidden", message: page.refused };
    return {
      results_found: 30,
      results_start: index * 20 + 1,
      results_shown: page.length,
      restaurants: page.map((restaurant, nth) => ({
        restaurant: recordOf(restaurant, nth % 2 === 0),
      })),
    };
  });
  return JSON.stringify(texts);
}

/** The bytes of the workbook. */
export function workbook(): Promise<Uint8Array> {
  const never = new Date(0);
  return writeXlsx({
    properties: { created: never, modified: never },
    sheets: [
      { name: "Sheet1", rows: [["Country Code", "Country"], ...COUNTRIES.map((row) => [...row])] },
    ],
  });
}

function place(
  id: number,
  name: string,
  rating: number | string,
  text: string,
  more: Partial<Restaurant>,
): Restaurant {
  const usual = { city: "Pune", country: 1, cuisines: "Goan, Seafood", votes: 100 + (id % 100) };
  return { id, name, rating, text, ...usual, ...more };
}

function event(id: number, title: string, from: string, to: string): RestaurantEvent {
  return { id, title, from, to, photos: [`${PHOTO}${id}.jpg`] };
}

function filler(index: number, random: () => number): Restaurant {
  const [text, low, high] = WORDS[index % WORDS.length] ?? ["Average", 2.5, 3.4];
  const rating = Math.round((low + random() * (high - low)) * 10) / 10;
  const day = new Date(Date.UTC(2019, 2, 1 + Math.floor(random() * 70)));
  const days = Math.floor(random() * 40);
  const [from = "", to = ""] = [0, days].map((later) =>
    new Date(day.getTime() + later * 86_400_000).toISOString().slice(0, 10),
  );
  const votes = Math.floor(random() * 5000);
  const id = 18_000_200 + index;
  const events =
    index % 3 === 0 ? { events: [event(333_000 + index, `Offer ${index}`, from, to)] } : {};
  return place(id, `Table ${index + 1}`, rating, text, { votes, ...events });
}

function recordOf(restaurant: Restaurant, asText: boolean): Record<string, unknown> {
  const { id, name, city, country, cuisines, rating, text, votes, events } = restaurant;
  const mixed = (value: number | string): number | string => (asText ? String(value) : value);
  return {
    R: { res_id: id },
    apikey: API_KEY,
    id: String(id),
    name,
    url: `https://restaurants.example/${id}`,
    location: { city, country_id: country, latitude: "18.5204303000", longitude: "73.8567437000" },
    cuisines,
    price_range: 2,
    user_rating: { aggregate_rating: mixed(rating), rating_text: text, votes: mixed(votes) },
    ...(events === undefined ? {} : { zomato_events: events.map(eventOf) }),
  };
}

function eventOf({ id, title, from, to, photos }: RestaurantEvent): Record<string, unknown> {
  return {
    event: {
      event_id: id,
      start_date: from,
      end_date: to,
      photos: photos.map((url, order) => ({ photo: { url, order } })),
      title,
      is_active: 1,
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "sample");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "restaurants.json"), dump());
  await writeFile(join(folder, "countries.xlsx"), await workbook());
}
