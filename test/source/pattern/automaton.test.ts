/** Automata made of patterns, against the engine's own regular expressions: they take the same texts, or are not made. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../../src/engine/duckdb.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { type Automaton, automatonOf } from "../../../src/source/pattern/automaton.ts";
import { choice, textExpression } from "../../../src/source/pattern/expression.ts";
import { parsePattern } from "../../../src/source/pattern/parse.ts";
import { quoteText } from "../../../src/sql/quote.ts";
import { seed } from "../../storage/seed.ts";
import { newRandom } from "../sieve/random.ts";

const { below, pick } = newRandom(seed);

let engine: Engine;
before(async () => {
  engine = await createDuckDB({ memoryLimit: "500MB", threads: 2 });
});
after(() => engine.close());

function automatonIn(pattern: string): Automaton | undefined {
  const expression = parsePattern(pattern);
  return expression === undefined ? undefined : automatonOf(expression);
}

function accepts({ table, start, accepting }: Automaton, text: string): boolean {
  const end = Buffer.from(text).reduce((state, byte) => table[256 * state + byte] ?? 0, start);
  return end >= accepting;
}

/** The texts that the engine finds to match as a whole. */
async function matching(pattern: string, texts: readonly string[]): Promise<boolean[]> {
  const list = texts.map(quoteText).join(", ");
  const [row] = await engine.rows(
    `select list_transform([${list}], lambda t: regexp_full_match(t, ${quoteText(`(?s:${pattern})`)})) as found`,
  );
  return row?.found as boolean[];
}

const CHARACTERS = [..."aabbcAZ019 _-.@/:\t\n\r\u000b\"'\\[]", "\u007f", "é", "ß", "€", "🐎"];
const text = (): string => Array.from({ length: below(9) }, () => pick(CHARACTERS)).join("");

async function assertSame(pattern: string, texts: readonly string[]): Promise<void> {
  const automaton = automatonIn(pattern);
  assert.ok(automaton !== undefined, pattern);
  const wanted = await matching(pattern, texts);
  for (const [index, one] of texts.entries())
    assert.equal(accepts(automaton, one), wanted[index], `${pattern} of ${JSON.stringify(one)}`);
}

const KNOWN: readonly (readonly [pattern: string, ...texts: string[]])[] = [
  ["SKU-[0-9]{5}", "SKU-12345", "SKU-1234", "SKU-123456", "sku-12345", "SKU-12345\n"],
  ["", "", "a"],
  ["^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$", "a@b.de", "ä@ö.com", "a@b", "a b@c.de", "a@b@c.de"],
  ["[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "00000000-0000-4000-8000-00000000000a", "0"],
  ["\\+?\\d{1,3}[ -]?(\\(\\d+\\))?[\\d ]{4,}", "+49 (89) 1234", "0891234", "++49"],
  ["(?:DE|AT|CH)?|other", "", "DE", "other", "DEAT"],
  [".", "é", "🐎", "\n", "ab", ""],
  ["[^a-z]+", "é", "É🐎", "a", "", "A\n1"],
  ["[-a]|[a-]|[\\]^-]|[a^]", "-", "a", "]", "^", "\\"],
  ["\\D\\W\\S", "é é", "aßb", "a-b", "1aa", "a- "],
  ["\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\^\\$\\\\\\/", ".*+?()[]{}|^$\\/"],
  ["[\\d_a-c]{0,3}x{2}y{1,}?z*?", "1_axxyz", "xxy", "xx", "xxxyyzz"],
  ["^a|b$|^$", "a", "b", "", "ab"],
  ["héé?", "hé", "héé", "h", "h\u00c3"],
  ["\\t\\n\\v\\f\\r", "\t\n\u000b\f\r", "tnvfr"],
  ["(a*)*b|(|c)+", "b", "aab", "", "cc", "a"],
];

test("a known pattern takes the texts that the engine takes", async () => {
  for (const [pattern, ...texts] of KNOWN)
    await assertSame(pattern, [...texts, ...Array.from({ length: 50 }, text)]);
});

const ATOMS = [
  ..."ab-_@é🐎",
  ...[".", "\\.", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\n", "\\-", "\\@", " "],
  ...["[ab]", "[^ab]", "[a-c0-9]", "[\\w.-]", "[^\\s@]", "[^\\W_]", "[\\D]", "[.]", "[A-Z_]"],
];
const QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "??", "{1,3}?"];

function pattern(depth: number): string {
  const parts = Array.from({ length: 1 + below(4) }, () => {
    const inner =
      depth > 0 && below(4) === 0 ? `${pick(["(", "(?:"])}${pattern(depth - 1)})` : pick(ATOMS);
    return inner + pick(QUANTIFIERS);
  });
  return below(5) === 0 ? `${parts.join("")}|${pattern(0)}` : parts.join("");
}

test(`a pattern made at random takes the texts that the engine takes (seed ${seed})`, async () => {
  let known = 0;
  for (let count = 0; count < 300; count += 1) {
    const one = pick(["", "^"]) + pattern(2);
    if (automatonIn(one) === undefined) continue;
    known += 1;
    await assertSame(one, Array.from({ length: 60 }, text));
  }
  assert.ok(known > 250, `${known}`);
});

const UNKNOWN = [
  ...["(?i)abc", "(?P<a>b)", "(?<a>b)", "(?s:a)", "\\bword\\b", "\\pL+", "\\p{Lu}", "[[:alpha:]]"],
  ...["\\Aa\\z", "\\x41", "\\Qa.b\\E", "\\101", "\\C", "\\a", "[é]", "[a-é]", "[]a]", "[^]a]"],
  ...[
    "a**",
    "a{2}{3}",
    "a{3,2}",
    "a{x}",
    "a{",
    "{2}",
    "}",
    "]",
    "*a",
    "+",
    "(a",
    "a)",
    "[a",
    "[b-a]",
  ],
  ...["a^b", "a$b", "(^a)", "(a$)", "\\", "[\\d-z]", "[a-\\d]", "()|(", "a++", "a?*", "^*", "^^a"],
  "a".repeat(1001),
];

test("of a pattern whose meaning is not surely known nothing is made", () => {
  for (const one of UNKNOWN) assert.equal(automatonIn(one), undefined, one);
});

test("of a pattern that would need too many states nothing is made, and soon", () => {
  for (const one of ["(a|b)*a(a|b){12}", "((a{100}){100}){100}", "[ab]{1,1000}c", ".{300}"])
    assert.equal(automatonIn(one), undefined, one);
  assert.ok(automatonIn("[ab]{1,250}"));
});

test("one of several texts is told from all others", () => {
  const texts = ["new", "newer", "", "größer", "🐎"];
  const automaton = automatonOf(choice(texts.map(textExpression)));
  assert.ok(automaton !== undefined);
  for (const one of texts) assert.ok(accepts(automaton, one), one);
  for (const one of ["ne", "newe", "newers", " ", "größe", "\ud83d", "größer "])
    assert.ok(!accepts(automaton, one), one);
});
