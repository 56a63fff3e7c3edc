/** Tests of `delete` and `update` as a person calls them: the rows are counted first, and nothing is changed unasked. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { csv, ingest, integer, sql, text, transform } from "../../src/index.ts";
import { replay } from "../../src/run/replay.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";
import { json, millrace } from "./command.ts";

const BIN = join(import.meta.dirname, "..", "..", "bin", "millrace");

const orders = ingest("bronze.orders", {
  from: csv("in/*.csv"),
  columns: { id: integer(), who: text(), amount: integer().optional() },
});
const copies = transform("silver.copies", sql`select id, who from ${orders}`, {
  write: { merge: "id" },
});
const big = transform("gold.big", sql`select * from ${orders} where amount >= 10`, {
  write: { replaceWhere: sql`amount >= 10` },
});
const whole = ingest("bronze.whole", {
  from: csv("whole.csv"),
  columns: { id: integer() },
  write: "overwrite",
});
const ASSETS = [orders, copies, big, whole];

async function filled(sandbox: Sandbox): Promise<readonly string[]> {
  sandbox.write("in/a.csv", "id,who,amount\n1,ann,5\n2,bob,10\nx,bad,1\n");
  sandbox.write("in/b.csv", "id,who,amount\n3,ann,20\n4,eve,\n");
  sandbox.write("whole.csv", "id\n1\n2\n");
  await sandbox.run(ASSETS);
  return ["--lake", sandbox.lakePath];
}

const idsIn = async (sandbox: Sandbox, table: string) =>
  (await sandbox.rows(table, "id")).map(({ id }) => id);

test("delete counts first, deletes when told to, and says what still holds the rows", async (t) => {
  const sandbox = openSandbox(t);
  const at = await filled(sandbox);
  const ann = ["delete", "bronze.orders", "--where", "who = 'ann'", ...at];
  const asked = await millrace(ann);
  assert.deepEqual(
    [asked.code, asked.out, asked.err],
    [0, "2 rows of bronze.orders would be deleted.\n", "nothing was changed: --yes does it\n"],
  );
  assert.deepEqual(await json([...ann, "--yes", "--dry-run"]), {
    table: "bronze.orders",
    dry_run: true,
    rows: 2,
    version: 0,
  });
  assert.equal(await sandbox.version("bronze.orders"), 0);
  const done = await millrace([...ann, "--yes"]);
  assert.deepEqual(
    [done.code, done.out, done.err],
    [
      0,
      "2 rows of bronze.orders deleted: version 1.\n",
      "older versions and files on disk hold them until they are vacuumed: millrace vacuum bronze.orders\n",
    ],
  );
  assert.deepEqual(await idsIn(sandbox, "bronze.orders"), [2, 4]);
  const none = await json([...ann, "--yes"]);
  assert.deepEqual(none, { table: "bronze.orders", dry_run: false, rows: 0, version: 1 });
  const [newest] = (await json(["history", "bronze.orders", ...at])) as Record<string, unknown>[];
  assert.deepEqual(
    [newest?.operation, newest?.parameters],
    ["DELETE", { predicate: `["who = 'ann'"]` }],
  );
});

test("tables that follow a corrected one are right after the next run, and nothing is loaded again", async (t) => {
  const sandbox = openSandbox(t);
  const at = await filled(sandbox);
  await millrace(["delete", "bronze.orders", "--where", "id = 3", "--yes", ...at]);
  const set = ["--set", "who = upper(who)", "--set", '"amount"=coalesce(amount, 0) + 1'];
  const update = ["update", "bronze.orders", ...set, "--where", "id <> 1", "--yes", ...at];
  assert.equal((await millrace(update)).out, "2 rows of bronze.orders updated: version 2.\n");
  assert.deepEqual(await sandbox.rows("bronze.orders"), [
    { id: 1, who: "ann", amount: 5 },
    { id: 2, who: "BOB", amount: 11 },
    { id: 4, who: "EVE", amount: 1 },
  ]);
  const ran = await sandbox.run(ASSETS);
  assert.deepEqual(
    ran.steps.map(({ asset, state, notes }) => [asset, state, notes]),
    [
      ["bronze.orders", "up to date", undefined],
      ["silver.copies", "done", undefined],
      ["gold.big", "done", undefined],
      ["bronze.whole", "up to date", undefined],
    ],
  );
  assert.deepEqual(await sandbox.rows("silver.copies"), [
    { id: 1, who: "ann" },
    { id: 2, who: "BOB" },
    { id: 4, who: "EVE" },
  ]);
  assert.deepEqual(await idsIn(sandbox, "gold.big"), [2]);
  assert.equal((await sandbox.rows("quarantine.bronze.orders")).length, 1);
  const ledger = (await json(["ledger", ...at])) as { balances: boolean };
  assert.equal(ledger.balances, true);
});

test("what the next run would undo is refused with what to do instead, unless it is forced", async (t) => {
  const sandbox = openSandbox(t);
  const at = await filled(sandbox);
  for (const [table, why] of [
    ["silver.copies", /silver.copies is made of bronze.orders, and the next run makes it again/],
    ["gold.big", /gold.big is made of bronze.orders/],
    ["bronze.whole", /bronze.whole becomes what all its files hold \(csv whole.csv\)/],
  ] as const) {
    const words = ["delete", table, "--where", "id = 2", "--yes", ...at];
    const refused = await millrace(words);
    assert.equal(refused.code, 1);
    assert.match(refused.err, why);
    assert.match(refused.err, /run\/undone/);
    assert.match(
      (await millrace([...words, "--force"])).out,
      /^1 row of .* deleted: version 1\.\n$/,
    );
  }
  await sandbox.run(ASSETS);
  assert.deepEqual(await idsIn(sandbox, "silver.copies"), [1, 2, 3, 4]);
  assert.deepEqual(await idsIn(sandbox, "bronze.whole"), [1]);
  for (const [table, code] of [
    ["system.ledger", "run/own-table"],
    [join(sandbox.lakePath, "system", "runs"), "run/own-table"],
    [join(sandbox.lakePath, "quarantine", "bronze.orders"), "run/own-table"],
  ] as const) {
    const { out } = await millrace(["delete", table, "--where", "true", "--yes", "--json", ...at]);
    assert.equal(JSON.parse(out).error.code, code);
  }
});

test("entries of a quarantine are erased by a commit of its table, and the others can still be replayed", async (t) => {
  const sandbox = openSandbox(t);
  const strict = ingest("bronze.strict", {
    from: csv("in/*.csv"),
    columns: { id: integer(), who: text() },
    rules: { "no eve": sql`who <> 'eve'` },
  });
  sandbox.write("in/a.csv", "id,who\n1,ann\nx,bob\n2,eve\ny,eve\n");
  await sandbox.run([strict]);
  sandbox.write("in/b.csv", "id,who\nz,kim\n");
  await sandbox.run([strict]);
  const at = ["--lake", sandbox.lakePath];
  const words = ["delete", "quarantine.bronze.strict", "--where", "raw like '%bob%'", ...at];
  const asked = await millrace(words);
  assert.equal(asked.out, "1 row of quarantine.bronze.strict would be deleted.\n");
  assert.match(
    (await millrace([...words, "--yes"])).out,
    /^1 row of quarantine.bronze.strict deleted: version \d\.\n$/,
  );
  assert.deepEqual(await json([...words, "--yes"]), {
    table: "quarantine.bronze.strict",
    dry_run: false,
    rows: 0,
    version: await sandbox.version("quarantine.bronze.strict"),
  });
  const raws = async () =>
    (await sandbox.rows("quarantine.bronze.strict", "raw")).map(({ raw }) => String(raw));
  assert.equal((await raws()).length, 3);
  assert.ok((await raws()).every((raw) => !raw.includes("bob")));
  assert.equal((await sandbox.run([strict])).state, "nothing to do");
  const lenient = ingest("bronze.strict", {
    from: csv("in/*.csv"),
    columns: { id: integer(), who: text() },
  });
  const project = await sandbox.project([lenient]);
  const { signal } = new AbortController();
  const how = { table: "bronze.strict", dryRun: false, signal };
  const replayed = await sandbox.open((workspace) => replay(project, workspace, how));
  assert.deepEqual([replayed.tried, replayed.passing], [3, 1]);
  assert.deepEqual(await idsIn(sandbox, "bronze.strict"), [1, 2]);
  assert.equal((await raws()).length, 2);
  const update = ["update", "quarantine.bronze.strict", "--set", "raw = ''", "--where", "true"];
  const refused = await millrace([...update, "--yes", "--json", ...at]);
  assert.equal(JSON.parse(refused.out).error.code, "run/own-table");
  const wrong = ["delete", "quarantine.bronze.strict", "--where", "rows = 1", "--yes", "--json"];
  const { out } = await millrace([...wrong, ...at]);
  assert.equal(JSON.parse(out).error.code, "operation/bad-sql");
  // Once the files of before are vacuumed nothing on disk holds the entry.
  const vacuum = ["vacuum", "quarantine.bronze.strict", "--keep", "0 s", "--force", "--yes"];
  await millrace([...vacuum, ...at]);
  const held = await sandbox.open(({ lake }) =>
    lake.engine.rows(
      `select count(*) as n from read_parquet(${quoteText(join(sandbox.lakePath, "quarantine", "bronze.strict", "*.parquet"))}) where raw like '%bob%'`,
    ),
  );
  assert.deepEqual(
    held.map(({ n }) => Number(n)),
    [0],
  );
});

test("SQL that cannot be run, and rows that break a rule of the table, change nothing", async (t) => {
  const sandbox = openSandbox(t);
  const at = await filled(sandbox);
  const path = join(sandbox.lakePath, "bronze", "orders");
  for (const [words, code, message] of [
    [["delete", path, "--where", "whom = 'ann'"], "operation/bad-sql", /whom/],
    [["delete", path, "--where", "id ="], "operation/bad-sql", /syntax/],
    [
      ["update", path, "--set", "nobody = 1", "--where", "true"],
      "operation/no-such-column",
      /nobody/,
    ],
    [
      ["update", path, "--set", "id = 'x' || who", "--where", "true"],
      "operation/bad-sql",
      /xann|Conversion|convert/i,
    ],
    [["update", path, "--set", "id", "--where", "true"], "cli/bad-value", /COLUMN=SQL/],
    [
      ["update", path, "--set", "id=1", "--set", "id=2", "--where", "true"],
      "cli/option-twice",
      /id/,
    ],
    [["update", path, "--where", "true"], "cli/missing-option", /--set/],
    [["delete", path], "cli/missing-option", /--where/],
  ] as const) {
    const { out, code: exit } = await millrace([...words, "--yes", "--json", ...at]);
    const { error } = JSON.parse(out);
    assert.deepEqual([error.code, exit], [code, code.startsWith("cli/") ? 2 : 1], words.join(" "));
    assert.match(error.message, message);
  }
  assert.equal(await sandbox.version("bronze.orders"), 0);
  const kept = ingest("bronze.kept", {
    from: csv("in/*.csv"),
    columns: { id: integer(), who: text() },
    properties: { "delta.appendOnly": "true" },
  });
  await sandbox.run([kept]);
  const { out } = await millrace([
    "delete",
    "bronze.kept",
    "--where",
    "id = 1",
    "--yes",
    "--json",
    ...at,
  ]);
  assert.match(JSON.parse(out).error.message, /append/i);
  assert.equal(await sandbox.version("bronze.kept"), 0);
});

test("any Delta table is corrected by its path, without a lake, also by a list in a file", async (t) => {
  const sandbox = openSandbox(t);
  await filled(sandbox);
  sandbox.write("erase.csv", "id\n1\n4\n");
  const where = "id in (select id from read_csv('erase.csv'))";
  const words = ["delete", "./lake/bronze/orders", "--where", where, "--yes"];
  const done = await millrace(words, { cwd: sandbox.folder });
  assert.equal(done.out, "2 rows of ./lake/bronze/orders deleted: version 1.\n");
  assert.deepEqual(await idsIn(sandbox, "bronze.orders"), [2, 3]);
});

test("erased rows are in no file of the table after a purge and a vacuum", async (t) => {
  const sandbox = openSandbox(t);
  const rows = Array.from({ length: 200 }, (_, id) => `${id},person${id}`).join("\n");
  sandbox.write("in/a.csv", `id,who\n${rows}\n`);
  const hiding = ingest("bronze.hiding", {
    from: csv("in/*.csv"),
    columns: { id: integer(), who: text() },
    properties: { "delta.enableDeletionVectors": "true" },
  });
  await sandbox.run([hiding]);
  const at = ["--lake", sandbox.lakePath];
  const folder = join(sandbox.lakePath, "bronze", "hiding");
  const holding = (): Promise<number> =>
    sandbox.open(async ({ lake }) => {
      const all = quoteText(join(folder, "*.parquet"));
      const [row] = await lake.engine.rows(
        `select count(*) as n from read_parquet(${all}) where who = 'person177'`,
      );
      return Number(row?.n);
    });
  assert.equal(await holding(), 1);
  await millrace(["delete", "bronze.hiding", "--where", "who = 'person177'", "--yes", ...at]);
  const plain = await millrace(["optimize", "bronze.hiding", ...at]);
  assert.match(plain.out, /no files that are worth/);
  assert.equal(await holding(), 1);
  assert.match((await millrace(["optimize", "bronze.hiding", "--purge", ...at])).out, /became 1/);
  assert.match(
    (await millrace(["optimize", "bronze.hiding", "--purge", ...at])).out,
    /no files that are worth/,
  );
  await millrace(["vacuum", "bronze.hiding", "--keep", "0 s", "--force", "--yes", ...at]);
  assert.equal(await holding(), 0);
  assert.equal((await idsIn(sandbox, "bronze.hiding")).length, 199);
  assert.equal(stepOf(await sandbox.run([hiding]), "bronze.hiding").state, "up to date");
});

test("on a terminal delete asks with the number of rows", async (t) => {
  if (spawnSync("script", ["--version"]).status !== 0) {
    t.diagnostic("script is not installed, so no terminal can be had");
    return;
  }
  const sandbox = openSandbox(t);
  const at = await filled(sandbox);
  const words = ["delete", "bronze.orders", "--where", "id < 3", ...at];
  const command = [process.execPath, BIN, ...words].map((word) => `'${word}'`).join(" ");
  for (const [answer, said, left] of [
    ["n", "2 rows of bronze.orders would be deleted.", 4],
    ["y", "2 rows of bronze.orders deleted: version 1.", 2],
  ] as const) {
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      input: `${answer}\n`,
      encoding: "utf8",
    });
    assert.ok(stdout.includes("Delete 2 rows of bronze.orders? [y/N]"), stdout);
    assert.ok(stdout.includes(said), stdout);
    assert.equal((await idsIn(sandbox, "bronze.orders")).length, left);
  }
});
