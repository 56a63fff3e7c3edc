/** When something is due, by expressions and by spans of time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cron, describeSchedule, every, nextDue } from "../../src/schedule/schedule.ts";

const at = (text: string): Date => new Date(text);

test("a schedule is due at its next moment, strictly after the one given", () => {
  const hourly = cron("0 * * * *");
  assert.deepEqual(nextDue(hourly, at("2024-01-01T10:00:00Z")), at("2024-01-01T11:00:00Z"));
  assert.deepEqual(nextDue(hourly, at("2024-01-01T10:59:59.999Z")), at("2024-01-01T11:00:00Z"));
  assert.deepEqual(nextDue(every("90 s"), at("2024-01-01T10:00:00Z")), at("2024-01-01T10:01:30Z"));
});

test("a time zone and its summer time are kept", () => {
  const daily = cron("30 2 * * *", "Europe/Paris");
  assert.deepEqual(nextDue(daily, at("2024-01-15T00:00:00Z")), at("2024-01-15T01:30:00Z"));
  assert.deepEqual(nextDue(daily, at("2024-07-15T00:00:00Z")), at("2024-07-15T00:30:00Z"));
});

test("a moment that never comes is no moment", () => {
  assert.equal(nextDue(cron("0 0 30 2 *"), at("2024-01-01T00:00:00Z")), undefined);
});

test("what is no schedule is refused where it is written", () => {
  for (const [expression, zone] of [
    ["hourly"],
    [""],
    ["61 * * * *"],
    ["0 * * *"],
    ["0 * * * *", "Mars/Base"],
  ] as const) {
    assert.throws(() => cron(expression, zone), { code: "project/bad-schedule" }, expression);
  }
  for (const time of ["5", "5min", "-1 s", "0 s", "1 fortnight"])
    assert.throws(() => every(time as "1 s"), /span of time|schedule/, time);
});

test("a schedule is told in words", () => {
  assert.equal(describeSchedule(cron("0 * * * *")), "0 * * * * (UTC)");
  assert.equal(describeSchedule(every("5 min")), "every 5 min");
  assert.equal(describeSchedule(every("10 s")), "every 10 s");
  assert.equal(describeSchedule(every("2 h")), "every 2 h");
  assert.equal(describeSchedule(every("1 days")), "every 1 days");
});
