/** Numbers, days and times through the sieve, at the ends of what they may be, and each as what its text means. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SieveKind } from "../../../src/source/sieve/column.ts";
import { seed } from "../../storage/seed.ts";
import { columnOf, isCanonical, meaningOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import { CSV, JSON_LINES, openGround } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

/** A file whose lines are held too often is given up, once it has more than 10 000. */
const FILE_LINES = 8000;

/** Digits on both sides, which belong to other fields. */
const DIGITS = "98765432109876543210";
const NEAR = columnOf({ kind: "text" });
const WAYS = [
  { dialect: CSV, line: (text: string) => `${DIGITS},${text},${DIGITS}` },
  { dialect: CSV, line: (text: string) => `${DIGITS},"${text}",${DIGITS}` },
  { dialect: JSON_LINES, line: (text: string) => `{"a":${DIGITS},"v":"${text}","b":${DIGITS}}` },
];
const PLAIN = {
  dialect: JSON_LINES,
  line: (text: string) => `{"a":${DIGITS},"v":${text},"b":${DIGITS}}`,
};

/** Texts as a field, in quotes and without, and as a member: those that are canonical pass as what they mean. */
function assertValues(texts: readonly string[], is: SieveKind): void {
  if (texts.length > FILE_LINES) {
    assertValues(texts.slice(FILE_LINES), is);
    assertValues(texts.slice(0, FILE_LINES), is);
    return;
  }
  const columns = [{ ...NEAR, name: "a" }, columnOf(is, true, "v"), { ...NEAR, name: "b" }];
  const isTime = is.kind === "date" || is.kind === "timestamp";
  for (const way of isTime ? WAYS : [...WAYS, PLAIN]) {
    const content = texts.map((text) => `${way.line(text)}\n`).join("");
    const seen = ground.sift(content, { dialect: way.dialect, columns });
    for (const [index, text] of texts.entries()) {
      // Blanks around a number are no part of it.
      const own = way === PLAIN ? text.trim() : text;
      const wanted = isCanonical(own, is) ? [DIGITS, meaningOf(own, is), DIGITS] : undefined;
      const place = `${way.line(text)} ${JSON.stringify(is)}`;
      assert.deepEqual(seen.passed.get(index + 1), wanted, place);
    }
    assert.equal(seen.part.lines, texts.length);
  }
}

const around = (number: bigint): string[] =>
  [-2n, -1n, 0n, 1n, 2n].flatMap((step) => [`${number + step}`, `${-number + step}`]);
const digits = (count: number): string =>
  Array.from({ length: count }, (_, at) => (at === 0 ? 1 + below(9) : below(10))).join("");

test(`whole numbers are themselves up to the ends of 32 and 64 bits (seed ${seed})`, () => {
  const powers = [0n, 10n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 19n];
  const ends = powers.flatMap(around);
  const longer = Array.from({ length: 300 }, () => pick(["", "-"]) + digits(1 + below(24)));
  for (const kind of ["integer", "bigint"] as const) assertValues([...ends, ...longer], { kind });
});

test(`decimals are whole numbers of their last place up to eighteen digits, and texts beyond (seed ${seed})`, () => {
  for (const precision of [1, 2, 4, 5, 9, 10, 17, 18, 19, 20, 28, 38])
    for (const scale of [0, 1, 2, precision >> 1, precision - 1]) {
      if (scale >= precision) continue;
      const most = precision - scale;
      const number = (whole: number, places: number): string =>
        `${pick(["", "-"])}${whole === 0 ? "0" : digits(whole)}${places > 0 ? `.${"0".repeat(below(places))}${digits(places)}`.slice(0, places + 1) : ""}`;
      const texts = Array.from({ length: 60 }, () => number(below(most + 2), below(scale + 2)));
      const nines = `${"9".repeat(most)}${scale > 0 ? `.${"9".repeat(scale)}` : ""}`;
      const zeros = scale > 0 ? ["0.0", "-0.0", `0.${"0".repeat(scale)}`] : [];
      const ends = [nines, `-${nines}`, "9".repeat(most), `1${"0".repeat(most)}`, "0", "-0"];
      assertValues([...texts, ...ends, ...zeros], { kind: "decimal", precision, scale });
    }
});

test("booleans are written in one way", () => {
  assertValues(["true", "false", "true", "false", "false"], { kind: "boolean" });
  assertValues(["True", "tru", "truee", "1", "t", "falsf", "nul"], { kind: "boolean" });
});

const two = (number: number): string => `${number}`.padStart(2, "0");

test("every day from the year 1000 to 9999 is its number, at the ends of all months and in all leap years", () => {
  const texts: string[] = [];
  for (let year = 996; year <= 9999; year++) {
    const isEveryMonth = year % 100 === 0 || year < 1010 || (year > 1895 && year < 2105);
    for (const month of isEveryMonth ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] : [2])
      for (const day of month === 2 ? [28, 29, 30] : [1, 30, 31, 32])
        texts.push(`${`${year}`.padStart(4, "0")}-${two(month)}-${two(day)}`);
  }
  for (let day = 0; day <= 33; day++) texts.push(`2023-06-${two(day)}`);
  for (let month = 0; month <= 14; month++) texts.push(`2023-${two(month)}-15`);
  assertValues(texts, { kind: "date" });
});

test(`times of day are their microseconds, with no, three or six digits of a second (seed ${seed})`, () => {
  const days = ["1000-01-01", "1582-10-15", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"];
  const edges = [
    "00:00:00",
    "23:59:59",
    "23:59:60",
    "24:00:00",
    "12:60:00",
    "09:08:07",
    "19:59:09",
  ];
  const parts = ["", ".000", ".001", ".999", ".000000", ".000001", ".999999", ".123456", ".5", "."];
  const texts = days.flatMap((day) =>
    edges.flatMap((edge) => parts.map((part) => `${day}${pick(["T", " "])}${edge}${part}`)),
  );
  for (let count = 0; count < 1500; count++) {
    const day = `${1000 + below(9000)}-${two(1 + below(12))}-${two(1 + below(31))}`;
    const second = `${two(below(24))}:${two(below(60))}:${two(below(60))}`;
    const length = pick([0, 0, 3, 3, 6, 6, 1, 2, 4, 5, 7, 9]);
    const places = Array.from({ length }, () => below(10)).join("");
    texts.push(`${day}${pick(["T", " "])}${second}${length > 0 ? `.${places}` : ""}`);
  }
  assertValues(texts, { kind: "timestamp" });
});

test(`no byte but a digit is one, at any place of a number, a day or a time (seed ${seed})`, () => {
  const samples = {
    integer: "1234567890",
    bigint: "123456789012345678",
    date: "2024-11-28",
    timestamp: "2024-11-28T12:34:56.123456",
  };
  const bytes = ["/", ":", "0", "9", "-", ".", " ", "T", "x", "é", "+"];
  for (const [kind, sample] of Object.entries(samples)) {
    const texts = Array.from(sample).flatMap((_, at) =>
      bytes.map((byte) => sample.slice(0, at) + byte + sample.slice(at + 1)),
    );
    assertValues(texts, { kind: kind as keyof typeof samples });
  }
  const decimals = Array.from("1234.5678").flatMap((_, at) =>
    bytes.map((byte) => `1234.5678`.slice(0, at) + byte + `1234.5678`.slice(at + 1)),
  );
  assertValues(decimals, { kind: "decimal", precision: 9, scale: 4 });
});
