/** Lines that end in commas become lines of records, each where it stood. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { stageCommaLines } from "../../src/source/comma-line.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-comma-"));
after(() => rmSync(folder, { recursive: true }));

async function staged(content: string | Buffer, compression?: "gzip"): Promise<string> {
  const path = join(folder, "in");
  writeFileSync(path, content);
  return readFileSync(await stageCommaLines(path, folder, { compression }), "utf8");
}

/** Each line without the blanks around it. */
const linesOf = (text: string): string[] => text.split("\n").map((line) => line.trim());

test("commas at the ends of lines and lines of brackets become blanks", async () => {
  assert.deepEqual(linesOf(await staged('[\n{"a":1},\n  {"a":[2,3]} ,\t\r\n{"a":3}\n]\n')), [
    "",
    '{"a":1}',
    '{"a":[2,3]}',
    '{"a":3}',
    "",
    "",
  ]);
});

test("brackets may stand beside the first and the last record, and be left out", async () => {
  for (const text of [
    '[{"a":1},\n{"a":[2]}]',
    '[{"a":1},\n{"a":[2]},]\n\n',
    '\ufeff [ {"a":1},\n{"a":[2]}\n] \n',
    '{"a":1},\n{"a":[2]},\n',
    '{"a":1}\n{"a":[2]}',
  ]) {
    const lines = linesOf(await staged(text)).filter((line) => line !== "");
    assert.deepEqual(lines, ['{"a":1}', '{"a":[2]}'], text);
  }
});

test("what is in a record stays, and so does a line that is no record", async () => {
  assert.deepEqual(linesOf(await staged('{"a":1}\n[1]\n{"a":2}')), ['{"a":1}', "[1]", '{"a":2}']);
  const text = '{"a":"x,\\n]"},\n[1],\n{"a":1\n,"b":2},\n';
  assert.deepEqual(linesOf(await staged(text)), ['{"a":"x,\\n]"}', "[1]", '{"a":1', ',"b":2}', ""]);
});

test("lines longer than what is read at once, and packed ones, are the same", async () => {
  const long = `{"a":"${"x".repeat(3 << 20)}"}`;
  const lines = Array.from({ length: 50_000 }, (_, n) => `{"n":${n}}`);
  const records = [...lines, long, ...lines, long];
  const content = gzipSync(`[\n${records.join(",\n")}\n]\n`);
  const found = linesOf(await staged(content, "gzip")).filter((line) => line !== "");
  assert.equal(found.join("\n") === records.join("\n"), true);
});

test("an empty file is empty, and a file that cannot be unpacked leaves nothing behind", async () => {
  assert.equal(await staged(""), "");
  const before = readdirSync(folder).length;
  await assert.rejects(staged(gzipSync("[\n{}\n]\n").subarray(0, 12), "gzip"), {
    code: "source/bad-compression",
  });
  assert.equal(readdirSync(folder).length, before);
});
