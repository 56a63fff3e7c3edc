/** Where rejected rows stand: in large files, in several at once, compressed ones, and as columns of the table. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { arrival, csv, integer, ndjson, position, text } from "../../src/index.ts";
import { land, useYards } from "./harness.ts";

const open = useYards();

const COLUMNS = { id: integer(), name: text() };

interface Made {
  readonly content: string;
  /** Lines of rejected rows, ascending. */
  readonly bad: readonly number[];
  readonly good: number;
}

/** A file with every kind of record, bad ones spread over it; the same for the same seed. */
function makeCsv(rows: number, seed: number): Made {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const lines: string[] = ["id,name"];
  const bad: number[] = [];
  let line = 2;
  let good = 0;
  const put = (record: string, isBad = false): void => {
    lines.push(record);
    if (isBad) bad.push(line);
    else good += 1;
    line += record.split("\n").length;
  };
  for (let row = 0; row < rows; row++) {
    const kind = random(300);
    if (kind === 0) put(`x${row},bad`, true);
    else if (kind === 1) put("same,bad", true);
    else if (kind === 2) put(`${row}`, true);
    else if (kind === 3) put(`${row},a,b`, true);
    else if (kind === 4) put(`${row},"a"b`, true);
    else if (kind === 5) put(`y${row},"two\nlines"`, true);
    else if (kind === 6) put(`z${row}, "blank" ,,`, true);
    else if (kind === 7) put(`${row},"line\n\nbreaks, ""quotes"""`);
    else if (kind === 8) {
      lines.push("");
      line += 1;
    } else put(`${row},${"n".repeat(random(60))}n`);
  }
  return { content: `${lines.join("\n")}\n`, bad, good };
}

function makeNdjson(rows: number, step: number): Made {
  const bad: number[] = [];
  let good = 0;
  const lines = Array.from({ length: rows }, (_, index) => {
    const kind = index % step;
    if (kind > 4) {
      good += 1;
      return `{"id":${index},"name":"${"n".repeat(index % 50)}"}`;
    }
    if (kind === 0 && index > 0) return "";
    bad.push(index + 1);
    return [
      '{"id":"same","name":"bad"}',
      `{"id":${index},"na`,
      `{"id":"${index}"}`,
      "[1]",
      "nonsense",
    ][kind];
  });
  return { content: `${lines.join("\n")}\n`, bad, good };
}

const linesOf = (rejected: readonly { file: string; line: number | null }[], name: string) =>
  rejected.filter(({ file }) => file === name).map(({ line }) => line);

test("rejected rows of large CSV files have their lines, several files of one batch and gzip included", async () => {
  const files = {
    "a.csv": makeCsv(60_000, 1),
    "b.csv": makeCsv(30_000, 2),
    "c.csv.gz": makeCsv(60_000, 3),
    "d.csv": makeCsv(50, 4),
  };
  const { rows, rejected } = await land(
    open(),
    Object.fromEntries(
      Object.entries(files).map(([name, { content }]) => [
        name,
        name.endsWith("gz") ? gzipSync(content) : content,
      ]),
    ),
    { from: csv("*.{csv,gz}"), columns: COLUMNS },
  );
  assert.equal(
    rows.length,
    Object.values(files).reduce((sum, { good }) => sum + good, 0),
  );
  for (const [name, { bad }] of Object.entries(files))
    assert.deepEqual(linesOf(rejected, name), bad, name);
});

test("rejected rows of large NDJSON files have their lines, several files of one batch and gzip included", async () => {
  const files = {
    "a.ndjson": makeNdjson(60_000, 500),
    "b.ndjson": makeNdjson(20_000, 333),
    "c.gz": makeNdjson(60_000, 700),
  };
  const { rows, rejected } = await land(
    open(),
    Object.fromEntries(
      Object.entries(files).map(([name, { content }]) => [
        name,
        name.endsWith("gz") ? gzipSync(content) : content,
      ]),
    ),
    { from: ndjson("*.{ndjson,gz}"), columns: COLUMNS },
  );
  assert.equal(
    rows.length,
    Object.values(files).reduce((sum, { good }) => sum + good, 0),
  );
  for (const [name, { bad }] of Object.entries(files))
    assert.deepEqual(linesOf(rejected, name), bad, name);
});

test("a file in which every row is rejected has the line of each", async () => {
  const content = `id,name\n${Array.from({ length: 50_000 }, (_, index) => `x${index % 100},bad\n`).join("")}`;
  const { rejected } = await land(
    open(),
    { "a.csv": content },
    { from: csv("a.csv"), columns: COLUMNS },
  );
  assert.deepEqual(
    rejected.map(({ line }) => line),
    Array.from({ length: 50_000 }, (_, index) => index + 2),
  );
});

test("position() gives every row its place, file and line, and arrival() the beginning of its run", async () => {
  const begun = Date.now();
  const columns = {
    id: integer(),
    place: position(),
    file: position("file"),
    line: position("line"),
    at: arrival(),
  };
  const { rows, rejected, yard } = await land(
    open(),
    { "a.csv": 'name,id\n"x\ny",1\n\nz,2\nz,bad\nz\n', "b.csv": "id\n3\n" },
    { from: csv("*.csv"), columns },
  );
  assert.deepEqual(
    rows.map(({ at: _, ...row }) => row),
    [
      { id: 1, place: "a.csv:2", file: "a.csv", line: 2n },
      { id: 2, place: "a.csv:5", file: "a.csv", line: 5n },
      { id: 3, place: "b.csv:2", file: "b.csv", line: 2n },
    ],
  );
  assert.deepEqual(
    rejected.map(({ position: at }) => at),
    ["a.csv:6", "a.csv:7"],
  );
  const times = new Set(rows.map(({ at }) => String(at)));
  assert.equal(times.size, 1);
  assert.ok(Date.parse([...times][0] ?? "") >= begun - 1);
  assert.equal((await yard.rows("system.runs", "started_at as s"))[0]?.s, [...times][0]);
});

test("position() finds the lines of NDJSON rows among blank and broken ones", async () => {
  const { rows, rejected } = await land(
    open(),
    { "a.ndjson": '\n{"id":1}\n\n{"id":\n {"id":2} \r\n{"id":2}\n{"id":2}\n' },
    { from: ndjson("a.ndjson"), columns: { id: integer(), line: position("line") } },
  );
  assert.deepEqual(
    rows.map(({ id, line }) => [id, line]),
    [
      [1, 2n],
      [2, 5n],
      [2, 6n],
      [2, 7n],
    ],
  );
  assert.deepEqual(
    rejected.map(({ line }) => line),
    [4],
  );
});

test("lines of many rows that are asked for are found for each", async () => {
  const { content, good } = makeCsv(120_000, 9);
  const { rows } = await land(
    open(),
    { "a.csv": content },
    { from: csv("a.csv"), columns: { ...COLUMNS, line: position("line") } },
  );
  assert.equal(rows.length, good);
  const source = content.split("\n");
  for (const { id, line } of rows) assert.ok(source[Number(line) - 1]?.startsWith(`${id},`));
  assert.equal(new Set(rows.map(({ line }) => line)).size, good);
});
