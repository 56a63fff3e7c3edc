/** The look at a ZIP archive before it is unpacked. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeXlsx } from "hucre/xlsx";
import { checkWorkbook, readZipDirectory } from "../../src/source/zip-directory.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "archives-"));
});
after(() => rm(folder, { recursive: true }));

interface Entry {
  readonly name: string;
  readonly packed?: number;
  readonly unpacked?: number;
  readonly encrypted?: boolean;
}

const PARTS: readonly Entry[] = [{ name: "[Content_Types].xml" }, { name: "xl/workbook.xml" }];

/** An archive that is nothing but a directory. */
function archive(entries: readonly Entry[], { count = entries.length, comment = "" } = {}): Buffer {
  const directory = entries.map(({ name, packed = 10, unpacked = 20, encrypted = false }) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(encrypted ? 1 : 0, 8);
    entry.writeUInt32LE(packed, 20);
    entry.writeUInt32LE(unpacked, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    return Buffer.concat([entry, Buffer.from(name)]);
  });
  const bytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes.length, 12);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([bytes, end, Buffer.from(comment)]);
}

async function check(bytes: Uint8Array): Promise<void> {
  const path = join(folder, "archive.xlsx");
  await writeFile(path, bytes);
  await checkWorkbook(path);
}

test("a workbook passes, with a comment at its end as well", async () => {
  await check(await writeXlsx({ sheets: [{ name: "A", rows: [["a"]] }] }));
  await check(archive(PARTS, { comment: "made by hand" }));
  const entries = await readZipDirectory(join(folder, "archive.xlsx"));
  assert.deepEqual(entries[0], {
    name: "[Content_Types].xml",
    packedBytes: 10,
    unpackedBytes: 20,
    encrypted: false,
  });
});

test("an archive that is no workbook, or one that would not be safe to unpack, is refused by name", async () => {
  const sheet = "xl/worksheets/sheet1.xml";
  const refused: [bytes: Buffer, message: RegExp][] = [
    [archive([{ name: "a.txt" }]), /a ZIP archive but no XLSX workbook/],
    [archive([...PARTS, { name: "xl/workbook.bin" }]), /\.xlsb/],
    [archive([{ name: "mimetype" }, { name: "content.xml" }]), /OpenDocument/],
    [archive([...PARTS, { name: sheet, encrypted: true }]), /encrypted/],
    [archive([...PARTS, { name: sheet, packed: 1000, unpacked: 2 ** 30 }]), /decompression bomb/],
    [archive([...PARTS, { name: sheet, packed: 2 ** 30, unpacked: 3 * 2 ** 30 }]), /too large/],
    [
      archive([...PARTS, { name: "xl/sharedStrings.xml", packed: 2 ** 28, unpacked: 2 ** 29 }]),
      /too large/,
    ],
    [archive(PARTS, { count: 60_000 }), /60000 entries/],
    [archive(PARTS, { count: 3 }), /entry 3 of 3 is missing/],
    [archive(PARTS).subarray(0, -30), /its directory is missing/],
    [archive(PARTS).subarray(50), /its directory lies outside/],
    [Buffer.from("text"), /no ZIP archive/],
    [Buffer.alloc(0), /no ZIP archive/],
  ];
  for (const [bytes, message] of refused) {
    await assert.rejects(check(bytes), { code: "source/bad-workbook", message }, String(message));
  }
});
