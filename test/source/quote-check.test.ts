/** Texts whose quotes open and close fields are told from those that end inside one. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { closesItsQuotes, mayBreakInQuotes } from "../../src/source/quote-check.ts";

const LONG = "x".repeat(200_000);

const CLOSED = [
  "",
  "a,b\n1,2\n",
  'a,"b"\n"1",2',
  '"a ""b""",c\n',
  '""\n"",""',
  '"a\nb",c\r\n"d"\r\n',
  '\ufeff"a",b\n',
  `"${LONG}","${LONG}"\n`,
  `${LONG},"a"`,
];
const OPEN = ['a,"b\n', '"', 'a\nb,"c,d', '"a""', `"${LONG}`, 'a"b,c', '"a"b,c', '"a" ,b', ' "a"'];

test("a text that ends inside a quote, or has one inside a field, is not taken for closed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-quote-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.csv");
  const check = (text: string): Promise<boolean> => {
    writeFileSync(path, text);
    return closesItsQuotes(path, { delimiter: ",", quote: '"' });
  };
  for (const text of CLOSED) assert.equal(await check(text), true, text.slice(0, 40));
  for (const text of OPEN) assert.equal(await check(text), false, text.slice(0, 40));
});

test("a quote on the border of two pieces is judged by both of its neighbours", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-quote-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.csv");
  for (const size of [65_535, 65_536, 65_537, 65_538, 1_048_575, 1_048_576]) {
    const check = (tail: string): Promise<boolean> => {
      writeFileSync(path, `"${"x".repeat(size - 1)}${tail}`);
      return closesItsQuotes(path, { delimiter: ",", quote: '"' });
    };
    assert.equal(await check('","b"\n'), true);
    assert.equal(await check('""","b"'), true);
    assert.equal(await check('"",b'), false);
    assert.equal(await check('"b'), false);
  }
});

test("a line end may stand inside quotes where a line has an odd number of them", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-quote-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.csv");
  const may = (text: string): Promise<boolean> => {
    writeFileSync(path, text);
    return mayBreakInQuotes(path, { delimiter: ",", quote: '"' });
  };
  for (const text of ["", "a,b\n", '"a","b"\n"c ""d"""\n', `${'"x",y\n'.repeat(300_000)}`])
    assert.equal(await may(text), false);
  for (const text of ['"a\nb"', 'a,5" pipe\n', '"open', `${"x,y\n".repeat(400_000)}"a\n"`])
    assert.equal(await may(text), true);
});
