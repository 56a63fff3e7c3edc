/** Tests of the builders: a chart is a checked, frozen value. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { chart } from "../../src/chart/chart.ts";
import { from } from "./bench.ts";

test("a chart is a frozen value with its options", () => {
  const bar = chart.bar({ from, x: "day", y: "events", by: "platform", everyDay: true });
  assert.deepEqual(bar, {
    kind: "chart",
    shape: "bar",
    from,
    x: "day",
    y: ["events"],
    by: "platform",
    stacked: false,
    everyDay: true,
  });
  assert.ok(Object.isFrozen(bar) && Object.isFrozen(bar.y));
  const edges = [0, 1, 2];
  const histogram = chart.histogram({ from, value: "rating", edges, title: "Ratings" });
  edges.push(3);
  assert.deepEqual(histogram, {
    kind: "chart",
    shape: "histogram",
    from,
    value: "rating",
    edges: [0, 1, 2],
    title: "Ratings",
  });
});

test("an unknown option is named, with the nearest allowed one", () => {
  const build = (): unknown => chart.line({ from, x: "day", y: "n", staked: true } as never);
  assert.throws(build, {
    code: "project/unknown-option",
    message: 'chart.line() has no option "staked"',
    hint: /^Did you mean "stacked"\? Allowed: from, title, x, y, by, stacked, everyDay\.$/,
  });
});

test("a missing or wrong option is named", () => {
  const wrong = (how: object, message: RegExp): void =>
    assert.throws(() => chart.bar(how as never), { code: "project/bad-option", message });
  wrong({ x: "a", y: "b" }, /The option from of chart\.bar\(\) is undefined/);
  wrong({ from: "select 1", x: "a", y: "b" }, /from/);
  wrong({ from, y: "b" }, /The option x /);
  wrong({ from, x: "a" }, /The option y /);
  wrong({ from, x: "a", y: [] }, /The option y /);
  wrong({ from, x: "a", y: ["b", "b"] }, /The option y /);
  wrong({ from, x: "a", y: "b", stacked: 1 }, /The option stacked /);
});

test("edges ascend, are finite and not too many", () => {
  const many = Array.from({ length: 300 }, (_, index) => index);
  for (const edges of [[1], [1, 1], [2, 1], [0, Number.NaN], [0, Number.POSITIVE_INFINITY], many]) {
    const build = (): unknown => chart.histogram({ from, value: "v", edges });
    assert.throws(build, { code: "project/bad-option", message: /edges/ });
  }
});
