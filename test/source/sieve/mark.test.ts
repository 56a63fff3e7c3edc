/** Lines of a part that was sifted, found again by their numbers. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { visitLines } from "../../../src/source/sieve/mark.ts";
import type { SiftedPart } from "../../../src/source/sieve/sift-part.ts";
import { seed } from "../../storage/seed.ts";
import { columnOf } from "./meaning.ts";
import { newRandom } from "./random.ts";
import { CSV, openGround, WHOLE } from "./sifted.ts";

const { below } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

const TEXT = columnOf({ kind: "text" });

function siftedFrom(path: string, range: readonly [number, number]): SiftedPart {
  return ground.siftRange(path, range, { dialect: CSV, columns: [TEXT, TEXT] }).part;
}

function linesAt(path: string, part: SiftedPart, numbers: readonly number[]): string[] {
  const found: string[] = [];
  visitLines(path, part.marks, numbers, (number, line) => found.push(`${number}:${line}`));
  return found;
}

test(`any lines of any part are found by their numbers (seed ${seed})`, () => {
  for (const lineEnd of ["\n", "\r\n"]) {
    const lines = Array.from({ length: 3000 }, (_, index) =>
      below(20) === 0 ? "" : `${index},${"é".repeat(below(below(40) === 0 ? 9000 : 60))}`,
    );
    lines.push("the last,one");
    const text = lines.join(lineEnd);
    const path = ground.file(text);
    const cut = 1 + below(Buffer.byteLength(text) - 1);
    let linesBefore = 0;
    for (const [from, to] of [
      [0, cut],
      [cut, WHOLE[1]],
    ] as const) {
      const part = siftedFrom(path, [from, to]);
      const numbersFrom = (share: number): number[] =>
        Array.from({ length: part.lines }, (_, at) => at + 1).filter(() => below(share) === 0);
      for (const numbers of [numbersFrom(1), numbersFrom(5), numbersFrom(200), [part.lines], []]) {
        const wanted = numbers.map(
          (number) => `${number}:${lines[linesBefore + number - 1]}${lineEnd}`,
        );
        assert.deepEqual(linesAt(path, part, numbers), wanted);
      }
      linesBefore += part.lines;
    }
    assert.equal(linesBefore, lines.length);
  }
});

test("a file that has been cut since gives no line that it had not", () => {
  const path = ground.file("1,a\n2,b\n3,c\n4,d\n");
  const part = siftedFrom(path, WHOLE);
  for (const left of ["1,a\n2,b\n", ""])
    for (const numbers of [[1, 3], [4], [3, 4]]) {
      writeFileSync(path, left);
      assert.throws(() => linesAt(path, part, numbers), { code: "source/unreadable-file" });
    }
});
