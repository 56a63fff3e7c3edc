/** Lines of CSV through the sieve, made at random: what passes is canonical and becomes what it means, and all else is held. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { seed } from "../../storage/seed.ts";
import { columnOf, isCanonical, KINDS, meaningOf, SURE, TEXTS } from "./meaning.ts";
import { newRandom } from "./random.ts";
import type { Value } from "./row.ts";
import { CSV, openGround } from "./sifted.ts";

const { below, pick } = newRandom(seed);
const ground = openGround();
after(() => ground.close());

interface FieldOfLine {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The fields of a line; undefined where its quotes are at odds. */
function fieldsOf(line: string): FieldOfLine[] | undefined {
  const fields: FieldOfLine[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const found = field.exec(line);
    if (found === null) return undefined;
    const [, quoted, plain = "", mark] = found;
    fields.push({ text: quoted?.replaceAll('""', '"') ?? plain, isQuoted: quoted !== undefined });
    if (mark === "") return fields;
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const NULLS = [[], ["NA"], ["NA", "7", "null", "0123456789abcdef0", "é"]];
const ODD_LINES = ["", " ", '"', '""', '"a"b', 'a"b', '""""', ",", ",,,", '"a""', '"",""'];

test(`a line of CSV passes only where each field is canonical, as what it means (seed ${seed})`, () => {
  for (let round = 0; round < 24; round++) {
    const columns = Array.from({ length: 1 + below(5) }, () => {
      const column = columnOf(pick(KINDS), below(2) === 0);
      return below(6) === 0 ? { ...column, is: { kind: "text" } as const, isRead: false } : column;
    });
    const nulls = pick(NULLS);
    const isNull = ({ text, isQuoted }: FieldOfLine): boolean =>
      !isQuoted && (text === "" || nulls.includes(text));
    const lines = Array.from({ length: 600 }, () => {
      const odd = below(3) === 0 ? below(columns.length) : -1;
      const fields = columns.map(({ is }, index) => {
        const text = pick(index === odd ? [...TEXTS, ...nulls, 'say "hi"', '"'] : SURE[is.kind]);
        return text.includes('"') || below(5) === 0 ? quoted(text) : text;
      });
      if (odd === -1) return fields.join(",");
      const broken = below(12);
      if (broken === 0) fields.push("more");
      if (broken === 1) fields.pop();
      if (broken === 2) return pick(ODD_LINES);
      if (broken === 3) return fields.join(pick([", ", ";", ',"', '",']));
      return fields.join(",");
    });
    const content = lines.map((line) => line + pick(["\n", "\n", "\n", "\r\n"])).join("");
    const seen = ground.sift(content, { dialect: { ...CSV, nulls } as typeof CSV, columns });
    assert.equal(seen.part.lines, lines.length);
    for (const [index, line] of lines.entries()) {
      const values = seen.passed.get(index + 1);
      const held = seen.held.get(index + 1)?.replace(/\r$/, "");
      const place = JSON.stringify([
        line,
        nulls,
        columns.map(({ is, optional }) => [is, optional]),
      ]);
      if (line === "") {
        assert.deepEqual([values, held], [undefined, undefined], place);
        continue;
      }
      const fields = fieldsOf(line);
      assert.equal(held, values === undefined ? line : undefined, place);
      if (values !== undefined) {
        assert.equal(fields?.length, columns.length, `passed: ${place}`);
        const wanted = columns.flatMap(({ is, optional, isRead }, at): Value[] => {
          const field = fields?.[at] ?? { text: "", isQuoted: false };
          const isRight = isNull(field) ? optional : isCanonical(field.text, is);
          assert.ok(isRight, `passed: ${place}`);
          if (!isRead) return [];
          return [isNull(field) ? null : meaningOf(field.text, is)];
        });
        assert.deepEqual(values, wanted, place);
      }
      const isSure =
        fields?.length === columns.length &&
        columns.every(({ is, optional }, at) => {
          const field = fields[at] ?? { text: "", isQuoted: false };
          return isNull(field) ? optional : SURE[is.kind].includes(field.text);
        });
      if (isSure) assert.notEqual(values, undefined, `held: ${place}`);
    }
  }
});

const TEXT = columnOf({ kind: "text" });
const MUST = columnOf({ kind: "text" }, false);
const NUMBER = columnOf({ kind: "integer" });

test("texts that mean null do so without quotes alone, in columns that may be null", () => {
  const nulls = ["NA", "-1", "a text of more than 16 bytes", "ü"];
  const dialect = { ...CSV, nulls } as typeof CSV;
  const seen = ground.sift(
    [
      "NA,NA,x",
      '"NA","NA",x',
      "-1,-1,NA",
      "a text of more than 16 bytes,1,x",
      "a text of more than 16 byteS,1,x",
      "ü,2,x",
      "NAN,,x",
      "N,0,x",
      ',"",x',
      '"",3,"NA"',
      ',,""',
      "1,2,",
      "",
    ].join("\r\n"),
    { dialect, columns: [TEXT, NUMBER, MUST] },
  );
  assert.deepEqual(
    [...seen.passed],
    [
      [1, [null, null, "x"]],
      [4, [null, 1n, "x"]],
      [5, ["a text of more than 16 byteS", 1n, "x"]],
      [6, [null, 2n, "x"]],
      [7, ["NAN", null, "x"]],
      [8, ["N", 0n, "x"]],
      [10, ["", 3n, "NA"]],
      [11, [null, null, ""]],
    ],
  );
  assert.deepEqual([...seen.held.keys()].toSorted(), [2, 3, 9, 12].toSorted());
});

test("a column that is not read keeps its place, and takes no room however long its texts are", () => {
  const skipped = { ...TEXT, isRead: false };
  const must = { ...MUST, isRead: false };
  const long = "é".repeat(300_000);
  const seen = ground.sift(
    [
      `${long},1,"a ""b""",x`,
      `"${long}""",2,,x`,
      `,3,"","a, ""b"" and more than 16 bytes"`,
      `x,4,y,`,
      `x,5`,
      "",
    ].join("\n"),
    { dialect: CSV, columns: [skipped, NUMBER, skipped, must] },
  );
  assert.deepEqual(
    [...seen.passed],
    [
      [1, [1n]],
      [2, [2n]],
      [3, [3n]],
    ],
  );
  assert.deepEqual([...seen.held.keys()].toSorted(), [4, 5]);
  assert.deepEqual([...seen.part.broken], [5, 2]);
});

test("any delimiter and quote cut a line into the same fields", () => {
  for (const [delimiter, quote] of [
    [";", "'"],
    ["\t", '"'],
    ["|", "'"],
  ] as const) {
    const line = [`${quote}it${quote}${quote}s${delimiter}${quote}`, "7", `plain, "text"`];
    const seen = ground.sift(`${line.join(delimiter)}\n`, {
      dialect: { format: "csv", delimiter, quote, nulls: [] },
      columns: [TEXT, NUMBER, TEXT],
    });
    const isOdd = quote === '"';
    assert.equal(seen.passed.size, isOdd ? 0 : 1);
    if (!isOdd)
      assert.deepEqual(seen.passed.get(1), [`it${quote}s${delimiter}`, 7n, 'plain, "text"']);
  }
});
