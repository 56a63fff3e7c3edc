/** The first look at Parquet files from outside. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { inspectFile } from "../../src/source/inspect.ts";
import { checkParquet } from "../../src/source/parquet-file.ts";

let folder = "";
let good: Buffer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "parquet-"));
  const engine = await createDuckDB();
  await engine.run(
    `copy (select range as id from range(100)) to '${join(folder, "good.parquet")}'`,
  );
  engine.close();
  good = await readFile(join(folder, "good.parquet"));
});
after(() => rm(folder, { recursive: true }));

test("a whole file passes, and an inspection says so", async () => {
  await checkParquet(join(folder, "good.parquet"));
  const { problem, empty } = await inspectFile(join(folder, "good.parquet"), { format: "parquet" });
  assert.deepEqual([problem, empty], [undefined, false]);
});

test("a file that is cut, damaged, encrypted or something else is refused", async () => {
  const wrongFooter = Buffer.from(good);
  wrongFooter.writeUInt32LE(good.length, good.length - 8);
  const refused: [bytes: Buffer, message: RegExp][] = [
    [good.subarray(0, -1), /without its end/],
    [good.subarray(1), /does not begin with PAR1/],
    [wrongFooter, /its footer claims/],
    [Buffer.concat([good.subarray(0, -4), Buffer.from("PARE")]), /encrypted/],
    [Buffer.from("PAR1"), /no Parquet file/],
  ];
  for (const [bytes, message] of refused) {
    await writeFile(join(folder, "bad.parquet"), bytes);
    await assert.rejects(checkParquet(join(folder, "bad.parquet")), {
      code: "source/bad-parquet",
      message,
    });
    const { problem } = await inspectFile(join(folder, "bad.parquet"), { format: "parquet" });
    assert.equal(problem?.rule, "file");
  }
});
