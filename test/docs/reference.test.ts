/** Tests of the reference pages: what their tables say of types and of system tables is what the code does. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { convert } from "../../src/ingest/convert.ts";
import { QUARANTINE_FIELDS } from "../../src/ingest/quarantine.ts";
import { type SystemTable, systemFields } from "../../src/lake/system-table.ts";
import type { Column } from "../../src/schema/column.ts";
import { dataType } from "../../src/schema/column-type.ts";
import { renderType } from "../../src/schema/evolution.ts";
import type { Field } from "../../src/schema/type.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { ROOT } from "./page.ts";

const SYSTEM_TABLES: readonly SystemTable[] = [
  "system.runs",
  "system.steps",
  "system.ledger",
  "system.loads",
  "system.outputs",
];

test("every column takes and refuses the texts that contracts.md shows", async (t) => {
  const rows = tableBelow(await readPage("contracts.md"), "## Types");
  assert.ok(rows.length > 10);
  const columns = await evaluate(rows.map(([column = ""]) => quoted(column)[0] ?? ""));
  const engine = await createDuckDB();
  t.after(() => engine.close());
  for (const [index, [name, taken = "", refused = "", inTable = ""]] of rows.entries()) {
    const type = columns[index]?.definition.type;
    assert.ok(type, `${name} is no column`);
    const converts = async (text: string): Promise<boolean> => {
      const value = convert(type, "x");
      const from = `(select ${quoteText(text)} as x)`;
      const [row] = await engine.rows(`select (${value}) is not null as isTaken from ${from}`);
      return row?.isTaken === true;
    };
    for (const text of quoted(taken)) assert.ok(await converts(text), `${name} refuses ${text}`);
    for (const text of quoted(refused)) assert.ok(!(await converts(text)), `${name} takes ${text}`);
    assert.ok(renderType(dataType(type)).startsWith(inTable.replace(/,.* case/, "")), name);
  }
});

describe("system-tables.md shows the columns of each table", () => {
  let page = "";
  before(async () => {
    page = await readPage("system-tables.md");
  });
  for (const name of SYSTEM_TABLES) {
    test(name, () => assertColumns(page, `## ${name}`, systemFields(name)));
  }
  test("quarantine", () => assertColumns(page, '## quarantine."', QUARANTINE_FIELDS));
});

function assertColumns(page: string, heading: string, fields: readonly Field[]): void {
  assert.deepEqual(
    tableBelow(page, heading).map(([name = "", type]) => [quoted(name)[0], type]),
    fields.map(({ name, type }) => [name, renderType(type)]),
  );
}

function readPage(name: string): Promise<string> {
  return readFile(join(ROOT, "docs", "reference", name), "utf8");
}

/** The cells of the first table below a heading, without its head. */
function tableBelow(page: string, heading: string): string[][] {
  const section = page.slice(page.indexOf(`\n${heading}`));
  const lines =
    section
      .match(/(?:^\|.*\n)+/m)?.[0]
      .trimEnd()
      .split("\n") ?? [];
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text = ""]) => text);
}

/** The columns that these expressions make. */
async function evaluate(expressions: readonly string[]): Promise<readonly Column[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-columns-"));
  try {
    const door = pathToFileURL(join(ROOT, "src", "schema", "column.ts")).href;
    const names = [...new Set(expressions.join(" ").match(/(?<![.\w])[a-z]\w*(?=\()/gi))];
    const file = join(folder, "columns.ts");
    const text = `import { ${names.join(", ")} } from "${door}";\nexport const columns = [${expressions.join(",\n")}];\n`;
    await writeFile(file, text);
    const module: { readonly columns: readonly Column[] } = await import(pathToFileURL(file).href);
    return module.columns;
  } finally {
    await rm(folder, { recursive: true });
  }
}
