/** Ranges and automata of columns: a line passes where each value is within what its column asks for. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { automatonOf } from "../../../src/source/pattern/automaton.ts";
import { parsePattern } from "../../../src/source/pattern/parse.ts";
import type { SieveColumn, SieveKind, SieveLimits } from "../../../src/source/sieve/column.ts";
import { columnOf, meaningOf } from "./meaning.ts";
import { CSV, JSON_LINES, openGround } from "./sifted.ts";

const ground = openGround();
after(() => ground.close());

const NEAR = columnOf({ kind: "text" });

/** Which of the texts pass, and that they do as what they mean, in CSV, in quotes and as members. */
function passing(texts: readonly string[], is: SieveKind, limits: SieveLimits): string[] {
  const own: SieveColumn = { ...columnOf(is, true, "v"), ...limits };
  const columns = [{ ...NEAR, name: "a" }, own, { ...NEAR, name: "b" }];
  const ways = [
    { dialect: CSV, line: (text: string) => `9${text.length},"${text.replaceAll('"', '""')}",9` },
    {
      dialect: JSON_LINES,
      line: (text: string) => JSON.stringify({ a: `9${text.length}`, v: text, b: "9" }),
    },
  ];
  const found = ways.map(({ dialect, line }) => {
    const content = texts.map((text) => `${line(text)}\n`).join("");
    const { passed, held } = ground.sift(content, { dialect, columns });
    assert.equal(passed.size + held.size, texts.length);
    return texts.filter((text, index) => {
      const row = passed.get(index + 1);
      if (row !== undefined) assert.deepEqual(row, [`9${text.length}`, meaningOf(text, is), "9"]);
      return row !== undefined;
    });
  });
  assert.deepEqual(found[0], found[1]);
  return found[0] ?? [];
}

const CASES: readonly (readonly [SieveKind, SieveLimits["range"], string[], string[]])[] = [
  [{ kind: "integer" }, [-5n, 7n], ["-5", "0", "7"], ["-6", "8", "2147483647", "-2147483648"]],
  [
    { kind: "bigint" },
    [-(2n ** 63n), 2n ** 63n - 2n],
    ["-9223372036854775808", "9223372036854775806"],
    ["9223372036854775807"],
  ],
  [{ kind: "bigint" }, [5n, 4n], [], ["4", "5"]],
  [
    { kind: "decimal", precision: 4, scale: 2 },
    [-150n, 1001n],
    ["-1.5", "10.01"],
    ["-1.51", "10.02"],
  ],
  [
    { kind: "decimal", precision: 9, scale: 1 },
    [0n, 10n],
    ["0", "-0", "1", "1.0"],
    ["1.1", "-0.1"],
  ],
  [{ kind: "decimal", precision: 18, scale: 3 }, [1n, 1n], ["0.001"], ["0", "0.002", "-0.001"]],
  [
    { kind: "float" },
    [-0.5, 1],
    ["-0.5", "0", "-0", "1", "1.0", "0.1e1"],
    ["-0.51", "1.0000000000000002", "2"],
  ],
  [{ kind: "float" }, [0, Number.POSITIVE_INFINITY], ["0", "-0.0", "1e20"], ["-0.1"]],
  [{ kind: "date" }, [-1n, 1n], ["1969-12-31", "1970-01-02"], ["1969-12-30", "1970-01-03"]],
  [
    { kind: "timestamp" },
    [-1000n, 1_000_000n],
    ["1969-12-31T23:59:59.999", "1970-01-01 00:00:01"],
    ["1969-12-31T23:59:59.998999", "1970-01-01T00:00:01.000001"],
  ],
];

test("both ends belong to a range of any kind", () => {
  for (const [is, range, within, beyond] of CASES)
    assert.deepEqual(passing([...within, ...beyond], is, { range }), within, JSON.stringify(is));
});

function automatonIn(pattern: string): NonNullable<SieveLimits["automaton"]> {
  const expression = parsePattern(pattern);
  const automaton = expression && automatonOf(expression);
  assert.ok(automaton !== undefined);
  return automaton;
}

test("a text passes where the automaton takes what it means, escapes and doubled quotes undone", () => {
  const automaton = automatonIn('[a"]*\\n?é?[0-9x]{0,20}!');
  const taken = ["!", '"a"!', "é!", 'a""é!', "x!", "01234567890123456789!", `${'"'.repeat(30)}!`];
  const others = ["", "a", "!a", "é", '"', "x01234567890123456789!0", "! "];
  assert.deepEqual(passing([...taken, ...others], { kind: "text" }, { automaton }), taken);
  const escaped = ["\\u0021", "\\u00e9!", "\\u00E9\\u0021", '\\"\\u0022!', "\\n!"];
  const content = [...escaped, "\\u0022", "\\u0061\\\\"]
    .map((text) => `{"v":"${text}"}\n`)
    .join("");
  const column = { ...columnOf({ kind: "text" }, true, "v"), automaton };
  const { passed, held } = ground.sift(content, { dialect: JSON_LINES, columns: [column] });
  assert.deepEqual([...passed.values()], [["!"], ["é!"], ["é!"], [`""!`], ["\n!"]]);
  assert.deepEqual([...held.keys()], [6, 7]);
});

test("each column has limits of its own, and null is within all of them", () => {
  const columns: SieveColumn[] = [
    { ...columnOf({ kind: "text" }, true, "a"), automaton: automatonIn("a+") },
    { ...columnOf({ kind: "text" }, true, "b"), automaton: automatonIn("b+") },
    { ...columnOf({ kind: "integer" }, true, "c"), range: [1n, 2n] },
    { ...columnOf({ kind: "float" }, true, "d"), range: [3, 4] },
    columnOf({ kind: "text" }, true, "e"),
  ];
  const lines = [
    "a,b,1,3,",
    "aa,bb,2,4,anything",
    ",,,,",
    "b,b,1,3,",
    "a,a,1,3,",
    "a,b,3,3,",
    "a,b,1,1,",
  ];
  const { passed } = ground.sift(`${lines.join("\n")}\n`, { dialect: CSV, columns });
  assert.deepEqual([...passed.keys()], [1, 2, 3]);
  assert.deepEqual(passed.get(3), [null, null, null, null, null]);
});

test("a value that is beyond its range leaves the rows around it whole", () => {
  const columns = [
    { ...columnOf({ kind: "integer" }, true, "n"), range: [0n, 2_999_999n] as const },
    columnOf({ kind: "text" }, true, "t"),
  ];
  const count = 9000;
  const numberOf = (index: number): number => (index % 50 === 7 ? 3_000_000 : 1000) + index;
  const lines = Array.from(
    { length: count },
    (_, index) => `${numberOf(index)},${"x".repeat(index % 40)}`,
  );
  const { passed, held } = ground.sift(`${lines.join("\n")}\n`, { dialect: CSV, columns });
  for (let index = 0; index < count; index += 1) {
    const wanted =
      index % 50 === 7 ? undefined : [BigInt(numberOf(index)), "x".repeat(index % 40) || null];
    assert.deepEqual(passed.get(index + 1), wanted);
  }
  assert.equal(held.size, count / 50);
});
