/** The example restaurants, on its sample and on the real input. */

import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseCsvObjects } from "hucre/csv";
import { readXlsx, writeXlsx } from "hucre/xlsx";
import {
  API_KEY,
  COUNTRIES,
  dump,
  pages,
  type Restaurant,
  type RestaurantEvent,
} from "../../examples/restaurants/sample.ts";
import { type Example, findRealInput, ledgerOf, openExample, type RunResult } from "./command.ts";

const SAMPLE = join(import.meta.dirname, "..", "..", "examples", "restaurants", "sample");
const FIRST_DAY = "2019-04-01";
const FINAL_DAY = "2019-04-30";
const IN_MONTH: Readonly<Record<string, (event: RestaurantEvent) => boolean>> = {
  overlaps: ({ from, to }) => from <= FINAL_DAY && to >= FIRST_DAY,
  starts: ({ from }) => isInApril(from),
  ends: ({ to }) => isInApril(to),
  starts_or_ends: ({ from, to }) => isInApril(from) || isInApril(to),
  within: ({ from, to }) => from >= FIRST_DAY && to <= FINAL_DAY,
};
const WORDS: Readonly<Record<string, string>> = {
  Eccellente: "Excellent",
  Terbaik: "Excellent",
  "Muito Bom": "Very Good",
  "Muy Bueno": "Very Good",
  "Skvělá volba": "Good",
};

const delivered = pages().flatMap((page) => ("refused" in page ? [] : page));
const refused = pages().filter((page) => "refused" in page).length;
const every = [...new Map(delivered.map((one) => [one.id, one])).values()];
const readable = every.filter(({ rating }) => typeof rating === "number");
const countries = new Map(COUNTRIES);
const known = readable.filter(({ country }) => countries.has(country));

let sample: Example;
let first: RunResult;

before(async () => {
  sample = await openExample("restaurants", ["out"]);
  first = await sample.run();
});

after(() => sample.close());

test("the sample is what its generator writes", async () => {
  assert.equal(await readFile(join(SAMPLE, "restaurants.json"), "utf8"), dump());
  const { sheets } = await readXlsx(await readFile(join(SAMPLE, "countries.xlsx")));
  assert.deepEqual(sheets[0]?.rows, [["Country Code", "Country"], ...COUNTRIES]);
});

test("every restaurant of the sample is told, turned away, or told already", async () => {
  assert.equal(first.state, "done");
  assert.deepEqual(ledgerOf(first, "bronze.restaurants"), {
    read: delivered.length + refused,
    written: known.length,
    quarantined: every.length - known.length + refused,
    deduplicated: delivered.length - every.length,
    filtered: 0,
  });
  const { reasons, rows } = await sample.quarantine("bronze.restaurants");
  const countOf = (wanted: string) =>
    reasons.find(({ column, rule, message }) => [column, rule, message].includes(wanted))?.count;
  assert.equal(countOf("country is not in the workbook"), readable.length - known.length);
  assert.equal(countOf("rating"), every.length - readable.length);
  assert.equal(rows.length, every.length - known.length + refused);
  assert.equal(rows.filter(({ raw }) => raw.includes("used up your calls")).length, refused);
});

test("restaurant_details.csv tells each restaurant of a known country", async () => {
  const expected = known.map((one) => ({
    "Restaurant Id": String(one.id),
    "Restaurant Name": one.name.trim(),
    Country: countries.get(one.country),
    City: one.city,
    "User Rating Votes": String(one.votes),
    "User Aggregate Rating": Number(one.rating).toFixed(1),
    Cuisines: one.cuisines,
    "Event Date": (one.events ?? []).map(({ from }) => from).sort()[0] ?? "NA",
  }));
  const found = await readCsv(sample, "restaurant_details.csv");
  assert.deepEqual(found, inOrder(expected, "Restaurant Id"));
});

test("restaurant_events.csv tells the events of April 2019, once for each restaurant", async () => {
  const expected = eventsOf(known, "overlaps").map(({ restaurant, event }) => ({
    "Event Id": String(event.id),
    "Restaurant Id": String(restaurant.id),
    "Restaurant Name": restaurant.name.trim(),
    "Photo URL": event.photos[0] ?? "NA",
    "Event Title": event.title.trim().replace(/\s*\n\s*/g, " "),
    "Event Start Date": event.from,
    "Event End Date": event.to,
  }));
  const byPlace = (rows: readonly Record<string, unknown>[]) =>
    inOrder(inOrder(rows, "Restaurant Id"), "Event Id");
  assert.deepEqual(byPlace(await readCsv(sample, "restaurant_events.csv")), byPlace(expected));
});

test("what makes an event one of April is a parameter", async (t) => {
  const example = await openExample("restaurants", ["out"]);
  t.after(example.close);
  for (const word of Object.keys(IN_MONTH)) {
    await example.run({ in_month: word });
    const found = await readCsv(example, "restaurant_events.csv");
    assert.equal(found.length, eventsOf(known, word).length, word);
  }
});

test("rating thresholds count every readable restaurant in the words of the guide", async () => {
  const groups = Map.groupBy(readable, ({ text }) => WORDS[text] ?? text);
  const expected = [...groups].map(([word, some]) => {
    const ratings = some.map(({ rating }) => Number(rating));
    const isRated = word !== "Not rated";
    return {
      rating_text: word,
      lowest: isRated ? Math.min(...ratings) : null,
      highest: isRated ? Math.max(...ratings) : null,
      restaurants: some.length,
    };
  });
  assert.deepEqual(await thresholdsOf(sample), inOrder(expected, "rating_text"));
});

test("the histogram is a picture", async () => {
  const png = await readFile(join(sample.folder, "out", "restaurant_ratings_histogram.png"));
  assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
});

test("restaurants of a country that leaves the workbook go to the quarantine with the next run", async (t) => {
  const example = await openExample("restaurants", ["out"]);
  t.after(example.close);
  await example.run();
  const before = await readCsv(example, "restaurant_details.csv");
  const [gone] = COUNTRIES;
  const left = before.filter((row) => row.Country !== gone?.[1]);
  assert.ok(left.length < before.length);
  const countriesOf = join(example.folder, "countries.xlsx");
  const rows = [["Country Code", "Country"], ...COUNTRIES.slice(1).map((row) => [...row])];
  await writeFile(countriesOf, await writeXlsx({ sheets: [{ name: "Sheet1", rows }] }));
  const { state } = await example.run({ countries: countriesOf });
  assert.equal(state, "done");
  assert.deepEqual(await readCsv(example, "restaurant_details.csv"), left);
});

test("the API key of the dump is nowhere in the lake and in no output", async () => {
  const files = await readdir(sample.folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const content = await readFile(join(file.parentPath, file.name));
    assert.equal(content.includes(API_KEY), false, file.name);
  }
  // Parquet may hold it compressed, so its rows are looked at too.
  const { rows } = await sample.quarantine("bronze.restaurants");
  assert.equal(rows.length > 0, true);
  assert.equal(JSON.stringify(rows).includes(API_KEY), false);
  const [kept] = await sample.query(
    'select string_agg(q::varchar) as quarantine, (select string_agg(r::varchar) from bronze.restaurants r) as restaurants from quarantine."bronze.restaurants" q',
  );
  assert.equal(JSON.stringify(kept).includes(API_KEY), false);
  assert.match(JSON.stringify(kept), /apikey/);
});

test("a second run of the sample does nothing", async () => {
  const { state, steps } = await sample.run();
  assert.equal(state, "nothing to do");
  assert.deepEqual(
    steps.filter((step) => step.state !== "up to date"),
    [],
  );
});

test("the real input gives 1,280 restaurants, 182 events in April and five thresholds", async (t) => {
  const input = await findRealInput(t, "restaurants");
  if (input === undefined) return;
  const places = {
    data: join(input, "restaurant_data.json"),
    countries: join(input, "Country-Code.xlsx"),
  };
  const example = await openExample("restaurants", ["out"]);
  t.after(example.close);
  const result = await example.run(places);
  assert.deepEqual(ledgerOf(result, "bronze.restaurants"), {
    read: 1300,
    written: 1280,
    quarantined: 20,
    deduplicated: 0,
    filtered: 0,
  });
  assert.equal((await readCsv(example, "restaurant_details.csv")).length, 1280);
  const counts: Record<string, number> = {};
  for (const word of Object.keys(IN_MONTH)) {
    await example.run({ ...places, in_month: word });
    const events = await readCsv(example, "restaurant_events.csv");
    counts[word] = events.length;
    if (word !== "overlaps") continue;
    assert.equal(new Set(events.map((row) => row["Restaurant Id"])).size, 83);
    assert.equal(events.filter((row) => row["Photo URL"] === "NA").length, 26);
    assert.deepEqual(
      events.filter(({ "Event Title": title }) => String(title).trim() !== title),
      [],
    );
  }
  assert.deepEqual(counts, {
    overlaps: 182,
    starts: 96,
    ends: 101,
    starts_or_ends: 126,
    within: 71,
  });
  const [all] = await example.query(
    "select sum(len(events))::integer as events, count(*)::integer as restaurants from bronze.restaurants",
  );
  assert.deepEqual(all, { events: 184, restaurants: 1280 });
  assert.deepEqual(await thresholdsOf(example), [
    { rating_text: "Average", lowest: 2.5, highest: 3.4, restaurants: 60 },
    { rating_text: "Excellent", lowest: 4.5, highest: 4.9, restaurants: 441 },
    { rating_text: "Good", lowest: 3.5, highest: 3.9, restaurants: 145 },
    { rating_text: "Not rated", lowest: null, highest: null, restaurants: 23 },
    { rating_text: "Poor", lowest: 2.2, highest: 2.2, restaurants: 1 },
    { rating_text: "Very Good", lowest: 4, highest: 4.4, restaurants: 630 },
  ]);
});

function isInApril(day: string): boolean {
  return day >= FIRST_DAY && day <= FINAL_DAY;
}

function eventsOf(
  restaurants: readonly Restaurant[],
  word: string,
): { restaurant: Restaurant; event: RestaurantEvent }[] {
  return restaurants.flatMap((restaurant) =>
    (restaurant.events ?? [])
      .filter((event) => IN_MONTH[word]?.(event) === true)
      .map((event) => ({ restaurant, event })),
  );
}

function thresholdsOf(example: Example) {
  return example.query(
    "select rating_text, lowest, highest, restaurants::integer as restaurants from gold.rating_thresholds order by rating_text",
  );
}

function inOrder<R extends Readonly<Record<string, unknown>>>(
  rows: readonly R[],
  column: keyof R & string,
): R[] {
  return rows.toSorted((a, b) => {
    const [left, right] = [String(a[column]), String(b[column])];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

async function readCsv(
  example: Example,
  name: string,
): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(example.folder, "out", name), "utf8");
  return parseCsvObjects(text, { header: true, typeInference: false }).data;
}
