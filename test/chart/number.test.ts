/** Tests of numbers as they are written in charts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { exactNumber, placeNumber, roundNumber } from "../../src/chart/number.ts";

const thin = (text: string): string => text.replaceAll(" ", "\u202f");

test("measures are grouped in threes by thin spaces", () => {
  assert.equal(exactNumber(1234567), thin("1 234 567"));
  assert.equal(exactNumber(1000), thin("1 000"));
  assert.equal(exactNumber(999.5), "999.5");
  assert.equal(exactNumber(-12500), thin("−12 500"));
});

test("four digits that say where are not grouped, because they may be a year", () => {
  assert.equal(placeNumber(2024), "2024");
  assert.equal(placeNumber(12024), thin("12 024"));
});

test("what binary fractions leave behind is not shown, and no digit of a small number is lost", () => {
  assert.equal(exactNumber(0.1 + 0.2), "0.3");
  assert.equal(exactNumber(1.5e-5), "0.000015");
  assert.equal(exactNumber(-0), "0");
  assert.equal(exactNumber(1.5e-9), "1.5e−9");
  assert.equal(exactNumber(2e21), "2e21");
});

test("labels are rounded to what can be read off", () => {
  assert.equal(roundNumber(1234.56), thin("1 235"));
  assert.equal(roundNumber(12.34567), "12.35");
  assert.equal(roundNumber(0.00123456), "0.001235");
});
