/** Each line of a file is there once, however the file is cut into parts, and however long its lines are. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { siftPart } from "../../../src/source/sieve/sift-part.ts";
import { seed } from "../../storage/seed.ts";
import { columnOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import type { Value } from "./row.ts";
import { CSV, heldIn, JSON_LINES, openGround, type Seen, WHOLE } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

const NUMBER = columnOf({ kind: "integer" }, true, "n");
const COLUMNS = [NUMBER, columnOf({ kind: "text" }, true, "t")];
const BLOCK_BYTES = 4 * 2 ** 20;
/** Of a block, so many are read at once. */
const READ_BYTES = 2 ** 18;

const bare = (held: ReadonlyMap<number, string>): [number, string][] =>
  [...held].map(([line, text]) => [line, text.replace(/\r$/, "")]);

/** What passed and what was held of parts one behind the other, as of one. */
function joined(parts: readonly Seen[]): Pick<Seen, "passed" | "held"> & { lines: number } {
  const all = {
    passed: new Map<number, readonly Value[]>(),
    held: new Map<number, string>(),
    lines: 0,
  };
  for (const { part, passed, held } of parts) {
    for (const [line, values] of passed) all.passed.set(line + all.lines, values);
    for (const [line, text] of bare(held)) all.held.set(line + all.lines, text);
    all.lines += part.lines;
  }
  return all;
}

test("a file that is cut at any byte gives each line once, with its number", () => {
  for (const [dialect, text] of [
    [CSV, "1,a\n2,b\n\n3,c\n"],
    [CSV, "1,a\r\n\r\nx,b\r\n3,c"],
    [CSV, "\n\n1,a\n"],
    [CSV, "1,a"],
    [CSV, 'x,"y"\n5\n6,7,8\n9,z\n'],
    [JSON_LINES, '{"n":1,"t":"é"}\r\n\r\n{"n":1.5}\r\n {"n":3}\n{"t":"a\\nb"}'],
  ] as const) {
    const path = ground.file(text);
    const how = { dialect, columns: COLUMNS };
    const whole = joined([ground.siftRange(path, WHOLE, how)]);
    assert.equal(whole.lines, text.split("\n").length - (text.endsWith("\n") ? 1 : 0));
    for (let cut = 1; cut <= Buffer.byteLength(text); cut++) {
      const first = ground.siftRange(path, [0, cut], how);
      const second = ground.siftRange(path, [cut, WHOLE[1]], how);
      assert.deepEqual(joined([first, second]), whole, `${JSON.stringify(text)} at ${cut}`);
    }
  }
});

test(`long lines and borders of blocks lose nothing (seed ${seed})`, () => {
  const lines = Array.from({ length: 60 }, (_, index) => {
    const length = pick([0, 10, 100_000, 600_000, 1_999_000]);
    return `${below(9) === 0 ? "x" : index},${"é".repeat(length / 2)}`;
  });
  for (const lineEnd of ["\n", "\r\n"]) {
    const text = lines.join(lineEnd);
    const path = ground.file(text);
    const size = Buffer.byteLength(text);
    const cuts = [BLOCK_BYTES, BLOCK_BYTES - 1, BLOCK_BYTES + 1, below(size), below(size)];
    const inside = [...new Set(cuts.filter((cut) => cut > 0 && cut < size))];
    const places = [0, ...inside.toSorted((a, b) => a - b), WHOLE[1]];
    const parts = places
      .slice(1)
      .map((to, index) =>
        ground.siftRange(path, [places[index] ?? 0, to], { dialect: CSV, columns: COLUMNS }),
      );
    const { passed, held, lines: found } = joined(parts);
    assert.equal(found, lines.length);
    for (const [index, line] of lines.entries()) {
      const [number = "", ...rest] = line.split(",");
      const values = passed.get(index + 1);
      assert.ok((values === undefined) !== (held.get(index + 1) === undefined), `line ${index}`);
      if (values === undefined) assert.ok(held.get(index + 1) === line, `line ${index} was held`);
      else {
        assert.equal(values[0], BigInt(number));
        assert.ok((values[1] ?? "") === rest[0], `line ${index} passed`);
      }
    }
  }
});

test("lines that begin and end anywhere around the border of two reads pass as they are", () => {
  for (let shift = -60; shift <= 20; shift++) {
    const filler = `2,${"b".repeat(READ_BYTES / 2 + shift)}`;
    const tail = ['3,"c ""c"" of more than 12"', "4,ddddddddddddddddd", "5,é"];
    const content = ["1,a", filler, `2,${"b".repeat(READ_BYTES / 2)}`, ...tail].join("\n");
    const seen = ground.sift(content, { dialect: CSV, columns: COLUMNS });
    assert.equal(seen.passed.get(2)?.[1], filler.slice(2));
    assert.deepEqual(
      [...seen.passed.values()].slice(3),
      [
        [3n, 'c "c" of more than 12'],
        [4n, "ddddddddddddddddd"],
        [5n, "é"],
      ],
      `${shift}`,
    );
  }
});

test("a line that fits into no block is a failure, and leaves no file open", () => {
  const path = ground.file(`1,${"a".repeat(5 * 2 ** 20)}\n`);
  const how = { dialect: CSV, columns: COLUMNS };
  assert.throws(() => ground.siftRange(path, WHOLE, how), { code: "source/unreadable-file" });
});

test("a part of which one line in five is held is given up, and a file that is missing is a failure", () => {
  const content = ["1,a\n", "x,a\n", "3,a\n"].join("").repeat(20_000);
  const task = ground.task(ground.file(content), WHOLE, { dialect: CSV, columns: COLUMNS });
  const walk = siftPart(task);
  let step = walk.next();
  while (step.done !== true) step = walk.next();
  assert.equal(step.value.isUnfit, true);
  const missing = ground.task(`${ground.folder}/missing`, WHOLE, {
    dialect: CSV,
    columns: COLUMNS,
  });
  assert.throws(() => siftPart(missing).next(), { code: "ENOENT" });
});

test("a part that nobody wants to the end leaves what was held so far, and can be left at any chunk", () => {
  const content = Array.from({ length: 9000 }, (_, index) => `${index},a\n`).join("");
  const task = ground.task(ground.file(content), WHOLE, { dialect: CSV, columns: COLUMNS });
  const walk = siftPart(task);
  walk.next();
  walk.return(undefined as never);
  assert.equal(walk.next().done, true);
});

test("thousands of lines that are held at once are all told", () => {
  const good = Array.from({ length: 60_000 }, (_, index) => `${index},a\n`).join("");
  const bad = Array.from({ length: 9500 }, (_, index) =>
    index % 3 === 0 ? `${index}\n` : `x${index},b\n`,
  );
  const how = { dialect: CSV, columns: COLUMNS };
  const task = ground.task(ground.file(good + bad.join("")), WHOLE, how);
  const walk = siftPart(task);
  let step = walk.next();
  while (step.done !== true) step = walk.next();
  assert.equal(step.value.isUnfit, false);
  assert.deepEqual(
    [...heldIn(task, step.value)].toSorted(([one], [other]) => one - other),
    bad.map((line, index) => [60_001 + index, line.slice(0, -1)]),
  );
});
