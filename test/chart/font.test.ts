/** Tests of the shipped font: what it covers and how wide it is. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FONT_FILES, loadFonts } from "../../src/chart/font.ts";

test("widths are those of the font's own tables", async () => {
  const { regular, medium } = await loadFonts();
  assert.equal(regular.widthOf("", 12), 0);
  assert.equal(regular.widthOf("0", 2048), 1151);
  assert.equal(regular.widthOf("00", 12), 2 * regular.widthOf("0", 12));
  assert.equal(regular.widthOf("ab", 24), 2 * regular.widthOf("ab", 12));
  assert.ok(medium.widthOf("Restaurants", 20) > regular.widthOf("Restaurants", 20));
});

test("digits have one width, so that columns of numbers stand in line", async () => {
  for (const font of Object.values(await loadFonts())) {
    assert.equal(new Set([..."0123456789"].map((digit) => font.widthOf(digit, 100))).size, 1);
  }
});

test("Latin with its accents, Greek, Cyrillic and the signs of numbers are covered", async () => {
  const texts = "Skvělá Łódź Ğüşı ÆØÅ Việt Ελληνικά Кириллица Їжак − – … · € ₽ £ \u202f";
  for (const font of Object.values(await loadFonts())) {
    for (const character of new Set(texts)) {
      // What the font lacks counts as one em.
      assert.notEqual(font.widthOf(character, 1), 1, character);
    }
  }
});

test("the font is shipped with its licence", async () => {
  const licence = new URL("../../assets/font/LICENSE.txt", import.meta.url);
  assert.match(await readFile(licence, "utf8"), /Apache License\s+Version 2\.0/);
  for (const file of FONT_FILES) assert.ok((await readFile(file)).length > 100_000);
});
