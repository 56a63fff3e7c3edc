/** A JSON dump of restaurants and a workbook of countries -> two CSV files, rating thresholds and a histogram. */

import {
  accepted,
  bigint,
  type Column,
  chart,
  date,
  defineProject,
  files,
  float,
  ingest,
  integer,
  jsonFile,
  list,
  notNull,
  param,
  picture,
  publish,
  rowCount,
  type Sql,
  sql,
  sqlFile,
  struct,
  text,
  transform,
  unique,
  xlsx,
} from "millrace";

const dump = param("data", { default: "sample/restaurants.json", about: "the dump" });
const workbook = param("countries", { default: "sample/countries.xlsx", about: "country codes" });
const month = param("month", { default: "2019-04", about: "the month of the events" });
const inMonth = param("in_month", {
  default: "overlaps",
  oneOf: ["overlaps", "starts", "ends", "starts_or_ends", "within"],
  about: "what makes an event one of the month",
});
const out = param("out", { default: "out", about: "folder of the files" });

const UNKNOWN_COUNTRY = "country is not in the workbook";

const trimmed = (value: Column<string>): Sql =>
  sql`regexp_replace(${value}, '^[\\s\\p{Z}]+|[\\s\\p{Z}]+$', '', 'g')`;

const countries = ingest("bronze.countries", {
  from: xlsx(workbook),
  columns: { code: integer().from("Country Code"), country: text().from("Country").notBlank() },
  write: "overwrite",
});

const event = struct({
  event_id: bigint(),
  title: text().optional(),
  start_date: date(),
  end_date: date().optional(),
  photos: list(struct({ photo: struct({ url: text().optional() }) })).optional(),
});

const restaurants = ingest("bronze.restaurants", {
  from: jsonFile(dump, { records: "$[*].restaurants[*].restaurant" }),
  columns: {
    id: text().notBlank(),
    res_id: bigint().from("R.res_id"),
    name: text().clean(trimmed).notBlank(),
    city: text().from("location.city").clean(trimmed),
    country_id: integer().from("location.country_id"),
    latitude: float().from("location.latitude").between(-90, 90).optional(),
    longitude: float().from("location.longitude").between(-180, 180).optional(),
    cuisines: text().optional(),
    rating: float().from("user_rating.aggregate_rating").between(0, 5),
    rating_text: text().from("user_rating.rating_text").clean(trimmed).notBlank(),
    votes: integer().from("user_rating.votes").between(0, 2_000_000_000),
    events: list(struct({ event })).from("zomato_events").optional(),
  },
  rules: {
    [UNKNOWN_COUNTRY]: sql`country_id in (select code from ${countries})`,
    "id must be R.res_id": sql`id = res_id::varchar`,
  },
  redact: ["apikey"],
  unique: { key: "id" },
  write: "overwrite",
});

const details = transform(
  "gold.restaurant_details",
  sqlFile("details.sql", { restaurants, countries }),
  {
    columns: {
      "Restaurant Id": text(),
      "Restaurant Name": text(),
      Country: text(),
      City: text(),
      "User Rating Votes": integer(),
      "User Aggregate Rating": float(),
      Cuisines: text().optional(),
      "Event Date": date().optional(),
    },
    checks: {
      "a restaurant stands in one line": unique("Restaurant Id"),
      "every country is in the workbook still": notNull("Country"),
      "there are restaurants": rowCount({ min: 1 }),
    },
  },
);

const events = transform(
  "gold.restaurant_events",
  sqlFile("events.sql", { restaurants, month, inMonth }),
  {
    columns: {
      "Event Id": text(),
      "Restaurant Id": text(),
      "Restaurant Name": text(),
      "Photo URL": text().optional(),
      "Event Title": text().optional(),
      "Event Start Date": date(),
      "Event End Date": date().optional(),
    },
    checks: {
      "an event of a restaurant stands in one line": unique(["Event Id", "Restaurant Id"]),
    },
  },
);

/** Of every restaurant that was read: a rating says as much where the country is unknown. */
const ratings = transform(
  "silver.ratings",
  sqlFile("ratings.sql", {
    restaurants,
    quarantine: restaurants.quarantine,
    unknownCountry: UNKNOWN_COUNTRY,
  }),
  {
    columns: { id: text(), rating: float(), rating_text: text() },
    checks: {
      "a restaurant has one rating": unique("id"),
      "rating texts are known": accepted("rating_text", [
        "Excellent",
        "Very Good",
        "Good",
        "Average",
        "Poor",
        "Not rated",
      ]),
    },
  },
);

const thresholds = transform("gold.rating_thresholds", sqlFile("thresholds.sql", { ratings }), {
  columns: {
    rating_text: text(),
    lowest: float().optional(),
    highest: float().optional(),
    restaurants: bigint(),
  },
});

const histogram = chart.histogram({
  from: sql`select rating from ${ratings} where rating_text <> 'Not rated'`,
  value: "rating",
  edges: [0, 2.5, 3.5, 4, 4.5, 5],
  title: "Restaurants by aggregate rating: Poor, Average, Good, Very Good, Excellent",
});

export default defineProject({
  name: "restaurants",
  assets: [
    countries,
    restaurants,
    details,
    events,
    ratings,
    thresholds,
    publish(details, files(out, { format: "csv", name: "restaurant_details", nulls: "NA" }), {
      orderBy: sql`"Restaurant Id"`,
    }),
    publish(events, files(out, { format: "csv", name: "restaurant_events", nulls: "NA" }), {
      orderBy: sql`"Event Start Date", "Event Id", "Restaurant Id"`,
    }),
    picture("restaurant_ratings_histogram", histogram, { folder: out }),
  ],
});
