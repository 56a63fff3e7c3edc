/** Headers of CSV files: the names as they are written. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type HeaderOptions, readCsvHeader } from "../../src/source/csv-header.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "header-"));
});
after(() => rm(folder, { recursive: true }));

async function header(content: string | Buffer, options: Partial<HeaderOptions> = {}) {
  const path = join(folder, "file.csv");
  await writeFile(path, content);
  return readCsvHeader(path, { delimiter: ",", quote: '"', ...options });
}

test("names keep their blanks, quotes and line breaks, and a mark is no part of them", async () => {
  const { names, line } = await header('\ufeff id,"a ""b""","c\nd,e",,f \r\n1,2,3,4,5\r\n');
  assert.deepEqual(names, [" id", 'a "b"', "c\nd,e", "", "f "]);
  assert.equal(line, 1);
});

test("other delimiters, compression, blank lines before and a missing line end change nothing", async () => {
  assert.deepEqual((await header("a;b|c", { delimiter: ";" })).names, ["a", "b|c"]);
  assert.deepEqual((await header(gzipSync("a,b\n1,2\n"), { compression: "gzip" })).names, [
    "a",
    "b",
  ]);
  assert.deepEqual((await header("a,b\r1,2\r", { endsInCr: true })).names, ["a", "b"]);
  assert.equal((await header("\n\na,b\n")).line, 3);
});

test("a name that stands twice and a file without a record are problems", async () => {
  assert.deepEqual((await header("a,b,a\n")).problem, {
    rule: "file",
    message: 'has two columns "a" in its header',
    line: 1,
  });
  assert.match((await header("\n\n")).problem?.message ?? "", /has no header/);
});
