/** Tests of the commands that tell about a lake: tables, history, quarantine and ledger. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { documentOf, json, millrace, temporaryFolder } from "./command.ts";

const place = temporaryFolder();
const folder = join(place.path, "shop");
const lake = join(folder, "lake");
after(() => place.remove());
before(async () => {
  await json(["init", "shop"], { cwd: place.path });
  await json(["run"], { cwd: folder });
  writeFileSync(
    join(folder, "data", "more.csv"),
    "order_id,day,shop,amount\n8,2026-03-03,Chur,1.00\n9,2026-03-03,Chur,-1.00\n",
  );
  await json(["run"], { cwd: folder });
});

type Rows = readonly Readonly<Record<string, unknown>>[];
const ask = (...args: readonly string[]) => json([...args, "--lake", lake], { cwd: place.path });

test("tables tells of each table what its newest version is", async () => {
  const tables = (await ask("tables")) as Rows;
  assert.deepEqual(
    tables.map(({ table, version, rows }) => ({ table, version, rows })),
    [
      { table: "bronze.orders", version: 1, rows: 5 },
      { table: "gold.revenue", version: 1, rows: 5 },
      { table: "quarantine.bronze.orders", version: 1, rows: 4 },
    ],
  );
  assert.deepEqual((tables[0]?.columns as Rows | undefined)?.slice(2), [
    { name: "shop", type: "string" },
    { name: "amount", type: "decimal(10, 2)" },
  ]);
  const all = (await ask("tables", "--all")) as Rows;
  assert.ok(all.some(({ table }) => table === "system.ledger"));
});

test("tables are listed in columns, and Millrace's own are mentioned", async () => {
  const { out, err } = await millrace(["tables"], { cwd: folder });
  assert.match(out, /^Table {21}Version {2}Rows {2}Files +Size {2}Changed\n-/);
  assert.match(out, /\nbronze\.orders +1 +5 +2 +\S+ k?B {2}(just now|\d+ min ago)\n/);
  assert.match(err, /^and \d tables of Millrace's own: --all lists them\n$/);
});

test("a table that cannot be read hides no other", async () => {
  const broken = join(place.path, "broken");
  mkdirSync(join(broken, "a", "b", "_delta_log"), { recursive: true });
  writeFileSync(join(broken, "a", "b", "_delta_log", "00000000000000000000.json"), "no log");
  mkdirSync(join(broken, "a", "c", "_delta_log"), { recursive: true });
  const schema = JSON.stringify({ type: "struct", fields: [] });
  const actions = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "1",
        format: { provider: "parquet", options: {} },
        schemaString: schema,
        partitionColumns: [],
        configuration: {},
      },
    },
  ];
  writeFileSync(
    join(broken, "a", "c", "_delta_log", "00000000000000000000.json"),
    actions.map((action) => `${JSON.stringify(action)}\n`).join(""),
  );
  const tables = (await json(["tables", "--lake", broken])) as Rows;
  assert.deepEqual(
    tables.map(({ table, version }) => ({ table, version })),
    [
      { table: "a.b", version: undefined },
      { table: "a.c", version: 0 },
    ],
  );
  assert.equal(typeof tables[0]?.error, "string");
});

test("history tells newest first what each version did", async () => {
  const versions = (await ask("history", "bronze.orders")) as Rows;
  assert.deepEqual(
    versions.map(({ version, rows, ledger, files_added, engine }) => ({
      version,
      rows,
      ledger,
      files_added,
      engine,
    })),
    [
      {
        version: 1,
        rows: 1,
        ledger: { read: 2, written: 1, quarantined: 1, deduplicated: 0, filtered: 0 },
        files_added: 1,
        engine: "Millrace",
      },
      {
        version: 0,
        rows: 4,
        ledger: { read: 8, written: 4, quarantined: 3, deduplicated: 1, filtered: 0 },
        files_added: 1,
        engine: "Millrace",
      },
    ],
  );
  const [newest] = (await ask("history", "bronze.orders", "--limit", "1")) as Rows;
  assert.equal(newest?.version, 1);
  const [older] = (await ask("history", "bronze.orders", "--version", "0")) as Rows;
  assert.equal(older?.version, 0);
});

test("quarantine tells the reasons and the rows", async () => {
  const report = (await ask("quarantine", "bronze.orders")) as {
    readonly table: string;
    readonly total: number;
    readonly truncated: boolean;
    readonly reasons: Rows;
    readonly rows: Rows;
  };
  assert.deepEqual(
    { table: report.table, total: report.total, truncated: report.truncated },
    { table: "bronze.orders", total: 4, truncated: false },
  );
  assert.deepEqual(
    report.reasons.map(({ column, message, count }) => [column, message, count]).slice(0, 2),
    [
      [null, "amount must be positive", 2],
      [
        "amount",
        "is not a decimal number with at most 8 digits before the point and 2 after it",
        1,
      ],
    ],
  );
  const row = report.rows.find(({ position }) => position === "data/more.csv:3");
  assert.deepEqual(
    {
      ...row,
      id: typeof row?.id,
      contract: typeof row?.contract,
      rejected_at: typeof row?.rejected_at,
    },
    {
      id: "string",
      raw: '{"order_id":"9","day":"2026-03-03","shop":"Chur","amount":"-1.00"}',
      position: "data/more.csv:3",
      file: "data/more.csv",
      line: 3,
      reasons: row?.reasons,
      contract: "string",
      rejected_at: "string",
    },
  );
  const short = (await ask("quarantine", 'quarantine."bronze.orders"', "--limit", "1")) as {
    readonly rows: Rows;
    readonly truncated: boolean;
  };
  assert.deepEqual([short.rows.length, short.truncated], [1, true]);
});

test("a table that turned nothing away has an empty quarantine", async () => {
  assert.deepEqual(await ask("quarantine", "gold.revenue"), {
    table: "gold.revenue",
    total: 0,
    reasons: [],
    rows: [],
    truncated: false,
  });
});

test("the ledger comes out even, line by line and over all runs", async () => {
  const report = (await ask("ledger")) as {
    readonly lines: Rows;
    readonly sums: Rows;
    readonly count: number;
    readonly balances: boolean;
  };
  assert.equal(report.balances, true);
  assert.equal(report.lines.length, report.count);
  assert.ok(report.lines.every(({ balances }) => balances === true));
  assert.deepEqual(report.sums[0], {
    asset: "bronze.orders",
    kind: "ingest",
    source: "csv data/*.csv",
    lines: 2,
    read: 10,
    written: 5,
    quarantined: 4,
    deduplicated: 1,
    filtered: 0,
  });
  const { out } = await millrace(["ledger", "--table", "bronze.orders"], { cwd: folder });
  assert.match(out, /\nEvery line comes out even \(2\): read = written/);
});

test("what is not there is named, with the nearest name", async () => {
  const [table, word, noLake, noProject, notYet] = await Promise.all([
    millrace(["history", "bronze.ordres", "--lake", lake, "--json"]),
    millrace(["quarantine", "orders", "--lake", lake]),
    millrace(["tables", "--lake", join(place.path, "nowhere")]),
    millrace(["tables"], { cwd: place.path }),
    millrace(["init", "fresh"], { cwd: place.path }).then(() =>
      millrace(["ledger"], { cwd: join(place.path, "fresh") }),
    ),
  ]);
  assert.deepEqual(
    [table, word, noLake, noProject, notYet].map(({ code }) => code),
    [1, 2, 1, 1, 1],
  );
  assert.match(
    JSON.stringify(documentOf(table.out)),
    /lake\/no-table.*Did you mean bronze\.orders/,
  );
  assert.match(word.err, /cli\/bad-value.*\n.*bronze\.orders/);
  assert.match(noLake.err, /lake\/not-there.*\n.*--lake/);
  assert.match(noProject.err, /project\/not-found/);
  assert.match(notYet.err, /lake\/not-there.*\n.*millrace run/);
});
