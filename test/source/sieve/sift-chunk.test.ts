/** How rows fall into chunks, and what a line that is held leaves behind in them: nothing. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { seed } from "../../storage/seed.ts";
import { columnOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import type { Value } from "./row.ts";
import { CSV, type How, JSON_LINES, openGround, type Seen } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

const TEXT = columnOf({ kind: "text" }, true, "t");
const NUMBER = columnOf({ kind: "integer" }, true, "n");
/** Room for the longer texts of one column, of which each needs sixteen bytes more while it is written. */
const ROOM_BYTES = 2 ** 18;
const MOST_TEXT_BYTES = ROOM_BYTES - 16;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test("a chunk holds 2048 rows, and the last one what is left", () => {
  for (const count of [1, 2047, 2048, 2049, 4096, 10_000]) {
    const content = Array.from({ length: count }, (_, index) => `${index},a\n`).join("");
    const seen = ground.sift(content, { dialect: CSV, columns: [NUMBER, TEXT] });
    const whole = Array.from({ length: Math.floor(count / 2048) }, () => 2048);
    assert.deepEqual(seen.chunks, count % 2048 > 0 ? [...whole, count % 2048] : whole);
    for (let line = 1; line <= count; line++)
      assert.deepEqual(seen.passed.get(line), [BigInt(line - 1), "a"]);
  }
});

test("a part without a row gives no chunk", () => {
  for (const content of ["", "\n\n\r\n", "x,a\n"])
    assert.deepEqual(ground.sift(content, { dialect: CSV, columns: [NUMBER, TEXT] }).chunks, []);
});

test("chunks of many columns hold fewer rows, and lose none of them", () => {
  for (const count of [100, 300, 2500]) {
    const columns = Array.from({ length: count }, (_, index) => (index % 3 === 0 ? TEXT : NUMBER));
    const field = (line: number, column: number): string =>
      column % 3 === 0 ? `a text of ${line} and ${column}` : `${line * column}`;
    const lines = 150;
    const content = Array.from({ length: lines }, (_, line) => {
      const fields = columns.map((_, at) => ((line + at) % 7 === 0 ? "" : field(line, at)));
      return `${fields.join(",")}\n`;
    }).join("");
    const seen = ground.sift(content, { dialect: CSV, columns });
    assert.equal(seen.passed.size, lines);
    if (count === 2500) assert.deepEqual(seen.chunks, [64, 64, 22]);
    for (let line = 0; line < lines; line++) {
      const wanted = columns.map((_, at): Value => {
        if ((line + at) % 7 === 0) return null;
        return at % 3 === 0 ? field(line, at) : BigInt(line * at);
      });
      assert.deepEqual(seen.passed.get(line + 1), wanted);
    }
  }
});

const csvLine = (texts: readonly string[]): string => `${texts.join(",")}\n`;

test(`a chunk ends early where longer texts have filled their room (seed ${seed})`, () => {
  const texts = Array.from({ length: 3000 }, (_, index) => {
    const length = pick([0, 5, 12, 13, 40, 1000, 30_000]);
    return `${index}${"é".repeat(length / 2)}`;
  });
  const content = texts.map((text, index) => csvLine([text, `${index}`, text])).join("");
  const seen = ground.sift(content, { dialect: CSV, columns: [TEXT, NUMBER, TEXT] });
  assert.equal(seen.held.size, 0);
  for (const [index, text] of texts.entries())
    assert.deepEqual(seen.passed.get(index + 1), [text, BigInt(index), text]);
  assert.equal(sum(seen.chunks), texts.length);
  assert.ok(seen.chunks.slice(0, -1).every((rows) => rows < 2048));
  assert.ok(seen.chunks.length > 20);
});

test("a text that just fits into its room passes, and one that is longer is held", () => {
  const sizes = [MOST_TEXT_BYTES - 1, MOST_TEXT_BYTES, MOST_TEXT_BYTES + 1, ROOM_BYTES, 3_000_000];
  const texts = ["first", ...sizes.map((size) => "a".repeat(size)), "last"];
  const wanted = texts.map((text) => text.length <= MOST_TEXT_BYTES);
  const json = (text: string): string => `{"n":1,"t":"${text}"}\n`;
  const ways: readonly [How, (text: string) => string][] = [
    [{ dialect: CSV, columns: [NUMBER, TEXT] }, (text) => csvLine(["1", text])],
    [{ dialect: CSV, columns: [NUMBER, TEXT] }, (text) => csvLine(["1", `"${text}"`])],
    [{ dialect: JSON_LINES, columns: [NUMBER, TEXT] }, json],
  ];
  for (const [how, line] of ways) {
    const seen = ground.sift(texts.map(line).join(""), how);
    assert.deepEqual(
      texts.map((text, index) => seen.passed.get(index + 1)?.[1] === text),
      wanted,
    );
    assert.deepEqual([...seen.held.keys()], [4, 5, 6]);
  }
});

test("texts whose quotes or escapes are undone fill their room as others do", () => {
  const inner = 'say "this" '.repeat(600);
  const texts = Array.from({ length: 200 }, (_, index) => `${index}${inner}`);
  const csv = texts.map((text) => csvLine([`"${text.replaceAll('"', '""')}"`, "1"])).join("");
  const json = texts.map((text) => `${JSON.stringify({ t: text, n: 1 })}\n`).join("");
  for (const [content, dialect] of [[csv, CSV] as const, [json, JSON_LINES] as const]) {
    const seen = ground.sift(content, { dialect, columns: [TEXT, NUMBER] });
    assert.equal(seen.held.size, 0);
    assert.ok(seen.chunks.length > 3);
    for (const [index, text] of texts.entries())
      assert.deepEqual(seen.passed.get(index + 1), [text, 1n]);
  }
});

/** Lines that fail in their last column, after nulls and texts of the others were written. */
test(`a line that is held leaves no null and no text behind in the row that follows (seed ${seed})`, () => {
  const columns = [
    ...[TEXT, NUMBER, columnOf({ kind: "date" }), TEXT, columnOf({ kind: "boolean" })],
    columnOf({ kind: "bigint" }),
  ];
  const long = "a text that is long enough to lie outside";
  for (const share of [2, 4, 40]) {
    const wanted = new Map<number, Value[]>();
    const lines = Array.from({ length: 6000 }, (_, index) => {
      const isHeld = below(share) === 0;
      const isNull = columns.map(() => below(isHeld ? 2 : 9) === 0);
      const text = `${index} ${long}`.slice(0, pick([3, 12, 13, 60]));
      const day = BigInt(Date.UTC(2024, 1, 29) / 86_400_000);
      const values = [text, BigInt(index), day, text.slice(1), index % 2 === 0, BigInt(index)];
      const fields = [text, index, "2024-02-29", `"${text.slice(1)}"`, index % 2 === 0, index];
      if (!isHeld)
        wanted.set(
          index + 1,
          values.map((value, at) => (isNull[at] ? null : value)),
        );
      const written = fields.map((field, at) => (isNull[at] ? "" : `${field}`));
      return `${written.with(5, isHeld ? "x" : (written[5] ?? "")).join(",")}\n`;
    });
    const seen = ground.sift(lines.join(""), { dialect: CSV, columns });
    assert.deepEqual([...seen.passed], [...wanted]);
    assert.equal(seen.held.size, lines.length - wanted.size);
  }
});

test("a member that is null or long, of a record that is held, is not in the next row", () => {
  const long = "a text that is long enough to lie outside";
  const lines = [
    `{"t":"${long} 1","n":1}`,
    `{"t":null,"n":1.5}`,
    `{"t":"${long} 3","n":3}`,
    `{"t":"${long} 4","n":null,"t":"again"}`,
    `{"t":"${long} 5","n":5}`,
    `{"n":null,"t":"\\q"}`,
    `{"t":"\\"${long}","n":"x"}`,
    `{"t":"short","n":8}`,
  ];
  const seen = ground.sift(lines.join("\n"), { dialect: JSON_LINES, columns: [TEXT, NUMBER] });
  assert.deepEqual(
    [...seen.passed],
    [
      [1, [`${long} 1`, 1n]],
      [3, [`${long} 3`, 3n]],
      [5, [`${long} 5`, 5n]],
      [8, ["short", 8n]],
    ],
  );
});

test("long texts of lines that are held take no room from the rows behind them", () => {
  const long = "b".repeat(20_000);
  const bad = csvLine([long, "x"]);
  const good = csvLine([long, "1"]);
  const seen: Seen = ground.sift(bad.repeat(40) + good.repeat(5), {
    dialect: CSV,
    columns: [TEXT, NUMBER],
  });
  assert.deepEqual([...seen.passed.keys()], [41, 42, 43, 44, 45]);
});

test("the rows of a part are numbered behind the number that it is given", () => {
  const after = 7 * 2 ** 32;
  const seen = ground.sift("1,a\nx,b\n\n4,d\n", {
    dialect: CSV,
    columns: [NUMBER, TEXT],
    numbersAfter: after,
  });
  assert.deepEqual([...seen.passed.keys()], [1, 4]);
  assert.deepEqual([...seen.held.keys()], [2]);
});
