/** Floating-point numbers through the sieve: each becomes the double nearest to what is written, as JavaScript's own reader says it. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { seed } from "../../storage/seed.ts";
import { columnOf, isCanonical, meaningOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import { CSV, JSON_LINES, openGround } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

const FLOAT = { kind: "float" } as const;
const WAYS = [
  { dialect: CSV, line: (text: string) => `123,${text},456\n` },
  { dialect: CSV, line: (text: string) => `123,"${text}",456\n` },
  { dialect: JSON_LINES, line: (text: string) => `{"a":123,"v":"${text}","b":456}\n` },
  { dialect: JSON_LINES, line: (text: string) => `{"a":123,"v":${text},"b":456}\n` },
];

/** `isSure`: all pass but, of plain members of JSON, long ones and the zero that loses its sign. */
function assertFloats(texts: readonly string[], isSure: boolean): void {
  const columns = ["a", "v", "b"].map((name) =>
    columnOf(name === "v" ? FLOAT : { kind: "text" }, true, name),
  );
  for (const { dialect, line } of WAYS) {
    const seen = ground.sift(texts.map(line).join(""), { dialect, columns });
    for (const [index, text] of texts.entries()) {
      const values = seen.passed.get(index + 1);
      const isLost =
        line("x") === WAYS[3]?.line("x") && (text.length > 24 || /^-0([eE]|$)/.test(text));
      if (isSure && !isLost) assert.ok(values !== undefined, `held: ${line(text)}`);
      if (values === undefined) continue;
      assert.ok(isCanonical(text, FLOAT), `passed: ${line(text)}`);
      assert.deepEqual(values, ["123", meaningOf(text, FLOAT), "456"], line(text));
    }
  }
}

const view = new DataView(new ArrayBuffer(8));
/** Any normal double whose exponent of ten is within these ends. */
function anyDouble(least: number, most: number): number {
  for (;;) {
    view.setUint32(0, below(2 ** 32));
    view.setUint32(4, below(2 ** 32));
    const value = view.getFloat64(0);
    const power = Math.log10(Math.abs(value));
    if (power > least && power < most) return value;
  }
}
const digits = (count: number): string =>
  Array.from({ length: count }, (_, at) => (at === 0 ? 1 + below(9) : below(10))).join("");

test(`doubles as JavaScript writes them, and with any number of digits, are themselves (seed ${seed})`, () => {
  const texts = Array.from({ length: 4000 }, () => {
    const value = anyDouble(-99, 99);
    // More than nineteen digits are held.
    const text = Math.abs(value) < 1e19 ? `${value}` : value.toExponential();
    return pick([text, value.toExponential(below(17)), text.toUpperCase()]);
  });
  assertFloats(texts, true);
});

test(`numbers of up to nineteen digits with a point anywhere are the nearest double (seed ${seed})`, () => {
  const texts = Array.from({ length: 4000 }, () => {
    const [whole, places] = pick([
      [1 + below(19), 0],
      [1 + below(10), 1 + below(9)],
      [0, 1 + below(18)],
    ]);
    const front = whole === 0 ? "0" : digits(whole ?? 0);
    const behind = whole === 0 ? "0".repeat(below(12)) + digits(places ?? 0) : digits(places ?? 0);
    return `${pick(["", "-"])}${front}${places === 0 ? "" : `.${behind}`}${pick(["", "", "", `e${below(80)}`, `E-${below(80)}`, `e+${below(80)}`])}`;
  });
  assertFloats(texts, true);
});

test(`what lies exactly between two doubles becomes the even one, and what is next to it the nearer one (seed ${seed})`, () => {
  const texts = ["1e23", "8.5e22", "9007199254740993", "9007199254740995", "9007199254740993.0"];
  const odd = (): bigint =>
    2n ** 53n + BigInt(below(2 ** 32)) * 2n ** 20n + BigInt(below(2 ** 20)) * 2n + 1n;
  const near = (number: bigint): bigint[] => [number - 1n, number, number + 1n];
  for (let count = 0; count < 300; count++) {
    for (let shift = 0n; shift <= 9n; shift++)
      texts.push(
        ...near(odd() << shift)
          .filter((one) => one < 10n ** 19n)
          .map(String),
      );
    for (let places = 1; places <= 3; places++) {
      const number = odd() % 2n ** 54n;
      const scaled = number * 5n ** BigInt(places);
      texts.push(
        ...near(scaled)
          .map(String)
          .filter((text) => text.length <= 19)
          .map((text) => `${text.slice(0, -places)}.${text.slice(-places)}`),
      );
    }
  }
  // A few digits times a power of ten, of which the odd part takes 54 bits.
  for (let power = 1; power <= 23; power++) {
    const five = 5n ** BigInt(power);
    const least = 2n ** 53n / five + 1n;
    for (let count = 0; count < 40; count++) {
      const number = (least + BigInt(Math.floor(Number(least) * (below(1000) / 1000)))) | 1n;
      texts.push(...near(number).map((one) => `${one}e${power}`));
    }
  }
  assertFloats(texts, true);
});

test("zeros keep their sign, and numbers that are too small or too large for the sieve are held", () => {
  assertFloats(
    ["0", "-0", "0.0", "-0.0", "0e0", "0e99", "-0.000e-99", "0.00000000000000000000001"],
    true,
  );
  const far = ["1e308", "1e309", "1e-308", "4.9e-324", "1e-400", "0e999", "1e100", "1e-100"];
  const long = [
    "9".repeat(19),
    "9".repeat(20),
    "9".repeat(64),
    `0.${"0".repeat(70)}1`,
    `1.${"0".repeat(40)}`,
  ];
  const wrong = [
    "1e",
    "1e+",
    "1.e5",
    ".5",
    "1.",
    "+1",
    "01",
    "00",
    "1e5x",
    "0x10",
    "1_0",
    "inf",
    "NaN",
    "-",
    "--1",
    "1e--5",
  ];
  assertFloats([...far, ...long, ...wrong], false);
});

test(`powers of ten at the ends of what an exponent of two digits says are the nearest double (seed ${seed})`, () => {
  const texts: string[] = [];
  for (let power = -99; power <= 99; power++)
    for (const front of [
      "1",
      "-9",
      "1.7976931348623157",
      "2.2250738585072014",
      digits(17),
      digits(19),
    ])
      texts.push(`${front}e${power}`);
  assertFloats(texts, true);
});
