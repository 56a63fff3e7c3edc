/** Walking records: pieces of any size give the same records. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { walkRecords } from "../../src/source/record-walker.ts";

const OPTIONS = { quote: '"', delimiter: ",", endsInCr: false };

async function walk(bytes: Buffer, pieceBytes: number): Promise<string[]> {
  const records: string[] = [];
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  await walkRecords(pieces(), OPTIONS, (piece, start, end, line, quotes) => {
    records.push(`${line} ${quotes} ${piece.toString("utf8", start, end)}`);
    return true;
  });
  return records;
}

test("a record that lies across pieces is the same as in one piece", async () => {
  const text =
    '\ufeffa,b\r\n1,"x\r\ny"\r\n\r\n2,"say ""hi"""\r\n"","é"\r\n5" p,6"\r\n"a"b"c,d\r\nlast,"one"';
  const bytes = Buffer.from(text);
  const whole = await walk(bytes, bytes.length);
  assert.deepEqual(whole, [
    "1 0 a,b",
    '2 2 1,"x\r\ny"',
    '5 6 2,"say ""hi"""',
    '6 4 "","é"',
    '7 2 5" p,6"',
    '8 3 "a"b"c,d',
    '9 2 last,"one"',
  ]);
  for (let pieceBytes = 4; pieceBytes < bytes.length; pieceBytes++) {
    assert.deepEqual(await walk(bytes, pieceBytes), whole, `pieces of ${pieceBytes} bytes`);
  }
});

test("an open quote at the end makes one record of the rest", async () => {
  assert.deepEqual(await walk(Buffer.from('a\n"b\nc\n'), 100), ["1 0 a", '2 1 "b\nc\n']);
});

test("the walk stops when the visitor has enough", async () => {
  let visits = 0;
  const pieces = (async function* () {
    yield Buffer.from("a\nb\nc\n");
  })();
  await walkRecords(pieces, OPTIONS, () => {
    visits += 1;
    return visits < 2;
  });
  assert.equal(visits, 2);
});
