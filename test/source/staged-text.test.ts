/** Recoding texts that are not UTF-8. */

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { stageUtf8 } from "../../src/source/staged-text.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "recode-"));
});
after(() => rm(folder, { recursive: true }));

test("UTF-16 of either byte order and latin-1 become UTF-8 without a mark", async () => {
  const text = "id,name\r\n1,Zürich 東京\r\n";
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  const inputs = [
    ["utf-16", utf16, text],
    ["utf-16", Buffer.from(utf16).swap16(), text],
    ["utf-16", utf16.subarray(2), text],
    ["latin-1", Buffer.from([0x5a, 0xfc, 0x80, 0x0a]), "Zü€\n"],
  ] as const;
  for (const [encoding, bytes, expected] of inputs) {
    for (const compression of [undefined, "gzip"] as const) {
      const path = join(folder, "input");
      await writeFile(path, compression === undefined ? bytes : gzipSync(bytes));
      const staged = await stageUtf8(path, folder, { encoding, compression });
      assert.equal(await readFile(staged.path ?? "", "utf8"), expected);
      assert.equal(staged.lineEnd, expected.includes("\r") ? "crlf" : "lf");
      await rm(staged.path ?? "");
    }
  }
});

test("a broken UTF-16 text is a problem and leaves no file", async () => {
  await writeFile(join(folder, "input"), Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]));
  const { path, problem } = await stageUtf8(join(folder, "input"), folder, { encoding: "utf-16" });
  assert.deepEqual([path, problem], [undefined, { rule: "file", message: "is no valid utf-16" }]);
  assert.deepEqual(await readdir(folder), ["input"]);
});

test("a line is as long as it is in UTF-8", async () => {
  const path = join(folder, "input");
  for (const [repeated, hasLongLine] of [
    [700_000, true],
    [600_000, false],
  ] as const) {
    await writeFile(path, Buffer.concat([Buffer.alloc(repeated, 0x80), Buffer.from("\na\n")]));
    const how = { encoding: "latin-1", longLineBytes: 2_000_000 } as const;
    const staged = await stageUtf8(path, folder, how);
    assert.equal(staged.hasLongLine, hasLongLine);
    await rm(staged.path ?? "");
  }
});
