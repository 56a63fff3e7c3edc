/** Lines of a part that was sifted, found again by their numbers. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { visitLines } from "../../../src/source/sieve/mark.ts";
import { siftPart } from "../../../src/source/sieve/sift-part.ts";

const SEED = Date.now() % 100_000;
let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-mark-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

let serial = 0;

function marksOf(path: string, from: number, to: number): ReturnType<typeof siftPart> {
  serial += 1;
  const into = (kind: string): string => join(folder, `${kind}-${serial}`);
  const paths = {
    passed: into("passed"),
    held: into("held"),
    broken: into("broken"),
    odd: into("odd"),
  };
  const text = { is: { kind: "text" }, optional: true, name: "" } as const;
  const dialect = { format: "csv", delimiter: ",", quote: '"' } as const;
  return siftPart({
    path,
    from,
    to,
    isLineStart: from === 0,
    dialect,
    columns: [text, text],
    paths,
  });
}

function linesAt(
  path: string,
  part: ReturnType<typeof siftPart>,
  numbers: readonly number[],
): string[] {
  const found: string[] = [];
  visitLines(path, part.marks, numbers, (number, line) => found.push(`${number}:${line}`));
  return found;
}

test(`any lines of any part are found by their numbers (seed ${SEED})`, () => {
  for (const lineEnd of ["\n", "\r\n"]) {
    const lines = Array.from({ length: 3000 }, (_, index) =>
      random(20) === 0 ? "" : `${index},${"é".repeat(random(random(40) === 0 ? 9000 : 60))}`,
    );
    lines.push("the last,one");
    const path = join(folder, "in.csv");
    const text = lines.join(lineEnd);
    writeFileSync(path, text);
    const cut = 1 + random(Buffer.byteLength(text) - 1);
    let linesBefore = 0;
    for (const [from, to] of [
      [0, cut],
      [cut, Number.MAX_SAFE_INTEGER],
    ] as const) {
      const part = marksOf(path, from, to);
      const numbersFrom = (share: number): number[] =>
        Array.from({ length: part.lines }, (_, at) => at + 1).filter(() => random(share) === 0);
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
  const path = join(folder, "cut.csv");
  writeFileSync(path, "1,a\n2,b\n3,c\n4,d\n");
  const part = marksOf(path, 0, Number.MAX_SAFE_INTEGER);
  for (const left of ["1,a\n2,b\n", ""])
    for (const numbers of [[1, 3], [4], [3, 4]]) {
      writeFileSync(path, left);
      assert.throws(() => linesAt(path, part, numbers), { code: "source/unreadable-file" });
    }
});
