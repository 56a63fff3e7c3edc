/** Workbooks taken apart into records, with a real DuckDB. The real input is read from ../shared where it is there. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type WriteSheet, writeXlsx } from "hucre/xlsx";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { stageWorkbook, type WorkbookStaging } from "../../src/source/workbook.ts";

const REAL = join(import.meta.dirname, "../../../shared/data/restaurants/Country-Code.xlsx");
let folder = "";
let engine: Engine;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "workbooks-"));
  engine = await createDuckDB();
});
after(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

async function stageFile(path: string, how: WorkbookStaging = {}) {
  const staged = await stageWorkbook(engine, path, folder, how);
  const rows = staged.path === undefined ? [] : await engine.rows(`select * from '${staged.path}'`);
  return { ...staged, rows };
}

async function stage(sheets: WriteSheet[], how: WorkbookStaging = {}) {
  const path = join(folder, "book.xlsx");
  await writeFile(path, await writeXlsx({ sheets }));
  return stageFile(path, how);
}

test("cells are numbers, texts, truth values and dates as the file types them", async () => {
  const rows = [
    ["id", "when", "ok", " note\n"],
    [0.1, new Date("2024-01-15"), true, "1.10"],
    [123456789012345, new Date("2024-01-15T10:30:15Z"), false, 'é "x"\n'],
    [null, null, null, ""],
    [-1e-7, null, null, null],
  ];
  const { rows: staged } = await stage([{ name: "A", rows }]);
  assert.deepEqual(
    staged.map(({ record, place, line }) => [record, place, line]),
    [
      ['{"id":0.1,"when":"2024-01-15","ok":true," note\\n":"1.10"}', "A!2", 2n],
      [
        '{"id":123456789012345,"when":"2024-01-15T10:30:15","ok":false," note\\n":"é \\"x\\"\\n"}',
        "A!3",
        3n,
      ],
      ['{"id":-1e-7,"when":null,"ok":null," note\\n":null}', "A!5", 5n],
    ],
  );
});

test("the sheet and the row of the header may be told", async () => {
  const sheets = [
    { name: "Cover", rows: [["nothing"]] },
    { name: "Data", rows: [["Report of May"], [], ["id"], [1], [2]] },
  ];
  const { rows } = await stage(sheets, { sheet: "Data", header: 3 });
  assert.deepEqual(
    rows.map(({ record, place }) => `${place} ${record}`),
    ['Data!4 {"id":1}', 'Data!5 {"id":2}'],
  );
});

test("a cell error and a value without a column are problems of the row", async () => {
  const rows = [
    ["id", "sum"],
    [1, "#N/A"],
    [2, 3, null, "stray"],
    [4, 5],
  ];
  const staged = await stage([{ name: "A", rows }]);
  assert.deepEqual([staged.records, staged.problems], [1, 2]);
  assert.deepEqual(
    staged.rows.map(({ problem }) => problem),
    ['the cell of "sum" is the error #N/A', "column 4 has a value but no name", null],
  );
  assert.equal(staged.rows[1]?.record, '{"id":2,"sum":3,"":["stray"]}');
});

test("what is wrong with the workbook as a whole is a problem of the file", async () => {
  const problem = async (rows: (string | number | null)[][], how: WorkbookStaging = {}) =>
    (await stage([{ name: "Data", rows }], how)).problem?.message;
  assert.equal(
    await problem([["a"]], { sheet: "data " }),
    'has no sheet "data ". Did you mean "Data"? Allowed: Data.',
  );
  assert.equal(await problem([["a", "a"]]), 'has two columns "a" in row 1 of the sheet "Data"');
  assert.equal(
    await problem([["a", null, "b"]]),
    'has no name for column 2 in row 1 of the sheet "Data"',
  );
  assert.equal(await problem([]), 'has no row 1 with column names in the sheet "Data"');
  assert.equal(
    await problem([["a"], [1]], { header: 9 }),
    'has no row 9 with column names in the sheet "Data"',
  );
  assert.equal(await problem([["a"]]), undefined);
  const path = join(folder, "text.xlsx");
  await writeFile(path, "a,b\n");
  assert.match((await stageFile(path)).problem?.message ?? "", /is no ZIP archive/);
});

test("a sheet of many rows comes out whole and in order", async () => {
  const rows = [["id", "text"], ...Array.from({ length: 20_000 }, (_, id) => [id, `text ${id}`])];
  const staged = await stage([{ name: "A", rows }]);
  assert.equal(staged.records, 20_000);
  assert.ok(staged.rows.every(({ record }, id) => record === `{"id":${id},"text":"text ${id}"}`));
});

test("the real workbook has 15 countries, spelled as it spells them", async (t) => {
  if (!existsSync(REAL)) {
    t.diagnostic("../shared is not there, so that this test reads nothing");
    return;
  }
  const { rows, records } = await stageFile(REAL);
  assert.equal(records, 15);
  assert.equal(rows[6]?.record, '{"Country Code":162,"Country":"Phillipines"}');
});
