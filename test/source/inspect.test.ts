/** Inspecting files: what a file is, told by its bytes. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { openContentHash } from "../../src/source/content-hash.ts";
import { type InspectOptions, inspectFile } from "../../src/source/inspect.ts";

const TEXT = "id,name\n1,Zürich\n".repeat(1000);
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inspect-"));
});
after(() => rm(folder, { recursive: true }));

async function inspect(content: string | Buffer, options: Partial<InspectOptions> = {}) {
  const path = join(folder, "file");
  await writeFile(path, content);
  return inspectFile(path, { format: "csv", ...options });
}

async function problemOf(content: string | Buffer, options: Partial<InspectOptions> = {}) {
  return (await inspect(content, options)).problem?.message;
}

test("a plain file is described with the hash of its bytes", async () => {
  const { modifiedMs, ...facts } = await inspect(TEXT);
  assert.ok(modifiedMs > 0);
  const bytes = Buffer.byteLength(TEXT);
  assert.deepEqual(facts, {
    sizeBytes: bytes,
    hash: await hashOf(TEXT),
    compression: undefined,
    contentBytes: bytes,
    empty: false,
    hasBom: false,
    lineEnd: "lf",
    endsInLineEnd: true,
    nul: undefined,
    invalidUtf8: undefined,
    longLine: undefined,
    hasWideLine: false,
    hasNulEscape: false,
    mayBreakInQuotes: undefined,
    problem: undefined,
  });
});

test("compression is told by the bytes, in any number of members and frames", async () => {
  const half = TEXT.length / 2;
  for (const [name, pack] of [
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ] as const) {
    const packed = Buffer.concat([pack(TEXT.slice(0, half)), pack(""), pack(TEXT.slice(half))]);
    const facts = await inspect(packed);
    assert.equal(facts.problem, undefined);
    assert.equal(facts.compression, name);
    assert.equal(facts.contentBytes, Buffer.byteLength(TEXT));
    assert.equal(facts.hash, await hashOf(packed));
  }
});

test("compressed data that is cut at any byte is a problem", async () => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    const whole = Buffer.concat([pack("a,b\n1,2\n"), pack("3,4\n")]);
    const borders = new Set([pack("a,b\n1,2\n").length, whole.length]);
    for (let length = 5; length < whole.length; length++) {
      const message = await problemOf(whole.subarray(0, length));
      if (borders.has(length)) assert.equal(message, undefined);
      else
        assert.match(message ?? "", /is damaged (gzip|zstd) data: it ends too early/, `${length}`);
    }
  }
});

test("compressed data that is damaged, followed by other bytes or packed twice is a problem", async () => {
  const gzip = gzipSync(TEXT);
  const wrongSum = Buffer.from(gzip);
  wrongSum.writeUInt8(wrongSum.readUInt8(gzip.length - 6) ^ 1, gzip.length - 6);
  assert.match((await problemOf(wrongSum)) ?? "", /damaged gzip data: incorrect data check/);
  assert.match(
    (await problemOf(Buffer.concat([gzip, Buffer.alloc(9)]))) ?? "",
    /9 bytes follow its end/,
  );
  assert.match(
    (await problemOf(Buffer.concat([gzip, Buffer.from("text")]))) ?? "",
    /damaged gzip data/,
  );
  const zstd = zstdCompressSync(TEXT);
  assert.match(
    (await problemOf(Buffer.concat([zstd, Buffer.from("text")]))) ?? "",
    /other bytes follow/,
  );
  assert.match((await problemOf(gzipSync(zstd))) ?? "", /compressed twice/);
});

test("a declared compression must be true, and a workbook takes none", async () => {
  assert.match(
    (await problemOf(TEXT, { compression: "gzip" })) ?? "",
    /declared to be gzip but is plain text/,
  );
  assert.match(
    (await problemOf(gzipSync(TEXT), { compression: "zstd" })) ?? "",
    /declared to be zstd but is gzip/,
  );
  assert.match(
    (await problemOf("x", { format: "xlsx", compression: "gzip" })) ?? "",
    /leave the option/,
  );
});

test("content that unpacks far beyond its size is a problem", async () => {
  const bomb = zstdCompressSync(Buffer.alloc(300 * 2 ** 20, "a,b\n"));
  assert.match((await problemOf(bomb)) ?? "", /decompression bomb/);
});

test("other kinds of files are named", async () => {
  const kinds: [content: string | Buffer, message: string][] = [
    ["\n <!DOCTYPE html>\n<html>", "is HTML, not CSV"],
    ["<html><body>Not found</body>", "is HTML, not CSV"],
    ["<?xml version='1.0'?>", "is XML, not CSV"],
    ["%PDF-1.7\n", "is a PDF, not CSV"],
    [Buffer.from("504b0304140000000800", "hex"), "is a ZIP archive or an Office file, not CSV"],
    [
      Buffer.from("d0cf11e0a1b11ae10000", "hex"),
      "is an old Excel file (.xls) or an encrypted Office file, not CSV",
    ],
    [Buffer.from(`PAR1\0\0${"\x01".repeat(90)}`), "is a Parquet file, not CSV"],
    [Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 7) % 32)), "is binary data, not CSV"],
  ];
  for (const [content, message] of kinds) assert.equal(await problemOf(content), message);
  assert.equal(await problemOf("PAR1,PAR2\n1,2\n"), undefined);
  assert.equal(await problemOf("<a>,b\n"), undefined);
  assert.equal(await problemOf("<html>", { format: "xlsx" }), "is HTML, not an XLSX workbook");
  assert.equal(await problemOf("a,b\n", { format: "parquet" }), "is text, not Parquet");
});

test("wide encodings are told with and without a mark, and UTF-16 may be declared for CSV", async () => {
  const utf16 = Buffer.from("\ufeffid,name\n1,x\n", "utf16le");
  assert.match((await problemOf(utf16)) ?? "", /is UTF-16; declare it with encoding/);
  assert.match((await problemOf(utf16.subarray(2))) ?? "", /is UTF-16/);
  assert.match((await problemOf(Buffer.from(utf16).swap16())) ?? "", /is UTF-16/);
  assert.match((await problemOf(utf16, { format: "json" })) ?? "", /deliver it as UTF-8/);
  assert.match((await problemOf(Buffer.from("fffe000061000000", "hex"))) ?? "", /is UTF-32/);
  assert.equal(await problemOf(utf16, { encoding: "utf-16" }), undefined);
  assert.match(
    (await problemOf(TEXT, { encoding: "utf-16" })) ?? "",
    /declared to be utf-16 but is not/,
  );
});

test("NUL bytes, invalid UTF-8 and long lines are reported with their lines", async () => {
  const nul = await inspect("a,b\n1,2\n3,\0\n");
  assert.deepEqual([nul.nul, nul.problem], [{ offset: 10, line: 3 }, undefined]);
  const invalid = await inspect(
    Buffer.concat([Buffer.from(TEXT), Buffer.from([0x31, 0xe9, 0x0a])]),
  );
  assert.deepEqual(invalid.invalidUtf8, { offset: Buffer.byteLength(TEXT) + 1, line: 2001 });
  const latin = await inspect(Buffer.from("a\né\n", "latin1"), { encoding: "latin-1" });
  assert.equal(latin.invalidUtf8, undefined);
  const long = await inspect(`a,b\n1,2\n${"x".repeat(10_000_000)}\n`);
  assert.deepEqual(long.longLine, { offset: 8, line: 3, bytes: 10_000_000 });
  const json = await inspect(Buffer.from('{"a":\n"é"}', "latin1"), { format: "json" });
  assert.deepEqual(json.problem, { rule: "file", message: "is no UTF-8 at byte 7", line: 2 });
});

test("characters that lie across the pieces of a large file are valid", async () => {
  for (const shift of ["", "x", "xx", "xxx"]) {
    const facts = await inspect(shift + "𝄞é東".repeat(300_000));
    assert.equal(facts.invalidUtf8, undefined);
  }
  const broken = Buffer.from("東".repeat(700_000));
  broken.writeUInt8(0x41, 1_048_577);
  assert.equal((await inspect(broken)).invalidUtf8?.offset, 1_048_575);
});

test("line ends are told apart", async () => {
  const ends = async (text: string) => {
    const { lineEnd, endsInLineEnd } = await inspect(text);
    return `${lineEnd} ${endsInLineEnd}`;
  };
  assert.equal(await ends("a,b\r\n1,2\r\n"), "crlf true");
  assert.equal(await ends("a,b\n1,2"), "lf false");
  assert.equal(await ends("a,b\r1,2\r"), "cr true");
  assert.equal(await ends("a,b\r\n1,2\n"), "mixed true");
  assert.equal(await ends('a,b\n1,"x\ry"\n'), "mixed true");
  assert.equal(await ends("a,b"), "none false");
});

test("a file without content is empty, with or without a mark, packed or not", async () => {
  for (const content of ["", "\ufeff", gzipSync(""), zstdCompressSync("")]) {
    const { empty, problem } = await inspect(content);
    assert.deepEqual([empty, problem], [true, undefined]);
  }
  assert.equal((await inspect("\ufeffa\n")).hasBom, true);
});

test("a file that went away is left for later", async () => {
  const { problem } = await inspectFile(join(folder, "gone"), { format: "csv" });
  assert.equal(problem?.unsettled, true);
  assert.match(problem?.message ?? "", /cannot be read: ENOENT/);
});

test("a file that changes while it is read is left for later", async () => {
  const path = join(folder, "growing");
  await writeFile(path, Buffer.alloc(30_000_000, "a,b\n"));
  const inspection = inspectFile(path, { format: "csv" });
  await writeFile(path, "a,b\n");
  const { problem } = await inspection;
  assert.deepEqual(problem, {
    rule: "file",
    message: "changed while it was read",
    unsettled: true,
  });
});

test("a stopped inspection rejects with the reason", async () => {
  const path = join(folder, "stopped");
  await writeFile(path, TEXT);
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(inspectFile(path, { format: "csv", signal }), { message: "stop" });
});

async function hashOf(content: string | Uint8Array): Promise<string> {
  const hash = await openContentHash();
  hash.update(Buffer.from(content));
  return hash.digest();
}
