/** Tests of histograms: from a query to what is drawn. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chart } from "../../src/chart/chart.ts";
import { from, optionOf, part } from "./bench.ts";

test("bins of one width stand on an axis of numbers", async () => {
  const histogram = chart.histogram({ from, value: "v", edges: [0, 10, 20, 30] });
  const drawn = await optionOf(histogram, "select unnest([1, 11, 12]) as v");
  assert.equal(part(drawn, "xAxis.0.show"), false);
  assert.equal(part(drawn, "xAxis.1.type"), "value");
  assert.deepEqual(part(drawn, "xAxis.1.axisLabel.customValues"), [0, 10, 20, 30]);
  assert.deepEqual(part(drawn, "xAxis.1.max"), 30);
});

test("bins of different widths stand side by side with their ranges", async () => {
  const histogram = chart.histogram({ from, value: "v", edges: [0, 2.5, 3.5, 4] });
  const drawn = await optionOf(
    histogram,
    "select unnest([1, 3, 3.5, 9]) as v union all select null",
  );
  assert.deepEqual(part(drawn, "xAxis.data"), ["0 – 2.5", "2.5 – 3.5", "3.5 – 4"]);
  assert.equal(part(drawn, "title.subtext"), "Not drawn: 2 rows (1 above 4, 1 without v)");
});

test("rows that are all outside the edges give a chart that says so", async () => {
  const histogram = chart.histogram({ from, value: "v", edges: [0, 1] });
  const drawn = await optionOf(histogram, "select unnest([7, 8]) as v");
  assert.equal(part(drawn, "title.1.text"), "No rows");
  assert.equal(part(drawn, "title.0.subtext"), "Not drawn: 2 rows (2 above 1)");
});

test("each value of by is stacked in a colour of its own", async () => {
  const histogram = chart.histogram({ from, value: "v", by: "s" });
  const drawn = await optionOf(
    histogram,
    "select i as v, (i % 2)::varchar as s from range(6) t(i)",
  );
  assert.deepEqual(part(drawn, "legend.data"), ["0", "1"]);
  assert.deepEqual(part(drawn, "series.0.data"), [1, 0, 1, 0, 1, 0]);
  assert.notEqual(part(drawn, "series.0.itemStyle.color"), part(drawn, "series.1.itemStyle.color"));
});

const restaurants = fileURLToPath(
  new URL("../../../shared/data/restaurants/restaurant_data.json", import.meta.url),
);

test("the ratings of the restaurants fall into the thresholds that the guide knows", async (t) => {
  if (!existsSync(restaurants)) {
    t.diagnostic("The shared data is not here, so there was nothing to compare.");
    return;
  }
  const query = `select r.restaurant.user_rating.aggregate_rating::double as rating
    from (select unnest(restaurants) as r from read_json('${restaurants}', maximum_object_size = 100000000)) where rating > 0`;
  const histogram = chart.histogram({ from, value: "rating", edges: [0, 2.5, 3.5, 4, 4.5, 5] });
  const data = part(await optionOf(histogram, query), "series.0.data");
  assert.ok(Array.isArray(data));
  assert.deepEqual(
    data.map((bar) => bar.value),
    [1, 60, 145, 630, 441],
  );
});
