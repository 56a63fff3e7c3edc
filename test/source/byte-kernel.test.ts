/** The byte kernel against the same done byte by byte, on texts made at random; and the code of both kernels against their sources. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openByteKernel } from "../../src/source/byte-kernel.ts";
import { FREE_FROM } from "../../src/source/kernel.ts";

const SEED = Date.now() % 100_000;
const TEXT = FREE_FROM;
const FILTER = TEXT + 65_536;
const FILTER_BYTES = 1024;
const OUT = FILTER + 65_536;
const QUOTE = 0x22;

let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};

function randomText(): Buffer {
  const characters = ["a", "b", ",", '"', '"', "\n", "\r\n", "é", "0123456789abcdef0123456789"];
  const text = Array.from({ length: random(60) }, () => characters[random(characters.length)]);
  return Buffer.from(text.join(""));
}

test(`line feeds and quotes are counted as byte by byte (seed ${SEED})`, () => {
  const kernel = openByteKernel(3 * 65_536);
  for (let round = 0; round < 3000; round++) {
    const text = randomText();
    const from = TEXT + random(20);
    // What stands before and behind is not looked at.
    kernel.bytes.fill(random(2) === 0 ? 0x0a : QUOTE, TEXT, from + text.length + 40);
    kernel.bytes.set(text, from);
    const to = from + text.length;
    assert.equal(kernel.count(from, to), text.filter((byte) => byte === 0x0a).length);
    const odd = random(2);
    let parity = odd;
    for (const byte of text) {
      if (parity === 2) break;
      if (byte === QUOTE) parity ^= 1;
      else if (byte === 0x0a && parity === 1) parity = 2;
    }
    assert.equal(kernel.parity(from, to, QUOTE, odd), parity, JSON.stringify(text.toString()));
  }
});

test(`every whole line that the filter lets pass is found, with its place and its quotes (seed ${SEED})`, () => {
  const kernel = openByteKernel(3 * 65_536);
  for (let round = 0; round < 1000; round++) {
    const text = randomText();
    kernel.bytes.fill(0x0a, TEXT, TEXT + text.length + 40);
    kernel.bytes.set(text, TEXT);
    kernel.bytes.fill(0xff, FILTER, FILTER + FILTER_BYTES);
    const wanted: number[][] = [];
    const lines = text.toString("latin1").split("\n");
    let at = TEXT;
    for (const [index, line] of lines.slice(0, -1).entries()) {
      const end = at + line.length - (line.endsWith("\r") ? 1 : 0);
      wanted.push([at, end, index, line.split('"').length - 1]);
      at += line.length + 1;
    }
    const found: number[][] = [];
    let from = TEXT;
    let done = 0;
    for (let count = 3; count === 3; ) {
      count = kernel.find(from, TEXT + text.length, QUOTE, FILTER, 8 * FILTER_BYTES - 1, OUT, 3);
      for (let one = 0; one < count; one++) {
        const word = (index: number): number =>
          kernel.view.getUint32(OUT + 16 * one + 4 * index, true);
        found.push([word(0), word(1), word(2) + done, word(3)]);
      }
      from = kernel.next.value;
      done += kernel.lines.value;
    }
    assert.deepEqual(found, wanted, JSON.stringify(text.toString()));
    assert.equal(from, at);
  }
});

test("a line is found by its number alone, and one with quotes however they stand", () => {
  const kernel = openByteKernel(3 * 65_536);
  const put = (text: string): number =>
    TEXT + Buffer.from(kernel.bytes.buffer).write(text, TEXT, "latin1");
  const all = kernel.sampleAll(TEXT, put("1,abc,2"));
  assert.notEqual(kernel.sampleAll(TEXT, put("1,abd,2")), all);
  const quoted = kernel.sampleEnds(TEXT, put('1,"abc",2'), QUOTE, 2);
  assert.equal(kernel.sampleEnds(TEXT, put("1,abc,2"), QUOTE, 0), quoted);
  assert.equal(kernel.sampleEnds(TEXT, put('"1","abc",2'), QUOTE, 4), quoted);
  const end = put("x,y\n1,abc,2\n");
  kernel.bytes.fill(0, FILTER, FILTER + FILTER_BYTES);
  const bit = all & (8 * FILTER_BYTES - 1);
  kernel.bytes[FILTER + (bit >>> 3)] = 1 << (bit & 7);
  assert.equal(kernel.find(TEXT, end, QUOTE, FILTER, 8 * FILTER_BYTES - 1, OUT, 10), 1);
  assert.equal(kernel.view.getUint32(OUT, true), TEXT + 4);
});

test("the code of both kernels is what their sources say", async () => {
  const script = fileURLToPath(new URL("../../scripts/kernel.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, "--check"]);
});
