/** Tests of the folder's promise: a file appears whole or not at all, and what goes wrong is said. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createFileWarehouse } from "../../src/warehouse/file-warehouse.ts";
import { openBench } from "./bench.ts";

const dialect = { format: "csv", nulls: "", bom: false, formulas: "escape" } as const;

test("a file replaces the one before, and nothing else is left in the folder", async (t) => {
  const { folder, text } = await openBench(t);
  assert.equal(await text("select 1 as a"), "a\n1\n");
  assert.equal(await text("select 2 as a"), "a\n2\n");
  assert.deepEqual(await readdir(folder), ["out.csv"]);
});

test("the folder is made where it is missing", async (t) => {
  const { folder, write } = await openBench(t);
  const deep = join(folder, "a", "it's [odd] *", "b");
  const { path } = await write("select 1 as a", { folder: deep });
  assert.equal(path, join(deep, "out.csv"));
  assert.equal(await readFile(path, "utf8"), "a\n1\n");
});

test("a query that fails half-way leaves the old file and nothing else", async (t) => {
  const { folder, write } = await openBench(t);
  await write("select 1 as a");
  const failing =
    "select (case when i = 90000 then 'x' else '1' end)::int as a from range(100000) t(i)";
  await assert.rejects(write(failing), { code: "engine/sql" });
  assert.deepEqual(await readdir(folder), ["out.csv"]);
  assert.equal(await readFile(join(folder, "out.csv"), "utf8"), "a\n1\n");
});

for (const point of ["publish/written", "publish/renamed"] as const) {
  test(`a process killed at ${point} leaves a whole file, and the next writer removes its remains`, async (t) => {
    const { folder, write } = await openBench(t);
    await write("select 'old' as a");
    const program = `
      import { createDuckDB } from ${JSON.stringify(new URL("../../src/engine/duckdb.ts", import.meta.url).href)};
      import { createFileWarehouse } from ${JSON.stringify(new URL("../../src/warehouse/file-warehouse.ts", import.meta.url).href)};
      const crash = (point) => { if (point === "${point}") process.kill(process.pid, "SIGKILL"); };
      const warehouse = createFileWarehouse(${JSON.stringify({ folder, ...dialect })}, crash);
      await warehouse.write({ name: "out", query: "select 'new' as a" }, await createDuckDB());`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
    assert.equal(signal, "SIGKILL");
    assert.deepEqual(await readdir(folder), [".staging", "out.csv"]);
    const expected = point === "publish/written" ? "old" : "new";
    assert.equal(await readFile(join(folder, "out.csv"), "utf8"), `a\n${expected}\n`);
    await write("select 1 as a", { name: "other" });
    assert.deepEqual(await readdir(folder), ["other.csv", "out.csv"]);
  });
}

test("several writers of one folder do not disturb each other", async (t) => {
  const { folder, engine, write } = await openBench(t);
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const session = await engine.session();
      const warehouse = createFileWarehouse({ folder, ...dialect });
      const query = `select i from range(${index * 1000}) t(i)`;
      await warehouse.write({ name: `part ${index % 4}`, query }, session);
      session.close();
    }),
  );
  await write("select 1 as a", { name: "last" });
  const expected = ["last.csv", "part 0.csv", "part 1.csv", "part 2.csv", "part 3.csv"];
  assert.deepEqual((await readdir(folder)).toSorted(), expected);
});

test("a column titled twice, an unknown one and a title without a letter are refused by name", async (t) => {
  const { folder, write } = await openBench(t);
  const query = "select 1 as amount, 2 as total";
  const titled = (name: string, title: string) => ({ name, title });
  await assert.rejects(
    write(query, { columns: [titled("amount", "Sum"), titled("total", "SUM")] }),
    { code: "warehouse/title-twice", message: /titled "SUM"/, hint: /"amount" or "total"/ },
  );
  await assert.rejects(write(query, { columns: [titled("amout", "Sum")] }), {
    code: "warehouse/unknown-column",
    hint: /Did you mean "amount"\?/,
  });
  await assert.rejects(write(query, { columns: [titled("amount", " ")] }), {
    code: "warehouse/bad-title",
  });
  assert.deepEqual(await readdir(folder), []);
});

test("a folder that is a file, lies below one, or holds a folder of the file's name is refused", async (t) => {
  const { folder, write } = await openBench(t);
  await writeFile(join(folder, "file"), "");
  await mkdir(join(folder, "out.csv"));
  const refused = { code: "warehouse/not-a-folder" };
  await assert.rejects(write("select 1 as a", { folder: join(folder, "file") }), refused);
  await assert.rejects(write("select 1 as a", { folder: join(folder, "file", "x") }), refused);
  await assert.rejects(write("select 1 as a"), { code: "warehouse/not-a-file" });
});

test("a disk that is full is said in the words of the folder, and may be tried again", async (t) => {
  const { folder, engine } = await openBench(t);
  const warehouse = createFileWarehouse({ folder, ...dialect });
  const source = {
    describe: engine.describe,
    rows: async () => {
      throw new Error("IO Error: Could not write file: No space left on device");
    },
  };
  await assert.rejects(warehouse.write({ name: "out", query: "select 1 as a" }, source), {
    code: "warehouse/full",
    message: `Could not write out.csv into ${folder}: the disk or the quota is full.`,
    retryable: true,
  });
  assert.deepEqual(await readdir(folder), []);
});

test("a name with odd characters gives a safe file beside that of its twin", async (t) => {
  const { folder, write } = await openBench(t);
  await write("select 1 as a", { name: "../sales: north/south" });
  await write("select 1 as a", { name: "../sales? north/south" });
  const names = await readdir(folder);
  assert.equal(names.length, 2);
  for (const name of names) assert.match(name, /^__sales_ north_south-[0-9a-f]{8}\.csv$/);
});
